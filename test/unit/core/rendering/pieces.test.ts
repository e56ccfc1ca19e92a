import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SessionEvent } from '@github/copilot-sdk';
import { DocumentRenderer } from '../../../../src/core/rendering/markdown/documentRenderer';
import { PlainLogRenderer } from './lines';
import { event, UTC } from '../sampleSession';

/** A text that comes in pieces, then as a whole. */
interface StreamedText {
  readonly form: 'message' | 'reasoning' | 'message with reasoning' | 'texts so far' | 'chunks' | 'shell' | 'both';
  readonly pieces: readonly string[];
}

const streamedText: fc.Arbitrary<StreamedText> = fc.record({
  form: fc.constantFrom('message', 'reasoning', 'message with reasoning', 'texts so far', 'chunks', 'shell', 'both'),
  // All pieces differ: chunks that repeat earlier text cannot be told from cumulative texts.
  pieces: fc
    .array(fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', 'é', '😀'), minLength: 1, maxLength: 30 }), {
      minLength: 1,
      maxLength: 6,
    })
    .map((pieces) => pieces.map((piece, index) => `${index}${piece}`)),
});

const PIECES = new Set([
  'assistant.message_delta',
  'assistant.reasoning_delta',
  'tool.execution_partial_result',
  'tool.shell_output',
]);

/** The events of one text, with a speaker of its own. */
function eventsOf({ form, pieces }: StreamedText, index: number, agentId = `speaker${index}`): readonly SessionEvent[] {
  const speaker = agentId === '' ? {} : { agentId };
  const make = (type: string, data: object): SessionEvent => event(type, data, 0, speaker);
  const whole = pieces.join('');
  switch (form) {
    case 'message': {
      const id = { messageId: `m${index}` };
      const deltas = pieces.map((deltaContent) => make('assistant.message_delta', { ...id, deltaContent }));
      return [...deltas, make('assistant.message', { ...id, content: whole })];
    }
    case 'reasoning':
    case 'message with reasoning': {
      const id = { reasoningId: `r${index}` };
      const deltas = pieces.map((deltaContent) => make('assistant.reasoning_delta', { ...id, deltaContent }));
      return form === 'reasoning'
        ? [...deltas, make('assistant.reasoning', { ...id, content: whole })]
        : [...deltas, make('assistant.message', { messageId: `m${index}`, content: '', reasoningText: whole })];
    }
    default: {
      const id = { toolCallId: `t${index}` };
      const parts = pieces.flatMap((text, sequence) => {
        const partialOutput = form === 'chunks' ? text : pieces.slice(0, sequence + 1).join('');
        const partial = make('tool.execution_partial_result', { ...id, partialOutput });
        const chunk = make('tool.shell_output', { ...id, text, sequence });
        return form === 'shell' ? [chunk] : form === 'both' ? [chunk, partial] : [partial];
      });
      return [
        make('tool.execution_start', { ...id, toolName: 'bash', arguments: { command: 'make' } }),
        ...parts,
        make('tool.execution_complete', { ...id, success: true, result: { content: whole } }),
      ];
    }
  }
}

const logOf = (events: readonly SessionEvent[]): string => {
  const renderer = new PlainLogRenderer(UTC);
  return events.map((each) => renderer.render(each)).join('') + renderer.flush();
};

function documentOf(events: readonly SessionEvent[]): DocumentRenderer {
  const document = new DocumentRenderer(UTC);
  for (const each of events) {
    document.record({ kind: 'event', event: each });
  }
  return document;
}

const HEAD = { sessionId: 's' };
const withoutPieces = (events: readonly SessionEvent[]): readonly SessionEvent[] =>
  events.filter(({ type }) => !PIECES.has(type));
const sortedLines = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => !/^\s*[│¦]?$/.test(line))
    .sort();

