import assert from 'node:assert/strict';
import { PlainLogRenderer } from '../lines';
import { EVENT_TYPES, formatterFor, isNoise } from '../../../../../src/core/rendering/formatters/eventFormatters';
import { EXAMPLES } from '../../eventExamples';
import { event, HEAD, sampleSession, UTC } from '../../sampleSession';

const AT = new Date(Date.UTC(2025, 10, 23, 10, 2, 5));
/** A renderer's lines for one event, without the day header and the time column of the first line. */
function show(type: string, data: unknown): readonly string[] {
  const renderer = new PlainLogRenderer(UTC);
  const text = renderer.render(event(type, data)) + renderer.note('info', 'end', AT);
  const lines = text.slice(0, text.lastIndexOf('10:02:05  Note')).trimEnd().split('\n');
  return lines.slice(1).map((line, index) => (index === 0 ? line.replace(/^10:02:00 {2}/, '') : line));
}

describe('LogRenderer', () => {
  describe('renders', () => {
    for (const [type, examples] of Object.entries(EXAMPLES)) {
      it(type, () => {
        for (const [data, ...lines] of examples) {
          assert.deepEqual(show(type, data), lines);
        }
      });
    }

    it('every type that is not noise, so that a new one cannot be forgotten here', () => {
      const shown = EVENT_TYPES.filter((type) => !isNoise(formatterFor(type)!));
      assert.deepEqual(Object.keys(EXAMPLES).sort(), shown.sort());
    });

    it('nothing for noise, malformed or not', () => {
      for (const type of EVENT_TYPES.filter((candidate) => isNoise(formatterFor(candidate)!))) {
        assert.equal(new PlainLogRenderer(UTC).render(event(type, { content: 'x', message: 'x' })), '', type);
        assert.equal(new PlainLogRenderer(UTC).render(event(type, null)), '', type);
      }
    });

    it('nothing for a type that it does not know, whatever the event holds', () => {
      for (const type of ['vendor.new', 'session.new', 'assistant.new_delta', 'constructor', '__proto__', ' x ']) {
        for (const data of [{ a: 1 }, { content: 'x', message: 'x' }, null, undefined, 7]) {
          assert.deepEqual(show(type, data), [], type);
          assert.equal(new PlainLogRenderer(UTC).render({ type, data } as never), '', type);
        }
      }
    });
  });

  describe('head', () => {
    it('names the session, what it is about, and where it is', () => {
      assert.equal(
        new PlainLogRenderer().head({ ...HEAD, taskId: 'task-1', title: 'A\n\u001b[31mB' }),
        [
          'Cloud session  9c1f0c9e-4f55-4f1e-9c5c-3f3a2b8c7d10',
          'Title          A ⏎ ‹ESC›[31mB',
          'Repository     octo/app @ main',
          'Task           task-1',
          'Link           https://github.com/copilot/tasks/9c1f0c9e-4f55-4f1e-9c5c-3f3a2b8c7d10',
          '',
        ].join('\n'),
      );
    });

    it('leaves out what is not known', () => {
      assert.equal(
        new PlainLogRenderer().head({ sessionId: 's', taskId: 's', branch: 'b' }),
        'Cloud session  s\nRepository     b\n',
      );
    });

    it('is followed by a blank line and the day', () => {
      const renderer = new PlainLogRenderer(UTC);
      renderer.head(HEAD);
      assert.equal(
        renderer.render(event('session.title_changed', { title: 'T' })),
        '\n── 2025-11-23 ──\n10:02:00  Title     T\n',
      );
    });

    it('does not tear a line in two when it comes in the middle of a stream', () => {
      const renderer = new PlainLogRenderer(UTC);
      renderer.render(event('assistant.message_delta', { messageId: 'm', deltaContent: 'Hel' }));
      assert.equal(renderer.head({ sessionId: 's' }), '\nCloud session  s\n');
      const rest = renderer.render(event('assistant.message', { messageId: 'm', content: 'Hello' }));
      assert.equal(rest, '\n10:02:00  Agent     (continued)\n          lo\n');
    });
  });

  describe('note', () => {
    const note = (level: 'info' | 'warning' | 'error', text: string) =>
      new PlainLogRenderer(UTC).note(level, text, AT).split('\n').slice(1, -1);

    it('is told apart from what the agent says, and shows its level', () => {
      assert.deepEqual(note('info', 'queued'), ['10:02:05  Note      queued']);
      assert.deepEqual(note('warning', 'queued'), ['10:02:05  Note      warning: queued']);
      assert.deepEqual(note('error', 'a\nb\u0007'), ['10:02:05  Note      error: a', '          ! b‹BEL›']);
    });

    it('does not throw for a date that is none', () => {
      assert.match(new PlainLogRenderer(UTC).note('info', 'x', new Date(NaN)), /^--:--:-- {2}Note {6}x\n$/);
    });
  });

  it('says the day when it changes', () => {
    const renderer = new PlainLogRenderer(UTC);
    const text = [0, 3600, 14 * 3600].map((second) =>
      renderer.render(event('session.title_changed', { title: 'T' }, second)),
    );
    assert.deepEqual(text, [
      '── 2025-11-23 ──\n10:02:00  Title     T\n',
      '11:02:00  Title     T\n',
      '\n── 2025-11-24 ──\n00:02:00  Title     T\n',
    ]);
  });

  it('shows local time unless told otherwise', () => {
    const text = new PlainLogRenderer().render(event('session.title_changed', { title: 'T' }));
    const date = new Date(Date.UTC(2025, 10, 23, 10, 2, 0));
    assert.ok(text.includes(`${date.toTimeString().slice(0, 8)}  Title`));
    assert.match(text, /^── \d{4}-\d\d-\d\d ──$/m);
  });

  it('puts messages between blank lines, and what the agent does close together', () => {
    const renderer = new PlainLogRenderer(UTC);
    const text = [
      event('user.message', { content: 'a' }),
      event('assistant.message', { messageId: 'm', content: 'b' }),
      event('assistant.intent', { intent: 'c' }),
      event('assistant.intent', { intent: 'd' }),
      event('assistant.message', { messageId: 'n', content: 'e' }),
    ].map((each) => renderer.render(each));
    assert.equal(
      text.join('').replaceAll('10:02:00  ', ''),
      '── 2025-11-23 ──\nYou\n          a\n\nAgent\n          b\n\nIntent    c\nIntent    d\n\nAgent\n          e\n',
    );
  });

  describe('remembers', () => {
    const lines = (...events: Parameters<PlainLogRenderer['render']>[0][]) => {
      const renderer = new PlainLogRenderer(UTC);
      return events
        .map((each) => renderer.render(each))
        .join('')
        .split('\n')
        .filter((line) => line !== '')
        .slice(1)
        .map((line) => line.replace(/^10:02:\d\d {2}/, ''));
    };
    const start = (id: string, toolName: string, args: unknown, second = 0) =>
      event('tool.execution_start', { toolCallId: id, toolName, arguments: args }, second);
    const complete = (id: string, content: string, second = 0, more: object = {}) =>
      event('tool.execution_complete', { toolCallId: id, success: true, result: { content }, ...more }, second);

    it('which tool a result belongs to, and how long it took', () => {
      assert.deepEqual(
        lines(
          start('1', 'bash', { command: 'a' }),
          start('2', 'bash', { command: 'b' }),
          complete('1', 'A', 3),
          complete('2', '', 4, { success: false, shellExecution: { exitCode: 2 }, error: { message: 'B' } }),
          start('3', 'bash', { command: 'c' }, 5),
          complete('3', '', 6),
        ),
        [
          ...['Tool      bash  a', 'Tool      bash  b', 'Done      bash  a · 3.0 s', '          │ A'],
          ...['Failed    bash  b · exit 2 · 4.0 s', '          ! B', 'Tool      bash  c', 'Done      bash · 1.0 s'],
        ],
      );
    });

    it('what a long result leaves out: of what was read, more', () => {
      const content = Array.from({ length: 100 }, (_, index) => `line ${index + 1}`).join('\n');
      const shell = lines(start('1', 'bash', { command: 'a' }), complete('1', content));
      assert.equal(shell.length, 2 + 8 + 1 + 12);
      assert.deepEqual(shell.slice(9, 12), [
        '          │ line 8',
        '          │ … (80 more lines)',
        '          │ line 89',
      ]);
      assert.equal(shell.at(-1), '          │ line 100');
      const view = lines(start('1', 'view', { path: 'a' }), complete('1', content));
      assert.deepEqual(view.slice(2, 7), [
        ...['          │ line 1', '          │ line 2', '          │ line 3', '          │ line 4'],
        '          │ … (94 more lines)',
      ]);
    });

    it('what a question was about', () => {
      assert.deepEqual(
        lines(
          event('permission.requested', {
            requestId: 'p',
            permissionRequest: { kind: 'shell', fullCommandText: 'rm x' },
          }),
          event('user_input.requested', { requestId: 'q', question: 'Why?' }),
          event('user_input.completed', { requestId: 'q', answer: 'Because' }),
          event('permission.completed', { requestId: 'p', result: { kind: 'reject' } }),
        ).filter((line) => line.startsWith('Answer')),
        ['Answer    Because · to: Why?', 'Answer    Denied · to: run rm x'],
      );
    });

    it("a sub-agent's name", () => {
      assert.deepEqual(
        lines(
          event('subagent.started', { toolCallId: 't', agentName: 'x', agentDisplayName: 'Explore' }, 0, {
            agentId: 'a1',
          }),
          event('assistant.message', { messageId: 'm', content: 'Hi' }, 0, { agentId: 'a1' }),
          event('assistant.intent', { intent: 'Look' }, 0, { agentId: 'unknown-agent' }),
          event('user.message', { content: 'Find it' }, 0, { agentId: 't' }),
        ),
        [
          ...['Subagent  Explore started', 'Agent     [Explore]', '          Hi'],
          ...['Intent    [unknown-agent] Look', 'Prompt    [Explore]', '          Find it'],
        ],
      );
    });

    it('a user message that the runtime and the service both report', () => {
      const message = (content: string) => event('user.message', { content, messageId: 'u' });
      assert.deepEqual(lines(message('Hi'), message('Hi'), message('Hi there')), [
        'You',
        '          Hi',
        'You',
        '          Hi there',
      ]);
      const unnamed = event('user.message', { content: 'Hi' });
      assert.deepEqual(lines(unnamed, unnamed), ['You', '          Hi', 'You', '          Hi']);
    });

    it('an intent, which the tool and the event both report', () => {
      const done = event('tool.execution_complete', {
        toolCallId: 't',
        success: true,
        result: { content: 'Intent logged' },
      });
      const intent = event('assistant.intent', { intent: 'Testing' });
      assert.deepEqual(lines(start('t', 'report_intent', { intent: 'Testing' }), intent, done), ['Intent    Testing']);
    });

    it('reasoning that comes in an event and with the message, in either order, and no other', () => {
      const thought = (id: string, content: string) => event('assistant.reasoning', { reasoningId: id, content });
      const message = (id: string, reasoningText?: string) =>
        event('assistant.message', { messageId: id, content: id, reasoningText });
      const thinking = (...events: Parameters<PlainLogRenderer['render']>[0][]) =>
        lines(...events).filter((line) => line.includes('¦')).length;
      assert.equal(thinking(thought('1', 'x'), message('m', 'x')), 1);
      assert.equal(thinking(message('m', 'x'), thought('1', 'x')), 1);
      assert.equal(thinking(thought('1', 'x'), message('m'), thought('2', 'x')), 2);
      assert.equal(thinking(message('m', 'x'), message('n', 'x')), 2);
      assert.equal(thinking(message('m', 'x'), thought('1', 'x'), thought('2', 'x')), 2);
      const streamed = event('assistant.reasoning_delta', { reasoningId: '1', deltaContent: 'x' });
      assert.equal(thinking(streamed, message('m', 'x')), 1);
      assert.equal(thinking(thought('1', 'x'), message('m', 'x'), message('n', 'x')), 2);
    });
  });

  it('gives the same text for the same events again', () => {
    const render = () => {
      const renderer = new PlainLogRenderer(UTC);
      return (
        renderer.head(HEAD) +
        sampleSession()
          .map((each) => renderer.render(each))
          .join('')
      );
    };
    assert.equal(render(), render());
    assert.ok(render().split('\n').length > 60);
  });
});
