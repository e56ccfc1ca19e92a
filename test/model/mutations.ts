import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/*
 * Does the model find faults? Each mutation reverts one fix of faults.md in a copy of the sources. The model has to
 * find a counterexample that violates the named invariants, and none without the mutation.
 *
 *   node --import tsx test/model/mutations.ts [NAME...]
 *
 * MUTATION_RUNS: number of runs for each, 300 by default. FAULTS_SEED: as for the model.
 */

const ROOT = path.resolve(import.meta.dirname, '../..');
const RUNS = process.env['MUTATION_RUNS'] ?? '300';
const SEED = process.env['FAULTS_SEED'] ?? '1';

interface Mutation {
  readonly name: string;
  /** The row of faults.md whose fix is reverted. */
  readonly row: string;
  /** Invariants, one of which has to be violated. */
  readonly invariants: readonly string[];
  readonly edits: readonly Edit[];
}

interface Edit {
  readonly file: string;
  /** Text that has to occur exactly once. */
  readonly find: string;
  readonly replace: string;
}

const MUTATIONS: readonly Mutation[] = [
  {
    name: 'watching-leaks',
    row: 'A: watch and stop watching: outputs, listeners and all events stay for ever',
    invariants: ['closed sessions are disposed', 'promises settle', 'no timer is left'],
    edits: [
      {
        file: 'src/core/store/openSessions.ts',
        find: 'this.closed.fire(session);\n    session.dispose();',
        replace: 'this.closed.fire(session);',
      },
    ],
  },
  {
    name: 'send-waits-for-ever',
    row: 'A: session.send without an answer while pings are answered: those behind it wait for ever',
    invariants: ['promises settle', 'sessions take prompts'],
    edits: [
      {
        file: 'src/core/prompts/promptSender.ts',
        find: 'private giveUp(entry: PromptEntry): void {',
        replace: 'private giveUp(entry: PromptEntry): void {\n    if (entry.transmitted) {\n      return;\n    }',
      },
    ],
  },
  {
    name: 'one-try',
    row: 'B: one sessions.connect fails when the network is away: never tried again',
    invariants: ['wanted sessions are attached', 'sessions take prompts'],
    edits: [
      {
        file: 'src/core/errors/retry.ts',
        find: 'if (!this.options.isWanted()) {\n      this.endIfOnce();',
        replace: 'if (this.failures > 0) {\n      this.endIfOnce();',
      },
    ],
  },
  {
    name: 'one-list',
    row: 'B: one list fails (500): never again',
    invariants: ['the list is read again'],
    edits: [
      {
        file: 'src/core/errors/retry.ts',
        find: 'if (!this.options.isWanted()) {\n      this.endIfOnce();',
        replace: "if (!this.options.isWanted() || this.options.name.includes('list')) {\n      this.endIfOnce();",
      },
    ],
  },
  {
    name: 'polling-ends',
    row: 'B: the agent starts late and its first batch is lost: the queued prompt waits for ever',
    invariants: ['sessions take prompts'],
    edits: [
      {
        file: 'src/core/history/historyPoller.ts',
        find: 'if (this.disposed || this.isDone()) {',
        replace: 'if (this.disposed || this.isDone() || this.polls >= POLL_MS.length) {',
      },
    ],
  },
  {
    name: 'let-go-is-gone',
    row: 'B: the runtime lets go of an idle session: every later call fails',
    invariants: ['sessions take prompts'],
    edits: [
      {
        file: 'src/core/session/sessionCalls.ts',
        find: 'return isSessionNotFound(error, sessionId) &&',
        replace: 'return !isSessionNotFound(error, sessionId) &&',
      },
    ],
  },
  {
    name: 'claimed-before-known',
    row: 'C: after a reload, between the answers to sessions.connect and session.getMessages: "working 12 hr"',
    invariants: ['nothing is claimed before it is known'],
    edits: [
      {
        file: 'src/core/session/sessionPresence.ts',
        find: 'this.isAttached && (!this.existedBefore || this.isCaughtUp)',
        replace: 'this.isAttached',
      },
    ],
  },
  {
    name: 'autopilot-is-an-end',
    row: 'C: session.idle with mode "autopilot" or with background tasks: "has finished"',
    invariants: ['states are true'],
    edits: [
      {
        file: 'src/core/activity/taskReducer.ts',
        find: 'if (tasks.length === 0 && !goesOn) {',
        replace: 'if (tasks.length >= 0 || !goesOn) {',
      },
    ],
  },
  {
    name: 'old-events-count',
    row: 'C: events that are older than the last work change the state',
    invariants: ['states are true'],
    edits: [
      {
        file: 'src/core/activity/activityReducer.ts',
        find: 'return !(isOfNow &&',
        replace: 'return time > last && !(isOfNow &&',
      },
    ],
  },
  {
    name: 'shown-is-arrived',
    row: 'A and C: what a runtime showed, and the service does not have, counts after a crash',
    invariants: ['states are true'],
    edits: [
      {
        file: 'src/core/eventLog/eventLog.ts',
        find: 'plan.refuted !== undefined) {',
        replace: 'plan.refuted === null) {',
      },
    ],
  },
  {
    name: 'review-marked-late',
    row: 'issue 12: a crash after a review is in the outbox, and before its comments count as sent',
    invariants: ['comments are sent once'],
    edits: [
      {
        file: 'src/core/store/sentReviews.ts',
        find: 'reviews.markSent(subject, hashOf(prompt.text));',
        replace: 'setTimeout(() => reviews.markSent(subject, hashOf(prompt.text)), 10_000);',
      },
    ],
  },
  {
    name: 'review-discarded',
    row: 'issue 12: the comments of a prompt that was discarded',
    invariants: ['comments are not lost'],
    edits: [
      {
        file: 'src/core/store/sentReviews.ts',
        find: 'store.reviews.unmarkSent({ sessionId, taskId }, hashOf(prompt.text));',
        replace: 'void taskId;',
      },
    ],
  },
  {
    name: 'comments-not-kept',
    row: 'issue 12: comments outlive the window',
    invariants: ['comments are not lost'],
    edits: [
      {
        file: 'src/core/store/persistedState.ts',
        find: 'reviews: states.flatMap((state) => state.reviews),',
        replace: 'reviews: states.flatMap((state) => state.reviews).slice(1),',
      },
    ],
  },
];