/** The words of each speaker and its tools, without white space, bars and headers. */
function wordsOf(log: string): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  let speaker = '';
  for (const line of log.split('\n')) {
    if (/^\S/.test(line)) {
      speaker = /\[(speaker\d)\]/.exec(line)?.[1] ?? speaker;
    } else {
      words.set(speaker, (words.get(speaker) ?? '') + line.replace(/^ {10}([¦│] ?)?/, '').replaceAll(/\s/g, ''));
    }
  }
  return words;
}

/** The events of several texts, interleaved by `order`; each text keeps its own order. */
function mixed(texts: readonly StreamedText[], order: readonly number[], agentId?: string): readonly SessionEvent[] {
  const queues = texts.map((each, index) => [...eventsOf(each, index, agentId)]);
  const events = order.flatMap((turn) => queues[turn % queues.length]?.splice(0, 1) ?? []);
  return [...events, ...queues.flat()];
}

const texts = fc.array(streamedText, { minLength: 1, maxLength: 4 });
const orders = fc.array(fc.nat(3), { maxLength: 40 });

describe('a session whose pieces are gone, as the whole texts are there', () => {
  it('has the same words in the log, each once, however the pieces were mixed', () => {
    fc.assert(
      fc.property(texts, orders, (each, order) => {
        const events = mixed(each, order);
        const words = wordsOf(logOf(events));
        assert.deepEqual(wordsOf(logOf(withoutPieces(events))), words);
        each.forEach(({ pieces }, index) => {
          assert.equal(words.get(`speaker${index}`) ?? '', pieces.join('').replaceAll(/\s/g, ''));
        });
      }),
      { numRuns: 500 },
    );
  });

  it('has the same log, line by line, where nothing came between the pieces', () => {
    fc.assert(
      fc.property(texts, (each) => {
        const events = mixed(each, []);
        assert.deepEqual(sortedLines(logOf(events)), sortedLines(logOf(withoutPieces(events))));
      }),
      { numRuns: 300 },
    );
  });

  it('has the same document, however the pieces were mixed; in the same order where they were not', () => {
    fc.assert(
      fc.property(texts, orders, (each, order) => {
        const events = mixed(each, order);
        const text = documentOf(events).text(HEAD);
        const anew = documentOf(withoutPieces(events)).text(HEAD);
        assert.deepEqual(sortedLines(text), sortedLines(anew));
        const plain = mixed(each, []);
        assert.equal(documentOf(plain).text(HEAD), documentOf(withoutPieces(plain)).text(HEAD));
      }),
      { numRuns: 500 },
    );
  });

  it('has the same document of one agent that says and does several things at once', () => {
    fc.assert(
      fc.property(texts, orders, (each, order) => {
        // Equal texts of reasoning are shown as one, so make them different.
        const apart = each.map((one, index) => ({ ...one, pieces: ['x'.repeat(index), `${index}`, ...one.pieces] }));
        const events = mixed(apart, order, '');
        const anew = documentOf(withoutPieces(events)).text(HEAD);
        assert.deepEqual(sortedLines(documentOf(events).text(HEAD)), sortedLines(anew));
      }),
      { numRuns: 500 },
    );
  });

  it('goes on as it would have gone on with them, when it is rendered anew in between', () => {
    fc.assert(
      fc.property(texts, orders, fc.nat(40), (each, order, at) => {
        const events = mixed(each, order);
        // At this point, the pieces of complete texts are removed; those of the others stay.
        const whole = new Set(
          withoutPieces(events.slice(0, at))
            .filter(isWhole)
            .map(({ agentId }) => agentId),
        );
        const kept = events.filter((one, index) => index >= at || !PIECES.has(one.type) || !whole.has(one.agentId));
        assert.deepEqual(wordsOf(logOf(kept)), wordsOf(logOf(events)));
        assert.deepEqual(
          sortedLines(documentOf(kept).text(HEAD)),
          sortedLines(documentOf(withoutPieces(events)).text(HEAD)),
        );
      }),
      { numRuns: 300 },
    );
  });
});

function isWhole({ type }: SessionEvent): boolean {
  return ['assistant.message', 'assistant.reasoning', 'tool.execution_complete'].includes(type);
}
