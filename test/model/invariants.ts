import type { Window } from './driver';
import { expectedListed, expectedOf } from './reference';
import type { Task } from './scriptedService';
import type { PromptRecord, World } from './world';

/** A violated invariant, with the trace of the run. */
class Violation extends Error {
  override readonly name = 'Violation';

  constructor(
    readonly invariant: string,
    detail: string,
    world: World,
  ) {
    super(`${invariant}: ${detail}\n${world.trace.join('\n')}${describe(world)}`);
  }
}

/** Invariants to skip, to look for what breaks the others. */
const IGNORED = namesIn('MODEL_IGNORE');
/** The only invariants to check, to see whether these find a fault; all if there are none. */
const ONLY = namesIn('MODEL_ONLY');

function namesIn(variable: string): ReadonlySet<string> {
  return new Set((process.env[variable] ?? '').split(',').filter(Boolean));
}

export function violated(invariant: string, detail: string, world: World): void {
  if (!IGNORED.has(invariant) && (ONLY.size === 0 || ONLY.has(invariant))) {
    throw new Violation(invariant, detail, world);
  }
}

/** Checks the invariants that hold after each command. */
export function checkStep(world: World): void {
  if (world.unhandled.length > 0) {
    violated('rejections are handled', String(world.unhandled[0]), world);
  }
  for (const prompt of world.prompts.values()) {
    checkPromptOnce(world, prompt);
  }
  checkOrder(world);
  checkComments(world);
  for (const window of world.windows) {
    checkRows(world, window);
    checkCounts(world, window);
    checkStatuses(world, window, false);
    checkRequests(world, window, false);
    const [leak] = window.leaking;
    if (leak !== undefined) {
      violated('closed sessions are disposed', leak, world);
    }
  }
}

/**
 * Checks that each prompt reaches the agent at most once without a retry, and never if it was discarded while queued.
 */
function checkPromptOnce(world: World, { text, retries, discarded }: PromptRecord): void {
  const count = world.service.receivedCount(text);
  if (count > 1 + retries) {
    violated('prompts arrive once', `${text} arrived ${count} times, sent again ${retries} times`, world);
  }
  if (discarded?.settledAt !== undefined && count > discarded.settledAt) {
    violated('discarded is discarded', `${text} arrived after it was discarded`, world);
  }
}

/**
 * Checks that each comment is in one prompt at most, except for those of a prompt that was discarded, and that while
 * somebody can see it, it is a draft or in a prompt.
 */
function checkComments(world: World): void {
  const drafts = new Set(world.windows.flatMap((window) => window.drafts));
  for (const comment of world.comments) {
    const prompts = [...world.prompts.values()].filter(({ text }) => linesOf(text).has(comment));
    const kept = prompts.filter(({ discarded }) => discarded === undefined);
    if (kept.length > 1 || (kept.length === 1 && drafts.has(comment))) {
      violated('comments are sent once', `${comment} is in ${kept.length} prompts`, world);
    }
    // What a window kept that has ended is seen by the next one.
    if (kept.length === 0 && !drafts.has(comment) && world.isAtRest) {
      violated('comments are not lost', `${comment} is neither a draft nor in a prompt`, world);
    }
  }
}

function linesOf(text: string): ReadonlySet<string> {
  return new Set(text.split('\n'));
}

/** Checks that queued prompts are sent in order. */
function checkOrder(world: World): void {
  const all = [...world.prompts.values()];
  for (const task of world.service.tasks) {
    const order = task.received
      .filter(({ late }) => !late)
      .map(({ text }) => all.findIndex((prompt) => prompt.text === text))
      .filter((place) => all[place]?.mode === 'enqueue' && all[place].retries === 0);
    for (const slot of [0, 1]) {
      const ofSlot = order.filter((place) => all[place]?.slot === slot);
      const wrong = ofSlot.findIndex((place, index) => {
        const before = all[ofSlot[index - 1] ?? place];
        const prompt = all[place];
        return place < (ofSlot[index - 1] ?? 0) && prompt?.rivals.has(before?.text ?? '') !== true;
      });
      if (wrong >= 0) {
        violated('prompts keep their order', ofSlot.map((place) => all[place]?.text).join(', '), world);
      }
    }
  }
}

