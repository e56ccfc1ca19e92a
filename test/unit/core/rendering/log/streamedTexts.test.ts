import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SessionEvent } from '@github/copilot-sdk';
import { PlainLogRenderer } from '../lines';
import { event, UTC } from '../../sampleSession';

const AT = new Date(Date.UTC(2025, 10, 23, 10, 2, 5));
const delta = (id: string, text: string, agentId?: string) =>
  event('assistant.message_delta', { messageId: id, deltaContent: text }, 0, agentId === undefined ? {} : { agentId });
const whole = (id: string, text: string, agentId?: string) =>
  event('assistant.message', { messageId: id, content: text }, 0, agentId === undefined ? {} : { agentId });
const intent = (text: string) => event('assistant.intent', { intent: text });
const partial = (text: string) => event('tool.execution_partial_result', { toolCallId: 't', partialOutput: text });
const start = event('tool.execution_start', { toolCallId: 't', toolName: 'bash', arguments: { command: 'make' } });
const complete = (content: string) =>
  event('tool.execution_complete', { toolCallId: 't', success: true, result: { content } });

/** The text that each event appends, without the day header and the time columns. */
function appended(...events: readonly SessionEvent[]): readonly string[] {
  const renderer = new PlainLogRenderer({ ...UTC, maxBodyLength: 2000 });
  renderer.note('info', 'start', AT);
  return events.map((each) => renderer.render(each).replaceAll('10:02:00  ', ''));
}

describe('a streamed message', () => {
  it('is appended as it comes and not repeated by the whole', () => {
    assert.deepEqual(appended(delta('m', 'Hel'), delta('m', 'lo, '), delta('m', 'you'), whole('m', 'Hello, you')), [
      ...['\nAgent\n          Hel', 'lo, ', 'you', '\n'],
    ]);
  });

  it('gets from the whole what was not streamed', () => {
    assert.deepEqual(appended(delta('m', 'Hel'), whole('m', 'Hello\nyou')), [
      '\nAgent\n          Hel',
      'lo\n          you\n',
    ]);
  });

  it('is shown again, as a whole, when it differs from what was streamed', () => {
    assert.deepEqual(appended(delta('m', 'Hel'), delta('m', 'you'), whole('m', 'Hello, you')), [
      ...['\nAgent\n          Hel', 'you'],
      '\n\nAgent     (complete; differs from what was streamed)\n          Hello, you\n',
    ]);
    assert.deepEqual(appended(delta('m', 'Hello'), whole('m', '')), [
      ...['\nAgent\n          Hello', '\n\nAgent     (the complete text is empty)\n'],
    ]);
  });

  it('may differ in the white space at its ends', () => {
    assert.deepEqual(appended(delta('m', '\n\nHello \n'), whole('m', 'Hello')), ['\nAgent\n          Hello ', '\n']);
    assert.deepEqual(appended(delta('m', 'Hello'), whole('m', '\nHello, you\n')), [
      '\nAgent\n          Hello',
      ', you\n',
    ]);
  });

  it('indents every line, also when line feeds come alone', () => {
    assert.deepEqual(
      appended(delta('m', 'a\n'), delta('m', '\n'), delta('m', 'b'), delta('m', '\r'), delta('m', '\nc')),
      [...['\nAgent\n          a', '', '\n\n          b', '', '\n          c']],
    );
  });

  it('begins when there is something to see', () => {
    assert.deepEqual(appended(delta('m', ''), delta('m', '\n '), delta('m', 'a')), ['', '', '\nAgent\n           a']);
  });

  it('keeps characters whole whose halves come apart', () => {
    assert.deepEqual(appended(delta('m', 'a\ud83d'), delta('m', '\ude00b')), ['\nAgent\n          a', '😀b']);
    assert.deepEqual(appended(delta('m', 'a\ud83d'), whole('m', 'a\ud83d')), ['\nAgent\n          a', '‹U+D83D›\n']);
  });

  it('goes on under a header of its own after another event', () => {
    assert.deepEqual(
      appended(delta('m', 'Hel'), intent('x'), delta('m', 'lo,\n'), delta('m', 'you'), whole('m', 'Hello,\nyou')),
      [
        '\nAgent\n          Hel',
        '\n\nIntent    x\n',
        '\nAgent     (continued)\n          lo,',
        '\n          you',
        '\n',
      ],
    );
  });

  it('waits after another event until it is worth a header', () => {
    const long = 'x'.repeat(80);
    assert.deepEqual(appended(delta('m', 'a'), intent('x'), delta('m', 'b'), delta('m', long)), [
      ...['\nAgent\n          a', '\n\nIntent    x\n', '', `\nAgent     (continued)\n          b${long}`],
    ]);
  });

  it('is brought out by the whole, by the end of the turn, by a note, and flush', () => {
    const waiting = '\nAgent     (continued)\n          b';
    const waits = [delta('m', 'a'), intent('x'), delta('m', 'b')];
    assert.equal(appended(...waits, whole('m', 'ab'))[3], `${waiting}\n`);
    for (const [type, data] of [
      ['session.idle', {}],
      ['abort', { reason: 'user_abort' }],
      ['session.error', { errorType: 'x', message: 'y' }],
      ['assistant.turn_end', { turnId: '0' }],
    ] as const) {
      assert.ok(appended(...waits, event(type, data))[3]?.startsWith(waiting), type);
    }
    for (const bringOut of [
      (renderer: PlainLogRenderer) => renderer.flush(),
      (renderer: PlainLogRenderer) => renderer.note('info', 'x', AT),
    ]) {
      const renderer = new PlainLogRenderer(UTC);
      waits.forEach((each) => renderer.render(each));
      assert.ok(bringOut(renderer).replaceAll('10:02:00  ', '').startsWith(waiting));
      assert.equal(renderer.flush(), '');
    }
  });

  it('is not changed by pieces that come behind the whole', () => {
    assert.deepEqual(appended(whole('m', 'Hello'), delta('m', 'Hel')), ['\nAgent\n          Hello\n', '']);
  });

  it('is shown once when the whole comes twice, and again when it was revised', () => {
    assert.deepEqual(appended(whole('m', 'a'), whole('m', 'a'), whole('m', 'b')), [
      ...['\nAgent\n          a\n', '', '\nAgent     (revised)\n          b\n'],
    ]);
  });

  it('goes on under a header when another message came whole', () => {
    assert.deepEqual(appended(delta('a', 'A1'), whole('b', 'B'), whole('a', 'A1 A2')), [
      ...['\nAgent\n          A1', '\n\nAgent\n          B\n', '\nAgent     (continued)\n           A2\n'],
    ]);
  });

  it('that was longer than the whole differs from it, even beyond what is shown', () => {
    const text = appended(delta('m', 'x'.repeat(3000)), whole('m', 'x'.repeat(2000)));
    assert.match(text[1] ?? '', /differs from what was streamed/);
  });

  it('without an id is shown like any other', () => {
    const unnamed = (text: string) => event('assistant.message_delta', { deltaContent: text });
    const message = (text: string) => event('assistant.message', { content: text });
    const text = appended(unnamed('Hel'), message('Hello'), message('Hello')).join('');
    assert.equal(text.match(/Hello/g)?.length, 2);
  });

  it('is bounded, says so at once, and says how much is missing in the end', () => {
    const text = appended(
      delta('m', 'x'.repeat(1500)),
      delta('m', 'y'.repeat(1500)),
      delta('m', 'z'),
      whole('m', `${'x'.repeat(1500)}${'y'.repeat(1500)}zzz`),
    );
    assert.match(text[1] ?? '', /^y{500}… \(the rest is not shown\)$/);
    assert.equal(text[2], '');
    assert.equal(text[3], '\n          … (1003 more characters)\n');
  });

  it('of 5 MB costs the bound', () => {
    const text = appended(whole('m', 'a\n'.repeat(2_500_000)))[0] ?? '';
    assert.ok(text.length < 2200);
    assert.match(text, /… \(\d{7} more characters\)\n$/);
  });
});

