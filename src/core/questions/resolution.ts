import type { SessionEvent } from '@github/copilot-sdk';
import { isRecord, readRecord, readString } from '../common/json';
import { keyOfToolCall, toolCallOf } from '../activity/questionIdentity';
import type { Answer } from './answer';
import type { PendingQuestion, Resolution } from './pendingQuestion';

/** How many of a session's last events are searched for the one that answers a question. */
const SEARCHED_EVENTS = 20_000;

/** Events that answer a question, the last one of each, by request id. */
export function answersIn(events: readonly SessionEvent[]): ReadonlyMap<string, SessionEvent> {
  const answers = new Map<string, SessionEvent>();
  for (let index = Math.max(0, events.length - SEARCHED_EVENTS); index < events.length; index++) {
    const event = events[index];
    // Of what a runtime sends, only that it is an object has been checked.
    const type: unknown = event?.type;
    const isEnd = typeof type === 'string' && /[._]completed$/.test(type);
    const requestId = isEnd ? readString(event?.data, 'requestId') : undefined;
    if (event !== undefined && requestId !== undefined) {
      answers.set(requestId, event);
    }
  }
  return answers;
}

/** Those of these questions (see `keyOfToolCall`) that the session asked before and that were answered then. */
export function answeredBefore(events: readonly SessionEvent[], keys: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>();
  let answers: ReadonlyMap<string, SessionEvent> | undefined;
  for (let index = Math.max(0, events.length - SEARCHED_EVENTS); index < events.length; index++) {
    const event = events[index];
    if (event !== undefined && isQuestion(event)) {
      const key = keyOfToolCall(event);
      if (key !== undefined && keys.has(key)) {
        answers ??= answersIn(events);
        if (answers.has(readString(event.data, 'requestId') ?? '')) {
          found.add(key);
        }
      }
    }
  }
  return found;
}

function isQuestion({ type, data }: SessionEvent): boolean {
  const name: unknown = type;
  return typeof name === 'string' && /[._](requested|required)$/.test(name) && toolCallOf(data) !== undefined;
}

/**
 * How a question ended that the session no longer has.
 * @param event what answered it
 */
export function resolutionOf({ answer, state }: PendingQuestion, event: SessionEvent | undefined): Resolution {
  if (event === undefined) {
    return 'withdrawn';
  }
  if (answer === undefined || state === 'open') {
    return 'elsewhere';
  }
  return isContradicted(answer, event) ? 'contradicted' : 'here';
}

/** The resolution to show of one question that the agent asked under several ids. */
export function strongest(ends: readonly Resolution[]): Resolution {
  const order: readonly Resolution[] = ['contradicted', 'here', 'elsewhere'];
  return order.find((how) => ends.includes(how)) ?? ends.at(-1) ?? 'withdrawn';
}

/** Whether somebody else answered first, and differently. */
function isContradicted(answer: Answer, { data }: SessionEvent): boolean {
  if (answer.kind === 'permission') {
    const kind = readString(readRecord(data, 'result'), 'kind') ?? '';
    return kind !== '' && kind.startsWith('approve') === (answer.decision === 'deny');
  }
  const approved: unknown = isRecord(data) ? (data as Readonly<Record<string, unknown>>)['approved'] : undefined;
  return answer.kind === 'plan' && typeof approved === 'boolean' && approved !== answer.approved;
}
