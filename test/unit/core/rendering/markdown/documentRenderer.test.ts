import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SessionEvent } from '@github/copilot-sdk';
import {
  DocumentRenderer,
  type DocumentHead,
  type DocumentOptions,
} from '../../../../../src/core/rendering/markdown/documentRenderer';
import { event, sampleSession } from '../../sampleSession';
import { hostileText } from '../../hostileText';
import { tokensOf } from './render';

const OPTIONS: DocumentOptions = {
  formatTime: (date) => date.toISOString().slice(11, 19),
  formatDate: (date) => date.toISOString().slice(0, 10),
};
const HEAD = { sessionId: 'session-1', title: 'Fix the queue' };

function documentOf(events: readonly SessionEvent[], options: Partial<DocumentOptions> = {}): DocumentRenderer {
  const transcript = new DocumentRenderer({ ...OPTIONS, ...options });
  for (const each of events) {
    transcript.record({ kind: 'event', event: each });
  }
  return transcript;
}

const write = (events: readonly SessionEvent[], options: Partial<DocumentOptions> = {}): string =>
  documentOf(events, options).text(HEAD);

describe('a transcript as Markdown', () => {
  it('has in its head what the session has used: a total only where no event is missing, nothing where nothing is known', () => {
    const used = [
      event('session.start', { producer: 'copilot-agent' }),
      event('assistant.usage', { model: 'm', inputTokens: 12_345, copilotUsage: { totalNanoAiu: 1.5e9 } }),
    ];
    const lines = (head: Partial<DocumentHead>) =>
      documentOf(used, { locale: 'de' })
        .text({ ...HEAD, ...head })
        .split('\n')
        .filter((line) => /tokens|credits|requests/.test(line));
    assert.deepEqual(lines({ isWhole: true }), ['- **Input tokens:** 12.345', '- **AI credits:** 1,5']);
    assert.deepEqual(lines({}), ['- **Input tokens:** at least 12.345', '- **AI credits:** at least 1,5']);
    assert.doesNotMatch(write([event('assistant.turn_start', {}), event('assistant.turn_end', {})]), /tokens|credits/);
  });

  it('begins with title, repository, link, dates and id', () => {
    const text = documentOf(sampleSession()).text({
      ...HEAD,
      title: 'Fix <the> queue',
      repository: 'octo/app',
      branch: 'main',
      remoteUrl: 'https://github.com/copilot/tasks/1',
    });
    assert.deepEqual(text.split('\n').slice(0, 7), [
      '# Fix &lt;the&gt; queue',
      '',
      '- **Repository:** octo/app @ main',
      '- **Link:** [https://github.com/copilot/tasks/1](https://github.com/copilot/tasks/1)',
      '- **Started:** 2025-11-23 10:02:09',
      '- **Last event:** 2025-11-23 10:05:03',
      '- **Session:** session-1',
    ]);
    assert.ok(
      !documentOf([])
        .text({ ...HEAD, remoteUrl: 'command:x' })
        .includes('command:x'),
    );
  });

  it('shows what was said and done in its order, each once', () => {
    const text = write(sampleSession());
    const places = [
      '## 2025-11-23',
      '### You · 10:02:11',
      'Do not change the public API.',
      'A fixed sleep is the usual suspect.',
      "I'll look at the test first.",
      'view  test/queue.test.ts:30-60 · 0.2 s</summary>',
      '· failed · exit 1 · 3.3 s</summary>',
      'Sub-agent · Explore</summary>',
      'await sleep(50);',
      '```diff',
      '> **Warning** 10:02:27',
      '### Asks · Permission to run a shell command',
      '### Answer · Allowed',
      '200 runs, 0 failures',
      '> **Error** 10:03:41',
      '### Finished · the task is complete',
      '**Idle**',
      '> **Stopped**',
    ].map((part) => [part, text.indexOf(part)] as const);
    for (const [index, [part, place]] of places.entries()) {
      assert.ok(place > (places[index - 1]?.[1] ?? -1), `${part} is not in its place:\n${text}`);
    }
    assert.equal(text.split("I'll look at the test first.").length, 2);
  });

  it('folds a call with its result where it began, also when others came between', () => {
    const text = write([
      event('tool.execution_start', { toolCallId: 't1', toolName: 'bash', arguments: { command: 'sleep 1' } }, 1),
      event('assistant.message', { messageId: 'm', content: 'Meanwhile.' }, 2),
      event('tool.execution_complete', { toolCallId: 't1', success: true, result: { content: 'slept' } }, 3),
    ]);
    assert.match(
      text,
      /<details>\n<summary>10:02:01 · bash {2}sleep 1 · 2\.0 s<\/summary>\n\n```\nslept\n```\n\n<\/details>\n\n### Agent/,
    );
  });

  it('shows the name of a tool as it is, whatever is in it', () => {
    const data = { toolCallId: 't1', toolName: 'a · b', arguments: { command: 'x · y' } };
    const start = event('tool.execution_start', data, 1);
    const complete = event('tool.execution_complete', { toolCallId: 't1', success: true, result: { content: '' } }, 2);
    const text = write([start, complete]);
    assert.match(text, /<summary>10:02:01 · a · b {2}\{"command":"x · y"\} · 1\.0 s<\/summary>/);
    assert.match(write([complete]), /<summary>10:02:02 · tool · t1<\/summary>/);
  });

  it('shows a call that runs, and what it has printed so far, which its result replaces', () => {
    const begun = [
      event('tool.execution_start', { toolCallId: 't1', toolName: 'bash', arguments: { command: 'make' } }, 1),
      event('tool.execution_partial_result', { toolCallId: 't1', partialOutput: 'cc a.c\n' }, 2),
    ];
    assert.match(write(begun), /bash {2}make · running<\/summary>[^]*cc a\.c/);
    const done = event(
      'tool.execution_complete',
      { toolCallId: 't1', success: true, result: { content: 'cc a.c\nok' } },
      3,
    );
    assert.equal(write([...begun, done]).split('cc a.c').length, 2);
    const mute = event('tool.execution_complete', { toolCallId: 't1', success: false, error: { message: 'lost' } }, 3);
    const text = write([...begun, mute]);
    assert.match(text, /cc a\.c/, 'what was seen is gone');
    assert.match(text, /lost/);
  });

  it('says of no call that it runs when the agent has stopped, or nothing runs in the session any more', () => {
    const begun = event(
      'tool.execution_start',
      { toolCallId: 't1', toolName: 'bash', arguments: { command: 'make' } },
      1,
    );
    const of = event('tool.execution_start', { toolCallId: 't2', toolName: 'grep', arguments: { pattern: 'x' } }, 1, {
      agentId: 'a1',
    });
    const idle = (data: object): SessionEvent => event('session.idle', data, 2);
    const running = (...events: readonly SessionEvent[]): number =>
      write([begun, of, ...events]).split('running').length - 1;
    assert.equal(running(), 2);
    assert.equal(running(idle({})), 0);
    assert.equal(running(idle({ aborted: true })), 0);
    assert.equal(running(idle({ backgroundTasks: { agents: [{}], shells: [] } })), 2);
    assert.equal(running(idle({ mode: 'autopilot' })), 2);
    assert.equal(running(event('abort', { reason: 'user_abort' }, 2)), 1, 'a sub-agent may go on');
    const done = event('tool.execution_complete', { toolCallId: 't1', success: true, result: { content: 'ok' } }, 3);
    const late = write([begun, idle({}), done]);
    assert.match(late, /bash {2}make · 2\.0 s<\/summary>[^]*ok/);
    assert.doesNotMatch(late, /no result/);
    assert.match(write([begun, idle({})]), /bash {2}make · no result<\/summary>/);
  });

  it('shows what a running call has printed once, though it is reported as a whole each time', () => {
    const begun = event(
      'tool.execution_start',
      { toolCallId: 't1', toolName: 'bash', arguments: { command: 'make' } },
      1,
    );
    const soFar = (partialOutput: string): SessionEvent =>
      event('tool.execution_partial_result', { toolCallId: 't1', partialOutput }, 2);
    const text = write([begun, soFar('cc a.c\n'), soFar('cc a.c\ncc b.c\n'), soFar('cc a.c\nlinking\n')]);
    assert.equal(text.split('cc a.c').length, 2);
    assert.match(text, /linking/);
    assert.doesNotMatch(text, /cc b\.c/, 'it was rewritten');
    assert.match(write([begun, soFar('one\n'), soFar('two\n')]), /one\ntwo/);
  });

  it('shows a message as far as it has come, then the whole of it', () => {
    const pieces = [
      event('assistant.message_delta', { messageId: 'm', deltaContent: 'Half ' }, 1),
      event('assistant.message_delta', { messageId: 'm', deltaContent: 'a word' }, 1),
    ];
    assert.match(write(pieces), /Half a word/);
    const whole = event('assistant.message', { messageId: 'm', content: 'Half a word is none.' }, 2);
    assert.equal(write([...pieces, whole]).split('Half a word').length, 2);
    const empty = event('assistant.message', { messageId: 'm', content: '' }, 2);
    assert.match(write([...pieces, empty]), /Half a word/);
  });

  it('keeps all that a sub-agent does within it', () => {
    const of = { agentId: 'a1' };
    const text = write([
      event('assistant.message', { messageId: 'm0', content: 'Before.' }),
      event('assistant.message', { messageId: 'm1', content: 'Inside, before its start was seen.' }, 1, of),
      event('assistant.message', { messageId: 'm2', content: 'Outside.' }, 2),
      event('tool.execution_start', { toolCallId: 't', toolName: 'grep', arguments: { pattern: 'x' } }, 3, of),
      event('tool.execution_complete', { toolCallId: 't', success: true, result: { content: 'found it' } }, 4, of),
    ]);
    const [, inside = ''] = /Sub-agent · a1<\/summary>([^]*)<\/details>\n\n### Agent · 10:02:02/.exec(text) ?? [];
    assert.match(inside, /Inside, before[^]*<details>[^]*found it[^]*<\/details>/);
  });

  it('says of an output of 5 MB how much of it is cut off', () => {
    const text = write([
      event('tool.execution_start', { toolCallId: 't', toolName: 'bash', arguments: { command: 'cat' } }),
      event('tool.execution_complete', { toolCallId: 't', success: true, result: { content: 'x'.repeat(5_000_000) } }),
    ]);
    assert.match(text, /_… \(4950000 more characters\)_/);
    assert.ok(text.length < 60_000);
  });

  it('shows of a session that is too long its end, and says how many entries are left out', () => {
    const events = Array.from({ length: 100 }, (_, index) =>
      event('assistant.message', { messageId: `m${index}`, content: `Message ${index}. ${'x'.repeat(100)}` }, index),
    );
    const text = write(events, { maxLength: 2_000 });
    assert.match(text, /\*\*\d+ entries before this are not shown here\*\*/);
    assert.match(text, /Message 99/);
    assert.doesNotMatch(text, /Message 1\./);
  });

  it('shows notes, damage and malformed events, and counts those of an unknown type', () => {
    const transcript = documentOf([
      event('vendor.new', { a: '<b>' }),
      event('assistant.message', 5),
      null as unknown as SessionEvent,
    ]);
    transcript.record({ kind: 'note', note: { level: 'warning', text: '3 events are <lost>', at: new Date(0) } });
    const text = transcript.text({ ...HEAD, damaged: true });
    for (const part of [
      /^- \*\*Not shown:\*\* 1 event of a type unknown to this version$/m,
      /malformed event assistant\.message/,
      /3 events are &lt;lost&gt;/,
      /could not be read/,
    ]) {
      assert.match(text, part);
    }
    assert.doesNotMatch(text, /vendor\.new/);
    assert.doesNotMatch(write([event('session.idle', {})]), /Not shown/);
  });

  it('takes no time from an event of an unknown type, and the latest of the others for the last', () => {
    const text = write([
      event('user.message', { content: 'a' }, 60),
      event('user.message', { content: 'b' }, 5),
      event('vendor.new', {}, 600),
    ]);
    assert.match(text, /\*\*Started:\*\* 2025-11-23 10:02:05\n- \*\*Last event:\*\* 2025-11-23 10:03:00\n/);
  });

  it('knows the line of each event', () => {
    const events = sampleSession();
    const places = new Map<string, number>();
    const lines = documentOf(events).text(HEAD, places).split('\n');
    const lineOf = (type: string, nth = 0): string => {
      const line = places.get(events.filter((each) => each.type === type)[nth]?.id ?? '') ?? -1;
      return lines.slice(line, line + 2).join('\n');
    };
    assert.match(lineOf('user.message'), /^### You/);
    assert.match(lineOf('tool.execution_complete', 1), /npm test -- --test-name-pattern=queue · failed/);
    assert.match(lineOf('session.error'), /^> \*\*Error\*\*/);
    assert.match(lineOf('subagent.completed'), /^<details>\n.*Explore/);
  });

  it('gives the same text however often it is asked in between', () => {
    const asked = new DocumentRenderer(OPTIONS);
    const events = sampleSession();
    for (const each of events) {
      asked.record({ kind: 'event', event: each });
      asked.text(HEAD);
    }
    assert.equal(asked.text(HEAD), write(events));
  });

  it('has no HTML, heading, link or image but its own, whatever the events hold', () => {
    const nasty = fc
      .array(
        fc.oneof(
          fc.constantFrom(
            '</details>',
            '//evil.example/x',
            '<script>',
            '```',
            '\n',
            '# You',
            '![a](https://e.example/i.png)',
            '[a](command:x)',
            '`',
            '---',
          ),
          hostileText,
        ),
        { maxLength: 8 },
      )
      .map((parts) => parts.join(''));
    const TYPES = [
      ...['user.message', 'assistant.message', 'assistant.message_delta', 'assistant.reasoning', 'session.error'],
      ...['tool.execution_start', 'tool.execution_complete', 'permission.requested', 'exit_plan_mode.requested'],
      ...['user_input.requested', 'subagent.started', 'session.info', 'session.title_changed', 'session.task_complete'],
    ];
    const data = fc.record({
      content: nasty,
      messageId: nasty,
      deltaContent: nasty,
      reasoningId: nasty,
      message: nasty,
      url: nasty,
      toolCallId: fc.constantFrom('t', 'u'),
      toolName: nasty,
      success: fc.boolean(),
      arguments: fc.oneof(nasty, fc.record({ command: nasty })),
      result: fc.record({ content: nasty, detailedContent: nasty }),
      error: fc.record({ message: nasty }),
      permissionRequest: fc.record({
        kind: fc.constantFrom('shell', 'write'),
        fullCommandText: nasty,
        diff: nasty,
        intention: nasty,
      }),
      question: nasty,
      choices: fc.array(nasty, { maxLength: 2 }),
      summary: nasty,
      planContent: nasty,
      agentName: nasty,
      title: nasty,
    });
    const events = fc.array(fc.tuple(fc.constantFrom(...TYPES), data, fc.constantFrom('', '', 'agent-1')), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(events, nasty, (list, title) => {
        const transcript = documentOf(
          list.map(([type, each, agentId]) => event(type, each, 0, agentId === '' ? {} : { agentId })),
        );
        transcript.record({ kind: 'note', note: { level: 'error', text: title, at: new Date(0) } });
        const text = transcript.text({ sessionId: title, title, repository: title, branch: title, remoteUrl: title });
        let depth = 0;
        for (const { type, content, attrs } of tokensOf(text)) {
          if (type === 'html_block') {
            assert.match(content, /^(<details>\n<summary>[^<>\n]*<\/summary>|<\/details>)\n?$/, text);
            depth += content.startsWith('</') ? -1 : 1;
          } else if (type === 'html_inline') {
            assert.match(content, /^<\/?code>$/, text);
          }
          assert.notEqual(type, 'image', text);
          for (const [name, value] of attrs ?? []) {
            assert.ok(name !== 'href' || /^(https?:\/\/|mailto:|ftp:\/\/)/i.test(value), text);
          }
        }
        assert.equal(depth, 0, text);
        // Only the document's own headings may name the user.
        const tokens = tokensOf(text);
        const headings = tokens.filter((_, index) => tokens[index - 1]?.type === 'heading_open');
        const prompts = list.filter(([type]) => type === 'user.message').length;
        assert.ok(headings.filter(({ content }) => content.startsWith('You')).length <= prompts, text);
        assert.equal(tokens.filter(({ type, tag }) => type === 'heading_open' && tag === 'h1').length, 1, text);
      }),
      { numRuns: 800 },
    );
  });
});