describe('messages that are streamed at the same time', () => {
  it('wait for one another until they are worth a header', () => {
    const long = 'B'.repeat(80);
    assert.deepEqual(
      appended(
        delta('a', 'A1 ', 'a'),
        delta('b', 'B1 ', 'b'),
        delta('a', 'A2', 'a'),
        delta('b', long, 'b'),
        delta('a', '!', 'a'),
        whole('a', 'A1 A2!', 'a'),
        whole('b', `B1 ${long}`, 'b'),
      ),
      [
        '\nAgent     [a]\n          A1 ',
        '',
        'A2',
        `\n\nAgent     [b]\n          B1 ${long}`,
        '',
        '\n\nAgent     [a] (continued)\n          !\n',
        '',
      ],
    );
  });

  it('do not give a header for every word', () => {
    const events = Array.from({ length: 1000 }, (_, index) => delta(String(index % 2), 'word ', String(index % 2)));
    const headers =
      appended(...events)
        .join('')
        .match(/^Agent/gm) ?? [];
    assert.ok(headers.length > 10 && headers.length < 100, String(headers.length));
  });

  it('do not pile up for ever when they never end', () => {
    const renderer = new PlainLogRenderer(UTC);
    let text = '';
    for (let index = 0; index < 3000; index++) {
      text += renderer.render(delta(`m${index}`, `<${index}>`));
    }
    assert.ok(new Set(text.match(/<\d+>/g)).size > 2500);
    text += renderer.flush();
    assert.equal(new Set(text.match(/<\d+>/g)).size, 3000);
  });

  /** A message: its kind, its pieces, and whether its whole text is sent. */
  const message = fc.record({
    pieces: fc.array(fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', '😀', 'é'), maxLength: 60 }), {
      maxLength: 12,
    }),
    isReasoning: fc.boolean(),
    ends: fc.boolean(),
  });
  const other = fc.constantFrom('intent', 'tool', 'idle', 'note', 'flush', 'unknown');
  /** The message that continues next, or another event. */
  const turns = fc.array(fc.oneof({ weight: 4, arbitrary: fc.nat(3) }, other), { maxLength: 80 });

  it('are all there, once and in order, whatever comes between their pieces', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 4 }), turns, (messages, order) => {
        const renderer = new PlainLogRenderer(UTC);
        const queues = messages.map(({ pieces, isReasoning, ends }, index) => {
          const agent = { agentId: `speaker${index}` };
          const kind = isReasoning ? 'assistant.reasoning' : 'assistant.message';
          const id = { [isReasoning ? 'reasoningId' : 'messageId']: `m${index}` };
          const events = pieces.map((piece) => event(`${kind}_delta`, { ...id, deltaContent: piece }, 0, agent));
          return ends ? [...events, event(kind, { ...id, content: pieces.join('') }, 0, agent)] : events;
        });
        let text = '';
        let toolCalls = 0;
        const next = (turn: number) => {
          const each = queues[turn]?.shift();
          text += each === undefined ? '' : renderer.render(each);
        };
        for (const turn of order) {
          if (typeof turn === 'number') {
            next(turn);
          } else if (turn === 'note') {
            text += renderer.note('warning', 'lost', AT);
          } else if (turn === 'flush') {
            text += renderer.flush();
          } else if (turn === 'tool') {
            const id = { toolCallId: `t${toolCalls++}` };
            text += renderer.render(
              event('tool.execution_start', { ...id, toolName: 'bash', arguments: { command: 'x' } }),
            );
            text += renderer.render(event('tool.execution_partial_result', { ...id, partialOutput: 'out\nput' }));
          } else {
            text += renderer.render(
              event({ intent: 'assistant.intent', idle: 'session.idle', unknown: 'x.y' }[turn], { intent: 'i' }),
            );
          }
        }
        queues.forEach((queue, index) => queue.slice().forEach(() => next(index)));
        text += renderer.flush();
        messages.forEach(({ pieces }, index) => {
          assert.equal(spokenBy(`speaker${index}`, text), pieces.join('').replaceAll(/\s/g, ''));
        });
      }),
      { numRuns: 500 },
    );
  });

  /** The text under the headers of one speaker, without indentation and bars. */
  function spokenBy(speaker: string, text: string): string {
    let isSpeaking = false;
    let spoken = '';
    for (const line of text.split('\n')) {
      if (/^\S/.test(line)) {
        isSpeaking = line.includes(`[${speaker}]`);
      } else if (isSpeaking) {
        spoken += line.replace(/^ {10}(¦ ?)?/, '');
      }
    }
    return spoken.replaceAll(/\s/g, '');
  }
});