/** Checks that each session has one row. */
function checkRows(world: World, window: Window): void {
  for (const task of world.service.tasks) {
    const rows = rowsOf(window, task);
    // Only the list tells which task a session belongs to.
    const isUnclear = !world.isAtRest && rows.some((row) => (row.session?.details ?? row).taskId === undefined);
    if (rows.length > 1 && !isUnclear) {
      const keys = rows.map(({ key, isRemote }) => `${key} (${isRemote ? 'remote' : 'local'})`).join(' and ');
      violated('one row for one session', `${task.taskId} has ${keys}`, world);
    }
  }
}

/** Checks that the incremental counts equal those of all rows. */
function checkCounts(world: World, window: Window): void {
  const counts = new Map<string, number>();
  for (const { status } of window.rows) {
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  const text = (all: ReadonlyMap<string, number>): string => JSON.stringify([...all].sort());
  if (text(counts) !== text(window.counts)) {
    violated('counts are those of the rows', `${text(window.counts)}, not ${text(counts)}`, world);
  }
}

export function rowsOf(window: Window, task: Task): Window['rows'] {
  return window.rows.filter(
    ({ taskId, sessionId }) =>
      taskId === task.taskId ||
      sessionId === task.taskId ||
      (sessionId !== undefined && task.sessionIds.includes(sessionId)),
  );
}

/** Checks that each row's state is allowed by the reference. */
export function checkStatuses(world: World, window: Window, atRest: boolean): void {
  for (const task of world.service.tasks) {
    const [row] = rowsOf(window, task);
    if (row === undefined) {
      continue;
    }
    const allowed =
      row.session === undefined
        ? atRest
          ? expectedListed(task)
          : undefined
        : expectedOf(world, window, row.session, task, atRest);
    if (allowed !== undefined && !allowed.includes(row.status)) {
      violated(
        allowed[0] === 'disconnected' ? 'nothing is claimed before it is known' : 'states are true',
        `${task.taskId} is ${allowed.join(' or ')} and shows ${row.status} in window ${window.slot}`,
        world,
      );
    }
  }
}

/**
 * Checks that each request of the runtime is answered once; until then its session is open and the question is shown.
 */
export function checkRequests(world: World, window: Window, atRest: boolean): void {
  const { runtime } = window;
  for (const request of runtime?.requests ?? []) {
    const what = `${request.method} (${request.requestId})`;
    if (request.answers > 1) {
      violated('requests are answered once', `${what} was answered ${request.answers} times`, world);
    }
    if (request.answers === 1 || request.gone || runtime?.frozen === true) {
      continue;
    }
    const isOpen = window.find(request.session.sessionId)?.isAttached === true;
    // Requests that arrive while a session is being opened may be parked for a while.
    if (!isOpen && (atRest || (world.weather.isCalm && world.creating.length === 0))) {
      violated('requests are answered', `${what} of a session that is not open`, world);
    }
    if (isOpen && atRest && !isAsked(window, request.requestId)) {
      violated('questions are shown', `${what} is not in the list`, world);
    }
  }
}

export function isAsked(window: Window, text: string): boolean {
  return window.questions.some((entry) => JSON.stringify(entry.question).includes(text));
}

/** What each window shows, to read beside a counterexample. */
function describe(world: World): string {
  if (process.env['MODEL_VERBOSE'] === undefined) {
    return '';
  }
  const lines = world.windows.flatMap((window) => [
    `window ${window.slot}: ${window.pending.map(({ text, state, sessionId }) => `${text} is ${state} in ${sessionId}`).join(', ')}`,
    ...window.rows.map(
      ({ key, status, taskId = '-', session }) =>
        `  row ${key} (${taskId}): ${status}${session === undefined ? '' : `, watched as ${session.sessionId}`}`,
    ),
    ...window.sessions.flatMap((session) => [
      `  ${session.sessionId}: ${session.status}, attached ${session.isAttached}, caught up ${session.isCaughtUp}`,
      ...session.events.map(({ id, type, data }) => `    ${id} ${type} ${JSON.stringify(data)}`),
      ...session.notes.map(({ text }) => `    note: ${text}`),
    ]),
    ...window.warnings.map((warning) => `  warning: ${warning}`),
  ]);
  return `\n${lines.join('\n')}`;
}
