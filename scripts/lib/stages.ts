import { availableParallelism } from 'node:os';
import { stripVTControlCharacters } from 'node:util';
import { readCounts, sum, type Counts, type CountsByFile } from '../../test/support/testCounts';
import { OwnedProcess } from '../../test/support/vscode/ownedProcess';
import { REPOSITORY } from '../../test/support/vscode/paths';

/** Node.js arguments for a script of ours. */
export type Command = readonly string[];

export interface Stage {
  readonly name: string;
  /** Run one after another, until one fails. */
  readonly commands: readonly Command[];
  /** Whether its commands report counts of tests; otherwise the stage counts as one test. */
  readonly counted?: boolean;
  /** Names of stages that have to pass first. */
  readonly needs?: readonly string[];
  /** Its tests mostly wait, for a window to open or for a deadline of the product. */
  readonly waits?: boolean;
  /** Anything else that has to be ready first; a failure of it is a failure of this stage. */
  readonly provision?: () => Promise<unknown>;
  /**
   * The command that runs these of its files once more, or all if none is named, after tests in them have failed. It
   * runs last and alone. For tests that drive a whole VS Code, which a busy machine can disturb: a test that passes
   * only then is reported as flaky.
   */
  readonly again?: (files: readonly string[]) => Command;
}

export interface Result {
  readonly stage: Stage;
  readonly counts: Counts;
  /** Counts by file, if the stage reports counts and came to its end. */
  readonly files: CountsByFile;
  /** Number of tests that failed first and passed when their file ran again. */
  readonly flaky: number;
  /** If the stage failed, at least at first: the end of its output, with Mocha's list of failures. */
  readonly failures: readonly string[];
  /** Milliseconds. */
  readonly time: number;
}

type Outcome = Pick<Result, 'counts' | 'files'>;

export type Print = (line: string) => void;

const CORES = Math.max(2, availableParallelism());
const STAGE_MS = 30 * 60_000;
/** Number of output lines to repeat for a failed stage without a list of failures. */
const LAST_LINES = 60;
/** Commands write to a pipe, so they are told to use colors if the terminal has them. */
const ENVIRONMENT = { ...process.env, FORCE_COLOR: process.stdout.isTTY ? '1' : '0' };
/** Mocha colors its check marks regardless of its options. */
const decolor = process.stdout.isTTY ? (line: string) => line : stripVTControlCharacters;
const FAILED: Outcome = { counts: { passed: 0, failed: 1, skipped: 0 }, files: {} };

/**
 * Runs stages in parallel, each after the stages it needs. The order of the list is the priority. A stage's output is
 * shown when the stage ends. A failure skips only the stages that need the failed one.
 */
export class StageRunner {
  private readonly running = new Set<OwnedProcess>();

  constructor(
    private readonly print: Print,
    /** A stage may have no tests when tests are chosen by name. */
    private readonly mayBeEmpty: boolean,
    private readonly cores = CORES,
  ) {}

  async run(stages: readonly Stage[]): Promise<readonly Result[]> {
    const results = new Map<string, Promise<Result>>();
    const turns = new Turns(this.cores);
    for (const [order, stage] of stages.entries()) {
      results.set(stage.name, this.runInTurn(stage, order, turns, results));
    }
    const first = await Promise.all(results.values());
    const final: Result[] = [];
    for (const result of first) {
      final.push(await this.runAgain(result, first));
    }
    return final;
  }

  /** Ends everything that is running. */
  async stop(): Promise<void> {
    await Promise.all(Array.from(this.running, (child) => child.stop()));
  }

  private async runInTurn(
    stage: Stage,
    order: number,
    turns: Turns,
    others: ReadonlyMap<string, Promise<Result>>,
  ): Promise<Result> {
    // The map contains all stages only after the caller's synchronous code.
    await Promise.resolve();
    const obstacle = await this.obstacleTo(stage, others);
    if (obstacle !== undefined) {
      return this.runStage(stage, () => Promise.reject(new Error(obstacle)));
    }
    const done = await turns.take(stage, order);
    try {
      return await this.runStage(stage);
    } finally {
      done();
    }
  }

  /** Waits for what a stage needs. @returns why the stage cannot run, if so */
  private async obstacleTo(stage: Stage, others: ReadonlyMap<string, Promise<Result>>): Promise<string | undefined> {
    for (const name of stage.needs ?? []) {
      if (((await others.get(name))?.counts.failed ?? 0) > 0) {
        return `Not run: ${name} failed.`;
      }
    }
    return stage.provision?.().then(
      () => undefined,
      (error: unknown) => String(error),
    );
  }

  private async runStage(stage: Stage, work?: () => Promise<Outcome>): Promise<Result> {
    const began = Date.now();
    const output: string[] = [];
    const show = (line: string) => {
      output.push(line);
    };
    if (work === undefined) {
      this.print(`   ${stage.name} …`);
    }
    const outcome = await (work ?? (() => this.outcomeOf(stage, show)))().catch((error: unknown) => {
      show(error instanceof Error ? error.message : String(error));
      return FAILED;
    });
    const failures = outcome.counts.failed > 0 ? lastOf(output) : [];
    const result: Result = { stage, ...outcome, flaky: 0, failures, time: Date.now() - began };
    this.print(`\n── ${summary(result)}`);
    if (stage.counted === true || result.counts.failed > 0) {
      output.forEach(this.print);
    }
    return result;
  }

