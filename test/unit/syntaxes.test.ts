import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createOnigScanner, createOnigString, loadWASM } from 'vscode-oniguruma';
import { type IGrammar, INITIAL, parseRawGrammar, Registry, type StateStack } from 'vscode-textmate';
import { formatDate, formatTime } from '../../src/core/common/localTime';
import { LABEL_TEXTS } from '../../src/core/rendering/labels';
import { LogRenderer } from '../../src/core/rendering/log/logRenderer';
import { LogWriter } from '../../src/core/rendering/log/logWriter';
import { HEAD, sampleSession, UTC } from './core/sampleSession';
import type { Entry, Label } from '../../src/core/rendering/entry';

const ROOT = join(__dirname, '../..');
const GRAMMAR = 'syntaxes/cloud-session-log.tmLanguage.json';
const SCOPE = 'text.log.cloud-session';

/** The scope of each label. */
const LABELS: Readonly<Record<Label, string>> = {
  you: 'strong entity.name.type.you',
  prompt: 'strong entity.name.type.you',
  agent: 'strong entity.name.function.agent',
  thinking: 'comment',
  intent: 'comment',
  event: 'comment',
  output: 'comment',
  progress: 'comment',
  tool: 'strong',
  done: 'markup.inserted',
  failed: 'strong token.error-token',
  asks: 'strong keyword.control.asks',
  answer: 'strong keyword.control.answer',
  error: 'strong token.error-token',
  warning: 'strong token.warn-token',
  stopped: 'strong token.warn-token',
  finished: 'strong markup.inserted',
  idle: 'strong markup.inserted',
  session: 'token.info-token',
  title: 'token.info-token',
  mode: 'token.info-token',
  model: 'token.info-token',
  context: 'token.info-token',
  handoff: 'token.info-token',
  plan: 'token.info-token',
  subagent: 'token.info-token',
  ended: 'token.info-token',
  info: 'token.info-token',
  note: 'token.info-token',
};

const AT = new Date(Date.UTC(2025, 10, 23, 10, 2, 0));

/** The line of an entry in the log. */
function lineOf(entry: Entry, at: Date | null = AT): string {
  const writer = new LogWriter({ formatTime, formatDate, maxBodyLength: 1000 });
  writer.entry(entry, at ?? undefined);
  return writer.take().split('\n').at(-2) ?? '';
}

/** The same line in another language. */
function translated(label: Label, line: string): string {
  return line.replace(LABEL_TEXTS[label], 'Zwei Wörter');
}