describe("a tool's output", () => {
  it('follows the line that started the tool, and is not repeated by the result', () => {
    assert.deepEqual(appended(start, partial('a\n'), partial('b'), complete('a\nb\n')), [
      '\nTool      bash  make\n'.slice(1),
      '          │ a',
      '\n          │ b',
      '\nDone      bash · 0.0 s\n',
    ]);
  });

  it('gets the rest from the result, clipped', () => {
    const rest = Array.from({ length: 40 }, (_, index) => `line ${index}`).join('\n');
    const text = appended(start, partial('a\nb'), complete(`a\nb${rest}`))[2] ?? '';
    assert.ok(text.startsWith('line 0\n          │ line 1\n'));
    assert.match(text, /│ … \(20 more lines\)\n/);
    assert.ok(text.endsWith('          │ line 39\nDone      bash · 0.0 s\n'));
  });

  it('has a header of its own behind another event', () => {
    assert.deepEqual(appended(start, intent('x'), partial('a\nb'), complete('a\nb')).slice(2), [
      'Output    bash\n          │ a\n          │ b',
      '\nDone      bash · 0.0 s\n',
    ]);
  });

  it('that differs from the result leaves the result to be shown whole', () => {
    assert.deepEqual(appended(start, partial('10%'), complete('finished')).slice(1), [
      ...['          │ 10%', '\nDone      bash · 0.0 s\n          │ finished\n'],
    ]);
  });

  it('that is too long to be streamed ends with the end of the result', () => {
    const output = Array.from({ length: 2000 }, (_, index) => `line ${index}`).join('\n');
    const text = appended(start, partial(output), complete(output));
    assert.match(text[1] ?? '', /… \(the rest is not shown\)$/);
    assert.ok((text[1] ?? '').length < 2100);
    assert.match(text[2] ?? '', /Done {6}bash · 0\.0 s\n[^]*more lines\)\n[^]*│ line 1999\n$/);
  });
});
