import type { SessionEvent } from '@github/copilot-sdk';
import { eventIdentity } from './eventIdentity';
import { readString } from '../../src/core/common/json';
import type { Task, TaskEvent } from './missionControl/task';

/**
 * Describes the first event that is missing, duplicated or misplaced in `found`, compared with the service's events;
 * `undefined` if there is none.
 */
export function differenceFromService(task: Task, found: readonly SessionEvent[]): string | undefined {
  const told = task.events as readonly TaskEvent[];
  const types = new Set(told.map(({ type }) => type));
  // Pieces of a text are dropped once the whole text is there; the service keeps them.
  const whole = new Set(told.map(wholeText));
  const isPiece = (event: TaskEvent | SessionEvent): boolean => {
    const text = pieceOf(event);
    return text !== undefined && whole.has(text);
  };
  const service = withoutPrompts(told.filter((event) => !isPiece(event)));
  // The transcript also has events that come from the runtime itself.
  const kept = withoutPrompts(found.filter((event) => types.has(event.type) && !isPiece(event)));
  const place = service.findIndex((identity, index) => kept[index] !== identity);
  if (place < 0 && kept.length === service.length) {
    return undefined;
  }
  const at = place < 0 ? service.length : place;
  return `${kept.length} of ${service.length} events, different at ${at}: ${kept[at] ?? 'nothing'} instead of ${service[at] ?? 'nothing'}`;
}

/** Event types of pieces, with the type of the whole and the member that identifies both. */
const PIECES: readonly (readonly [piece: string, whole: string, key: string])[] = [
  ['assistant.message_delta', 'assistant.message', 'messageId'],
  ['assistant.reasoning_delta', 'assistant.reasoning', 'reasoningId'],
  ['tool.execution_partial_result', 'tool.execution_complete', 'toolCallId'],
];

function pieceOf({ type, data }: TaskEvent | SessionEvent): string | undefined {
  const found = PIECES.find(([piece]) => piece === type);
  return found && `${found[1]} ${readString(data, found[2])}`;
}

function wholeText({ type, data }: TaskEvent): string | undefined {
  const found = PIECES.find(([, whole]) => whole === type);
  return found && `${found[1]} ${readString(data, found[2])}`;
}

/** A message that the runtime adds after each connect; the service does not have it. */
const RUNTIMES_OWN = /^session\.info .*Connected to [^ ]+ successfully/;

/** Prompts are left out: the transcript has them where they were sent, not where the service echoed them. */
function withoutPrompts(events: readonly (TaskEvent | SessionEvent)[]): string[] {
  return events
    .filter(({ type }) => type !== 'user.message')
    .map((event) => eventIdentity(event as SessionEvent))
    .filter((identity) => !RUNTIMES_OWN.test(identity));
}
