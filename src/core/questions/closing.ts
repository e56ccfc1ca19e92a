import type { SessionEvent } from '@github/copilot-sdk';
import { isRecord, readRecord, readString } from '../json';
import type { Answer } from './answer';
import type { DeskEntry } from './deskEntry';

/** How many of a session's last events are searched for the one that answers a question. */
const SEARCHED_EVENTS = 20_000;

/**
 * here: by an answer that was given here. contradicted: by another answer than the one given here, which came too late.
 * elsewhere: on the web, say. withdrawn: nobody answered, the agent no longer waits. unwatched: the session is no longer
 * watched here.
 */
export type Closing = 'here' | 'contradicted' | 'elsewhere' | 'withdrawn' | 'unwatched';

/** The last events that answer something, by the id of the question. */
export function answersIn(events: readonly SessionEvent[]): ReadonlyMap<string, SessionEvent> {
  const answers = new Map<string, SessionEvent>();
  for (let index = Math.max(0, events.length - SEARCHED_EVENTS); index < events.length; index++) {
    const event = events[index];
    const requestId = event?.type.endsWith('.completed') === true ? readString(event.data, 'requestId') : undefined;
    if (event !== undefined && requestId !== undefined) {
      answers.set(requestId, event);
    }
  }
  return answers;
}

/** How a question came to its end that the session no longer has; `event`: what answered it. */
export function closingOf({ answer, state }: DeskEntry, event: SessionEvent | undefined): Closing {
  if (event === undefined) {
    return 'withdrawn';
  }
  if (answer === undefined || state === 'open') {
    return 'elsewhere';
  }
  return isContradicted(answer, event) ? 'contradicted' : 'here';
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
