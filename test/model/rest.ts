import type { SessionEvent } from '@github/copilot-sdk';
import type { Window } from './driver';
import { checkRequests, checkStatuses, checkStep, isAsked, rowsOf, violated } from './invariants';
import type { ServiceEvent, Task } from './scriptedService';
import type { World } from './world';

/** Longer than any delay of the extension, and than the runtime waits for the service. In milliseconds. */
const LONG_MS = 900_000;
const MINUTES_MS = 180_000;

/** Restores everything, waits long enough, and checks what has to hold at rest. */
export async function checkRest(world: World): Promise<void> {
  const { service, weather, time } = world;
  world.say('-- at rest: service and runtimes are there, agents have started');
  service.swallows = false;
  weather.clear();
  world.runtimes.forEach((runtime) => runtime.thaw());
  const [first] = world.windows;
  if (world.hasLeftOver && first !== undefined) {
    // The next window takes over the state of windows that have ended.
    await world.reload(first, 'close');
  }
  service.setUp(true);
  service.tasks.forEach((task) => task.start());
  await time.advance(LONG_MS);
  world.isAtRest = true;
  checkStep(world);
  checkSettled(world);
  checkPromptsVisible(world, true);
  checkListed(world);
  world.windows.forEach((window) => checkAttached(world, window));

  world.say('-- one more prompt for each session');
  const probes = world.windows.flatMap((window) => window.sessions.map((session) => [window, session] as const));
  for (const [window, session] of probes) {
    world.send(window, session, 'enqueue');
    await time.settle();
  }
  await time.advance(MINUTES_MS);
  checkStep(world);
  checkSettled(world);
  const sent = [...world.prompts.keys()].slice(world.prompts.size - probes.length);
  for (const text of sent) {
    if (service.receivedCount(text) === 0) {
      violated('sessions take prompts', `${text} did not arrive`, world);
    }
  }

  world.say('-- the runtimes start anew');
  world.runtimes.forEach((runtime) => runtime.crash());
  await time.advance(MINUTES_MS);
  world.windows.forEach((window) => world.give('refresh', window.refresh()));
  await time.settle();
  checkStep(world);
  checkSettled(world);
  checkPromptsVisible(world, false);
  for (const window of world.windows) {
    checkAttached(world, window);
    checkStatuses(world, window, true);
    checkRequests(world, window, true);
    checkQuestions(world, window);
    await checkLogs(world, window);
    for (const task of service.tasks) {
      if (rowsOf(window, task).length === 0) {
        violated('each session has a row', `${task.taskId} has none in window ${window.slot}`, world);
      }
    }
  }
}

/** Closes all windows and checks that nothing of them is left. */
export async function checkEnd(world: World): Promise<void> {
  const windows = [...world.windows];
  for (const window of windows) {
    await world.closeWindow(window, 'close');
  }
  await world.time.settle();
  checkSettled(world);
  const { pending } = world.time.client;
  if (pending > 0) {
    violated('no timer is left', `${pending} run after the end`, world);
  }
  if (windows.some(({ sessions }) => sessions.length > 0)) {
    violated('no session is left', 'one is open after the end', world);
  }
  if (world.runtimes.some(({ isAlive }) => isAlive)) {
    violated('no process is left', 'a runtime lives after the end', world);
  }
}

/** Checks that a failed list was read again. */
function checkListed(world: World): void {
  const without = world.windows.find(({ isListed }) => !isListed);
  if (without !== undefined) {
    violated('the list is read again', `not in window ${without.slot}`, world);
  }
}

function checkSettled(world: World): void {
  const open = world.given.find(({ settled }) => !settled);
  if (open !== undefined) {
    violated('promises settle', open.what, world);
  }
}

/**
 * Checks that each prompt either arrived or is shown as not delivered. For a session that is not watched, this cannot
 * be known.
 * @param sameConnection the runtime may have shown a prompt that the service refused, which only the next connection
 * tells
 */
