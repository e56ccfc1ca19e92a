import type { SessionEvent } from '@github/copilot-sdk';
import { isRecord, readRecord, readString } from '../common/json';
import { keyOfToolCall, toolCallOf } from '../activity/questionIdentity';
import type { Answer } from './answer';
import type { PendingQuestion, Resolution } from './pendingQuestion';

/** How many of a session's last events are searched for the one that answers a question. */
const SEARCHED_EVENTS = 20_000;

/** The last events that answer something, by the id of the question. */
export function answersIn(events: readonly SessionEvent[]): ReadonlyMap<string, SessionEvent> {
  const answers = new Map<string, SessionEvent>();
  for (let index = Math.max(0, events.length - SEARCHED_EVENTS); index < events.length; index++) {
    const event = events[index];
    // Of what a runtime sends, nothing is certain but that it is an object.
    const type: unknown = event?.type;
    const isEnd = typeof type === 'string' && /[._]completed$/.test(type);
    const requestId = isEnd ? readString(event?.data, 'requestId') : undefined;
    if (event !== undefined && requestId !== undefined) {
      answers.set(requestId, event);
    }
  }
  return answers;
}

/** Of these questions (see `keyOfToolCall`), those that the session asked before, and that were answered then. */
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

/** How a question came to its end that the session no longer has; `event`: what answered it. */
export function resolutionOf({ answer, state }: PendingQuestion, event: SessionEvent | undefined): Resolution {
  if (event === undefined) {
    return 'withdrawn';
  }
  if (answer === undefined || state === 'open') {
    return 'elsewhere';
  }
  return isContradicted(answer, event) ? 'contradicted' : 'here';
}

/** Of one question that the agent asked under several ids: what is to be said of them together. */
export function strongest(ends: readonly Resolution[]): Resolution {
  const order: readonly Resolution[] = ['contradicted', 'here', 'elsewhere'];
  return order.find((how) => ends.includes(how)) ?? ends.at(-1) ?? 'withdrawn';
}

/** Somebody else was faster, and decided otherwise. */
function isContradicted(answer: Answer, { data }: SessionEvent): boolean {
  if (answer.kind === 'permission') {
    const kind = readString(readRecord(data, 'result'), 'kind') ?? '';
    return kind !== '' && kind.startsWith('approve') === (answer.decision === 'deny');
  }
  const approved: unknown = isRecord(data) ? (data as Readonly<Record<string, unknown>>)['approved'] : undefined;
  return answer.kind === 'plan' && typeof approved === 'boolean' && approved !== answer.approved;
}
