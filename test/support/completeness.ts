import type { SessionEvent } from '@github/copilot-sdk';
import { eventIdentity } from '../../src/core/eventIdentity';
import type { Task, TaskEvent } from './missionControl/task';

/** What is missing, doubled or in the wrong place among `found`, compared with all that the service has; or nothing. */
export function differenceFromService(task: Task, found: readonly SessionEvent[]): string | undefined {
  const told = task.events as readonly TaskEvent[];
  const types = new Set(told.map(({ type }) => type));
  const service = withoutPrompts(told);
  // What a runtime says of itself is in the transcript as well.
  const kept = withoutPrompts(found.filter(({ type }) => types.has(type)));
  const place = service.findIndex((identity, index) => kept[index] !== identity);
  if (place < 0 && kept.length === service.length) {
    return undefined;
  }
  const at = place < 0 ? service.length : place;
  return `${kept.length} of ${service.length} events, different at ${at}: ${kept[at] ?? 'nothing'} instead of ${service[at] ?? 'nothing'}`;
}

/** The runtime's own word, after each connecting: the service does not have it. */
const RUNTIMES_OWN = /^session\.info .*Connected to [^ ]+ successfully/;

/** A prompt stands where it was sent, not where the service echoed it. */
function withoutPrompts(events: readonly (TaskEvent | SessionEvent)[]): string[] {
  return events
    .filter(({ type }) => type !== 'user.message')
    .map((event) => eventIdentity(event as SessionEvent))
    .filter((identity) => !RUNTIMES_OWN.test(identity));
}