function checkPromptsVisible(world: World, sameConnection: boolean): void {
  const isWatched = (window: Window, sessionId: string): boolean => window.find(sessionId) !== undefined;
  const shown = world.windows.flatMap((window) => window.pending.map((one) => ({ ...one, window })));
  const unproven = new Set(
    world.windows.flatMap((window) =>
      window.unproven
        .filter(({ sessionId }) => sameConnection || !isWatched(window, sessionId))
        .map(({ text }) => text),
    ),
  );
  for (const { text, discarded, retries } of world.prompts.values()) {
    const arrived = world.service.receivedCount(text) > 0;
    const [first, another] = shown.filter((one) => one.text === text);
    if (!arrived && first === undefined && discarded === undefined && !unproven.has(text)) {
      violated('no prompt is lost', text, world);
    }
    if (arrived && first !== undefined && retries === 0 && isWatched(first.window, first.sessionId)) {
      violated('delivered is delivered', `${text} arrived, and shows ${first.state}`, world);
    }
    if (another !== undefined) {
      violated('a prompt has one owner', `${text} is shown twice`, world);
    }
  }
}

/** Checks that exactly the wanted sessions are watched, here and by the runtime. */
function checkAttached(world: World, window: Window): void {
  const wanted = world.wantedBy(window);
  for (const task of wanted) {
    const session = window.find(task.taskId) ?? window.find(task.sessionId);
    if (session?.isAttached !== true || !session.isCaughtUp) {
      const how = session === undefined ? 'not open' : session.isAttached ? 'not caught up' : 'not attached';
      violated('wanted sessions are attached', `${task.taskId} is ${how}`, world);
    }
  }
  const isAllowed = (task: Task): boolean => wanted.has(task) || world.mayBeWanted.has(task);
  for (const { sessionId } of window.sessions) {
    const task = world.taskOf(sessionId);
    if (task === undefined || !isAllowed(task)) {
      violated('only wanted sessions are open', sessionId, world);
    }
  }
  for (const { task } of window.runtime?.sessions.values() ?? []) {
    if (!isAllowed(task)) {
      violated('nobody else is watched', `the runtime is attached to ${task.taskId}`, world);
    }
  }
}

/** Checks that exactly the open questions are shown. */
function checkQuestions(world: World, window: Window): void {
  for (const task of world.wantedBy(window)) {
    for (const { text } of task.questions.values()) {
      if (!isAsked(window, text)) {
        violated('questions are shown', `${text} of ${task.taskId} is not in the list`, world);
      }
    }
  }
  for (const entry of window.questions) {
    const said = JSON.stringify(entry.question);
    const isOpen = world.service.tasks.some(({ questions }) =>
      [...questions.values()].some(({ text }) => said.includes(text)),
    );
    if (!isOpen) {
      violated('what is shown waits', `${entry.requestId} is in the list, and nobody asks it`, world);
    }
  }
}

/** Checks that log, transcript and service agree: each event once and in order, and each prompt where it was sent. */
async function checkLogs(world: World, window: Window): Promise<void> {
  for (const session of window.sessions) {
    const task = world.taskOf(session.sessionId);
    if (task === undefined) {
      continue;
    }
    compare(world, `the log of ${session.sessionId}`, task, session.events);
    let kept: readonly SessionEvent[] = [];
    await Promise.all([
      window.transcript(session.sessionId).then((events) => {
        kept = events;
      }),
      world.time.settle(),
    ]);
    compare(world, `the transcript of ${session.sessionId}`, task, kept);
  }
}

function compare(world: World, what: string, task: Task, found: readonly SessionEvent[]): void {
  const said = task.events.filter(isComparable).map(identityOf);
  const has = found.filter((event) => event.ephemeral !== true && isComparable(event)).map(identityOf);
  const place = said.findIndex((identity, index) => has[index] !== identity);
  if (place >= 0 || has.length !== said.length) {
    const at = place >= 0 ? place : said.length;
    violated(
      'log, transcript and service agree',
      `${what} has ${has.length} of ${said.length} events; at ${at}: ${has[at] ?? 'nothing'} instead of ${said[at] ?? 'nothing'}`,
      world,
    );
  }
  const shown = new Set(found.map(promptOf));
  const lost = task.received.find(({ text }) => !shown.has(text));
  if (lost !== undefined) {
    violated('log, transcript and service agree', `${what} lacks ${lost.text}`, world);
  }
}

function isComparable({ type }: SessionEvent | ServiceEvent): boolean {
  return type !== 'user.message';
}

function identityOf({ type, data }: SessionEvent | ServiceEvent): string {
  return `${type} ${JSON.stringify(data)}`;
}

function promptOf({ type, data }: SessionEvent): string | undefined {
  return type === 'user.message' ? (data as { content?: string }).content : undefined;
}
