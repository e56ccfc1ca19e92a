import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createOnigScanner, createOnigString, loadWASM } from 'vscode-oniguruma';
import { type IGrammar, INITIAL, parseRawGrammar, Registry, type StateStack } from 'vscode-textmate';
import { LogRenderer } from '../../src/core/rendering/log/logRenderer';
import { HEAD, sampleSession, UTC } from './core/sampleSession';
import type { Label } from '../../src/core/rendering/entry';

const ROOT = join(__dirname, '../..');
const GRAMMAR = 'syntaxes/cloud-session-log.tmLanguage.json';
const SCOPE = 'text.log.cloud-session';

/** The scope of each label; the type makes sure that none is forgotten. */
const LABELS: Readonly<Record<Label, string>> = {
  You: 'strong entity.name.type.you',
  Prompt: 'strong entity.name.type.you',
  Agent: 'strong entity.name.function.agent',
  Thinking: 'comment',
  Intent: 'comment',
  Event: 'comment',
  Output: 'comment',
  Progress: 'comment',
  Tool: 'strong',
  Done: 'markup.inserted',
  Failed: 'strong token.error-token',
  Asks: 'strong keyword.control.asks',
  Answer: 'strong keyword.control.answer',
  Error: 'strong token.error-token',
  Warning: 'strong token.warn-token',
  Stopped: 'strong token.warn-token',
  Gap: 'strong token.warn-token',
  Finished: 'strong markup.inserted',
  Idle: 'strong markup.inserted',
  Session: 'token.info-token',
  Title: 'token.info-token',
  Mode: 'token.info-token',
  Model: 'token.info-token',
  Context: 'token.info-token',
  Handoff: 'token.info-token',
  Plan: 'token.info-token',
  Subagent: 'token.info-token',
  Ended: 'token.info-token',
  Info: 'token.info-token',
  Note: 'token.info-token',
};

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

  /** Each token that has a scope beside the language's own: its text and its scopes. */
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

  for (const [label, scope] of Object.entries(LABELS)) {
    it(`colours the time and the label of ${label}`, () => {
      const [time, name] = tokens(`10:02:00  ${label.padEnd(8)}  x`);
      assert.deepEqual(time, ['10:02:00', 'comment']);
      assert.equal(name?.[0].startsWith(label), true);
      assert.equal(name[1], scope);
      assert.deepEqual(tokens(`--:--:--  ${label}`)[0], ['--:--:--', 'comment']);
    });
  }

  it('colours notes by their level, and a gap as a whole', () => {
    assert.equal(tokens('10:02:00  Note      error: x')[1]?.[1], 'strong token.error-token');
    assert.equal(tokens('10:02:00  Note      warning: x')[1]?.[1], 'strong token.warn-token');
    assert.deepEqual(tokens('10:02:00  Gap       3 events are missing here')[1], [
      ...['Gap       3 events are missing here', 'strong token.warn-token'],
    ]);
  });

  it('tells tool, sub-agent, arguments and changed lines apart', () => {
    assert.deepEqual(tokens('10:02:00  Tool      [Explore] edit  src/a.ts  -2 +1').slice(1), [
      ['Tool', 'strong'],
      ['[Explore]', 'variable.parameter.agent'],
      [' edit', 'constant.language.tool'],
      ['  -2', 'markup.deleted'],
      [' +1', 'markup.inserted'],
    ]);
    assert.deepEqual(tokens('10:02:00  Failed    bash · exit 1').slice(2), [
      ['bash', 'constant.language.tool'],
      [' · exit 1', 'token.error-token'],
    ]);
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
    const [, code, time, label] = tokens('          ```ts', '          const a = 1;', '10:02:00  You', '          x');
    assert.equal(code?.[1], 'markup.inline.raw');
    assert.deepEqual(time, ['10:02:00', 'comment']);
    assert.equal(label?.[1], LABELS.You);
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
