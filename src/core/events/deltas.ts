import type { SessionEvent } from '@github/copilot-sdk';
import { RecentSet } from '../common/bounded';
import { readArray, readRecord, readString, readText } from '../common/json';

/**
 * How many complete texts are remembered at least, and twice as many at most. Pieces that come later than that behind
 * their text are kept.
 */
const MIN_COMPLETE = 1_000;

/** The key of the text that an event is a piece of; `undefined` for other events. */
export function textOfDelta(event: SessionEvent): string | undefined {
  const type: string = event.type;
  switch (type) {
    case 'assistant.message_delta':
      return keyOf('message', event, 'messageId');
    case 'assistant.reasoning_delta':
      return keyOf('reasoning', event, 'reasoningId');
    case 'assistant.tool_call_delta':
      return keyOf('call', event, 'toolCallId');
    case 'tool.execution_partial_result':
      return keyOf('output', event, 'toolCallId');
    case 'tool.shell_output':
      return event.ephemeral === true ? keyOf('output', event, 'toolCallId') : undefined;
    default:
      return undefined;
  }
}

/** The keys of the texts that this event completes. A blank one does not replace what was streamed. */
function completedTexts(event: SessionEvent): readonly (string | undefined)[] {
  const data: unknown = event.data;
  switch (event.type) {
    case 'assistant.message':
      return [
        ...(readText(data, 'content')?.trim() ? [keyOf('message', event, 'messageId')] : []),
        ...readArray(data, 'toolRequests').map((request) => prefixed('call', readText(request, 'toolCallId'))),
      ];
    case 'assistant.reasoning':
      return readText(data, 'content')?.trim() ? [keyOf('reasoning', event, 'reasoningId')] : [];
    case 'tool.execution_start':
      return [keyOf('call', event, 'toolCallId')];
    case 'tool.execution_complete': {
      const result = readRecord(data, 'result');
      const output = readText(result, 'detailedContent') ?? readText(result, 'content');
      return output?.trim() ? [keyOf('output', event, 'toolCallId')] : [];
    }
    default:
      return [];
  }
}

/**
 * Pieces of texts that are streamed before the whole text comes: it supersedes its pieces. Pieces whose whole text never
 * comes stay.
 */
export class Deltas {
  private readonly pending = new Map<string, SessionEvent[]>();
  private readonly complete = new RecentSet<string>(MIN_COMPLETE);

  /** Whether it is a piece of a text that is complete already. */
  isSuperseded(event: SessionEvent): boolean {
    const text = textOfDelta(event);
    return text !== undefined && this.complete.has(text);
  }

  /** @returns the pieces, observed before, of the texts that this event completes */
  observe(event: SessionEvent): readonly SessionEvent[] {
    const text = textOfDelta(event);
    if (text !== undefined) {
      const pieces = this.pending.get(text);
      if (pieces === undefined) {
        this.pending.set(text, [event]);
      } else {
        pieces.push(event);
      }
      return [];
    }
    const superseded: SessionEvent[] = [];
    const completed = completedTexts(event);
    for (const whole of [...completed, ...(event.type === 'assistant.message' ? this.thoughtsOf(event) : [])]) {
      if (whole !== undefined) {
        for (const piece of this.pending.get(whole) ?? []) {
          superseded.push(piece);
        }
        this.pending.delete(whole);
        this.complete.add(whole);
      }
    }
    return superseded;
  }

  /** A message may have the whole text of what was streamed as reasoning, which then has no event of its own. */
  private thoughtsOf(event: SessionEvent): readonly string[] {
    const thought = readText(event.data, 'reasoningText')?.trim();
    if (!thought) {
      return [];
    }
    return [...this.pending].flatMap(([text, pieces]) =>
      text.startsWith('reasoning ') && thought === join(pieces).trim() ? [text] : [],
    );
  }
}

function join(pieces: readonly SessionEvent[]): string {
  return pieces.map(({ data }) => readString(data, 'deltaContent') ?? '').join('');
}

function keyOf(kind: string, event: SessionEvent, member: string): string | undefined {
  return prefixed(kind, readText(event.data, member));
}

function prefixed(kind: string, id: string | undefined): string | undefined {
  return id === undefined ? undefined : `${kind} ${id}`;
}