/** Copies the sources to a folder in which the model can run. */
function copyOfSources(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'mutation-'));
  for (const name of ['src', 'test/model', 'test/support', 'test/faults', 'package.json', 'tsconfig.json']) {
    cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  }
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  return folder;
}

/** @throws {Error} if the sources are not as the mutation expects: then the mutation has to be updated */
function apply({ name, edits }: Mutation, folder: string): void {
  for (const { file, find, replace } of edits) {
    const location = path.join(folder, file);
    const parts = readFileSync(location, 'utf8').split(find);
    if (parts.length !== 2) {
      throw new Error(`${name}: ${file} has the place ${parts.length - 1} times: ${find}`);
    }
    writeFileSync(location, parts.join(replace));
  }
}

/** @returns the counterexample, if the model found one */
function runModel(folder: string, invariants: readonly string[]): string | undefined {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      ...['--import', 'tsx', '--import', './test/support/unhandledRejections.ts', 'node_modules/mocha/bin/mocha.js'],
      ...['--no-config', 'test/faults/model.test.ts'],
    ],
    {
      cwd: folder,
      encoding: 'utf8',
      env: {
        ...process.env,
        MODEL_RUNS: RUNS,
        FAULTS_SEED: SEED,
        MODEL_ONLY: invariants.join(','),
        MODEL_SHRINKS: process.env['MODEL_SHRINKS'] ?? 'no',
      },
    },
  );
  if (status === 0) {
    return undefined;
  }
  return /Violation: (.*)/.exec(stdout)?.[1] ?? `${stdout}\n${stderr}`.trim();
}

function withCopy<T>(work: (folder: string) => T): T {
  const folder = copyOfSources();
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const wanted = process.argv.slice(2);
const chosen = MUTATIONS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
let failures = 0;
for (const mutation of chosen) {
  const { name, row, invariants } = mutation;
  const before = withCopy((folder) => runModel(folder, invariants));
  const after = withCopy((folder) => {
    apply(mutation, folder);
    return runModel(folder, invariants);
  });
  const isFound = before === undefined && after !== undefined;
  failures += isFound ? 0 : 1;
  console.log(`${isFound ? 'found    ' : 'NOT FOUND'} ${name} (${row})`);
  console.log(`    as it is: ${before ?? 'nothing found'}`);
  console.log(`    taken back: ${after ?? 'nothing found'}`);
}
console.log(`${chosen.length - failures} of ${chosen.length} found, in at most ${RUNS} runs each, seed ${SEED}.`);
process.exitCode = failures === 0 ? 0 : 1;
