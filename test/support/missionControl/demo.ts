import { setImmediate } from 'node:timers/promises';
import type { CreateTaskOptions } from './settings';
import type { Task } from './task';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const HARBOR = { owner: 'octo-org', name: 'harbor', branch: 'main' };
const LIGHTHOUSE = { owner: 'octo-org', name: 'lighthouse', branch: 'main' };
const BUOY = { owner: 'tide-labs', name: 'buoy', branch: 'develop' };

/** Oldest first. Each task is played from its beginning, as if somebody had watched it. */
const TASKS: readonly CreateTaskOptions[] = [
  {
    prompt: 'Speed up the nightly import',
    repository: BUOY,
    beganMsAgo: 26 * HOUR,
    settings: { story: 'failure' },
  },
  {
    prompt: 'Stop the lamp at once when the keeper says so',
    repository: LIGHTHOUSE,
    beganMsAgo: 2 * HOUR,
    approved: true,
  },
  {
    name: 'Which lamps are due for service?',
    repository: LIGHTHOUSE,
    beganMsAgo: 45 * MINUTE,
  },
  {
    // Its branch is in the repository that is open.
    prompt: 'Move the pilot, and test it',
    repository: HARBOR,
    beganMsAgo: 30 * MINUTE,
  },
  {
    prompt: 'Keep the first arrival of a ship',
    repository: HARBOR,
    beganMsAgo: 12 * MINUTE,
  },
  {
    prompt: 'Plan how to note every arrival only once',
    repository: HARBOR,
    beganMsAgo: 4 * MINUTE,
  },
  {
    // In the middle of its work, and soon asking a question.
    prompt: 'Make the report survive a day without readings',
    repository: BUOY,
    beganMsAgo: 6 * SECOND,
  },
  {
    // Its machine starts while somebody watches.
    prompt: 'Let the lamp stop within a tenth of a second',
    repository: LIGHTHOUSE,
    settings: { startsAfterMs: 40 * SECOND },
  },
];

/** See `MissionControl.seedDemo`. Resolves when all tasks have reached the present. */
export async function seedDemo(createTask: (options: CreateTaskOptions) => Task): Promise<void> {
  TASKS.forEach((options) => createTask(options));
  // Past events take no time, only turns of the event loop.
  await setImmediate();
}
