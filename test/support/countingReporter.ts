import Mocha from 'mocha';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const MARK = 'test-counts:';

/** Mocha's own reporter, with a last line for a program to read: see {@link readCounts}. */
export class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      const counts: Counts = { passed: passes, failed: failures, skipped: pending };
      Mocha.reporters.Base.consoleLog(`${MARK} ${JSON.stringify(counts)}`);
    });
  }
}

/** The counts that a line tells; `undefined` for any other line. */
export function readCounts(line: string): Counts | undefined {
  return line.startsWith(MARK) ? (JSON.parse(line.slice(MARK.length)) as Counts) : undefined;
}