  private async runAgain(result: Result, results: readonly Result[]): Promise<Result> {
    const { stage, counts, files, time } = result;
    const { again, needs, ...rest } = stage;
    const missing = results.some((other) => needs?.includes(other.stage.name) === true && other.counts.failed > 0);
    if (again === undefined || counts.failed === 0 || missing) {
      return result;
    }
    const failed = Object.keys(files).filter((file) => (files[file]?.failed ?? 0) > 0);
    this.print(`\n   ${stage.name}, once more: ${failed.length > 0 ? failed.join(', ') : 'all'}`);
    const second = await this.runStage({ ...rest, commands: [again(failed)] });
    const failures = [...result.failures, ...second.failures];
    const both = { ...result, failures, time: time + second.time };
    return second.counts.failed > 0
      ? both
      : { ...both, counts: sum(Object.values({ ...files, ...second.files })), flaky: counts.failed };
  }

  private async outcomeOf(stage: Stage, show: Print): Promise<Outcome> {
    let files: CountsByFile | undefined;
    let code: number | undefined = 0;
    for (const command of stage.commands) {
      if (code === 0) {
        code = await this.runCommand(command, (printed) => {
          const line = decolor(printed);
          const read = readCounts(line);
          files = read ?? files;
          if (read === undefined) {
            show(line);
          }
        });
      }
    }
    if (stage.counted !== true) {
      return code === 0 ? { counts: { passed: 1, failed: 0, skipped: 0 }, files: {} } : FAILED;
    }
    return { counts: this.judge(code, files, show), files: files ?? {} };
  }

  private judge(code: number | undefined, files: CountsByFile | undefined, show: Print): Counts {
    const counts = sum(Object.values(files ?? {}));
    if (files === undefined || (code !== 0 && counts.failed === 0)) {
      show(`It ended with ${code ?? 'a signal'}, ${files ? 'though no test failed' : 'before all tests were run'}.`);
      return { ...counts, failed: 1 };
    }
    if (counts.passed + counts.failed === 0 && !this.mayBeEmpty) {
      show('No test was run.');
      return { ...counts, failed: 1 };
    }
    return counts;
  }

  private async runCommand(command: Command, onLine: Print): Promise<number | undefined> {
    const child = new OwnedProcess(process.execPath, command, { cwd: REPOSITORY, env: ENVIRONMENT, onLine });
    this.running.add(child);
    const limit = setTimeout(() => {
      onLine(`Ended after ${STAGE_MS / 60_000} minutes.`);
      void child.stop();
    }, STAGE_MS);
    try {
      return await child.exited;
    } finally {
      clearTimeout(limit);
      await child.stop();
      this.running.delete(child);
    }
  }
}

/** The output from Mocha's list of failures on, or the last lines if there is no list. */
function lastOf(output: readonly string[]): readonly string[] {
  const list = output.findLastIndex((line) => /^ *\d+ failing/.test(stripVTControlCharacters(line)));
  return output.slice(list === -1 ? -LAST_LINES : list);
}

/**
 * Starts stages in order as cores become free. A stage that mostly waits takes half a core, others a whole one;
 * together they may take half a core more than there is. One more waiting stage than there are cores may run, so both
 * kinds run at the same time.
 */
class Turns {
  private readonly queue: { readonly stage: Stage; readonly order: number; readonly start: () => void }[] = [];
  private readonly running = new Set<Stage>();

  constructor(private readonly cores: number) {}

  /** Resolves when there is room. @returns a function that frees it */
  async take(stage: Stage, order: number): Promise<() => void> {
    await new Promise<void>((start) => {
      this.queue.push({ stage, order, start });
      this.queue.sort((a, b) => a.order - b.order);
      // Deferred, so that stages that become ready together start in order.
      setImmediate(() => this.next());
    });
    return () => {
      this.running.delete(stage);
      this.next();
    };
  }

  private next(): void {
    for (const waiting of [...this.queue]) {
      if (this.hasRoomFor(waiting.stage)) {
        this.queue.splice(this.queue.indexOf(waiting), 1);
        this.running.add(waiting.stage);
        waiting.start();
      }
    }
  }

  private hasRoomFor(stage: Stage): boolean {
    const halves = (one: Stage): number => (one.waits === true ? 1 : 2);
    const running = [...this.running];
    const taken = running.reduce((sum, one) => sum + halves(one), 0);
    const waits = running.filter((one) => one.waits === true).length;
    return taken + halves(stage) <= 2 * this.cores + 1 && (stage.waits !== true || waits <= this.cores);
  }
}

export function summary({ stage, counts, flaky, time }: Result): string {
  const mark = counts.failed > 0 ? '✗' : '✓';
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
  const unsteady = flaky > 0 ? `, ${flaky} flaky: passed when run again` : '';
  const tests = stage.counted === true ? `  ${counts.passed} passed, ${counts.failed} failed${skipped}${unsteady}` : '';
  return `${mark} ${stage.name.padEnd(18)}${(time / 1000).toFixed(1).padStart(6)} s${tests}`;
}