describe('the grammar of the log', () => {
  let grammar: IGrammar;

  before(async () => {
    const wasm = readFileSync(require.resolve('vscode-oniguruma/release/onig.wasm'));
    const registry = new Registry({
      onigLib: loadWASM(new Uint8Array(wasm).buffer).then(() => ({ createOnigScanner, createOnigString })),
      loadGrammar: () => Promise.resolve(parseRawGrammar(readFileSync(join(ROOT, GRAMMAR), 'utf8'), GRAMMAR)),
    });
    const loaded = await registry.loadGrammar(SCOPE);
    assert.ok(loaded);
    grammar = loaded;
  });

  /** Each token with a scope besides the language's own: its text and its scopes. */
  function tokens(...lines: readonly string[]): readonly (readonly [text: string, scopes: string])[] {
    let state: StateStack = INITIAL;
    return lines.flatMap((line) => {
      const result = grammar.tokenizeLine(line, state);
      state = result.ruleStack;
      return result.tokens
        .filter((token) => token.scopes.length > 1)
        .map((token) => [line.slice(token.startIndex, token.endIndex), token.scopes.slice(1).join(' ')] as const);
    });
  }

  for (const [label, scope] of Object.entries(LABELS) as [Label, string][]) {
    it(`colours the time and the label of ${label}, in every language`, () => {
      const text = LABEL_TEXTS[label];
      for (const summary of ['', 'x', 'two  parts · end']) {
        const line = lineOf({ label, summary });
        const time = line.slice(0, 8);
        const [first, second] = tokens(line);
        assert.deepEqual(first, [time, 'comment']);
        assert.deepEqual([second?.[0].trim(), second?.[1]], [text, scope]);
        const [, other] = tokens(translated(label, line));
        assert.deepEqual([other?.[0].trim(), other?.[1]], ['Zwei Wörter', scope]);
        assert.deepEqual(tokens(lineOf({ label, summary }, null)).slice(0, 2), [['--:--:--', 'comment'], second]);
      }
    });
  }

  it('colours the labels of notes by their level', () => {
    const note = (level: 'warning' | 'error') => tokens(lineOf({ label: 'note', level, summary: 'x' }))[1]?.[1];
    assert.equal(note('error'), 'strong token.error-token');
    assert.equal(note('warning'), 'strong token.warn-token');
  });

  it('takes nothing from outside for the end of a line', () => {
    const [, label] = tokens(lineOf({ label: 'info', summary: `x${' '.repeat(6)}` }));
    assert.deepEqual(label, ['Info', LABELS.info]);
  });

  it('colours tool, sub-agent, arguments and changed lines', () => {
    const tool = { name: 'edit', arguments: 'src/a.ts  -2 +1' };
    assert.deepEqual(tokens(lineOf({ label: 'tool', agent: 'Explore', tool })).slice(1), [
      ['Tool', 'strong'],
      ['[Explore]', 'variable.parameter.agent'],
      [' edit', 'constant.language.tool'],
      ['  -2', 'markup.deleted'],
      [' +1', 'markup.inserted'],
    ]);
    const failed: Entry = { label: 'failed', tool: { name: 'bash', arguments: '' }, outcome: ['exit 1'] };
    assert.deepEqual(tokens(lineOf(failed)).slice(2), [
      ['bash', 'constant.language.tool'],
      [' · exit 1', 'token.error-token'],
    ]);
  });

  it('dims remarks on a message, and the question of an answer', () => {
    assert.deepEqual(tokens(lineOf({ label: 'you', agent: 'a', summary: '(plan) from skill-pdf' })).slice(2), [
      ['[a]', 'variable.parameter.agent'],
      [' (plan) from skill-pdf', 'comment'],
    ]);
    assert.deepEqual(tokens(lineOf({ label: 'answer', summary: 'Denied · not now · to: run x' })).slice(2), [
      [' · to: run x', 'comment'],
    ]);
  });

  it('dims the labels of details, and nothing that looks like one in a message', () => {
    const line = (kind: 'detail' | 'prose'): string => lineOf({ label: 'asks', body: [{ kind, text: 'Why: to: be' }] });
    assert.deepEqual(tokens(line('detail')), [['Why: ', 'comment']]);
    assert.deepEqual(tokens(line('prose')), []);
  });

  it('underlines links, without what closes the sentence around them', () => {
    const link = ['https://github.com/octo/app?x=1#y', 'markup.underline.link'] as const;
    assert.deepEqual(tokens(`          See (${link[0]}) there`), [link]);
    assert.deepEqual(tokens(`          │ ${link[0]}`).at(-1), [link[0], `meta.tool-result ${link[1]}`]);
    assert.deepEqual(tokens(`Link           ${link[0]}`).at(-1), [link[0], `strong ${link[1]}`]);
    assert.deepEqual(tokens('          javascript:alert(1) file:///etc command:x'), []);
  });

  it('dims reasoning, and colours commands, alerts and what was left out', () => {
    assert.deepEqual(tokens('          ¦ Hm'), [['          ¦ Hm', 'comment.block.thought']]);
    assert.deepEqual(tokens('          $ rm x'), [
      ['$', 'comment'],
      ['rm x', 'string.unquoted.command'],
    ]);
    assert.deepEqual(tokens('          ! malformed event: no id'), [['! malformed event: no id', 'token.error-token']]);
    assert.deepEqual(tokens('          … (12 more characters)'), [['… (12 more characters)', 'comment']]);
  });

  it('colours diffs, but no other output that looks alike', () => {
    assert.deepEqual(
      tokens('          ║ @@ -1 +1 @@', '          ║ -a', '          ║ +b', '          ║  c').map(
        ([, scopes]) => scopes,
      ),
      [
        ...['comment', 'markup.changed.diff', 'comment', 'markup.deleted.diff', 'comment', 'markup.inserted.diff'],
        ...['comment', 'meta.tool-result'],
      ],
    );
    assert.deepEqual(tokens('          │ + b').at(-1), [' + b', 'meta.tool-result']);
    assert.deepEqual(tokens('          + b').at(-1), ['+', 'constant.language.bullet']);
  });

  it('colours what was made visible', () => {
    assert.deepEqual(tokens('          a‹ESC›[31m‹U+202E›b ‹x›'), [
      ['‹ESC›', 'constant.character.escape'],
      ['‹U+202E›', 'constant.character.escape'],
    ]);
  });

  it('colours a little Markdown in messages', () => {
    assert.deepEqual(
      tokens('          # Title', '          - a `b` **c**').map(([text, scope]) => [text.trim(), scope]),
      [
        ['# Title', 'markup.heading'],
        ['-', 'constant.language.bullet'],
        ['`b`', 'markup.inline.raw'],
        ['**c**', 'markup.bold'],
      ],
    );
  });

  it('ends a block of code that its message leaves open at the next entry', () => {
    const you = lineOf({ label: 'you' });
    const [, code, time, label] = tokens('          ```ts', '          const a = 1;', you, '          x');
    assert.equal(code?.[1], 'markup.inline.raw');
    assert.deepEqual(time, [you.slice(0, 8), 'comment']);
    assert.equal(label?.[1], LABELS.you);
  });

  it('knows every line of a session that begins in the first column', () => {
    const renderer = new LogRenderer(UTC);
    const text =
      renderer.head(HEAD) +
      sampleSession()
        .map((each) => renderer.render(each))
        .join('');
    let state: StateStack = INITIAL;
    for (const line of text.split('\n')) {
      const result = grammar.tokenizeLine(line, state);
      state = result.ruleStack;
      if (/^\S/.test(line)) {
        assert.equal(result.tokens[0]?.scopes[1], 'comment', line);
      }
    }
  });
});

describe('the language configuration of the log', () => {
  it('takes no character for a bracket: text from outside is not balanced', () => {
    const text = readFileSync(join(ROOT, 'syntaxes/language-configuration.json'), 'utf8');
    const configuration = JSON.parse(text) as Record<string, unknown>;
    assert.deepEqual(configuration['brackets'], []);
    assert.deepEqual(configuration['colorizedBracketPairs'], []);
  });
});
