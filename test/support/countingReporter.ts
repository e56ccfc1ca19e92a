import path from 'node:path';
import Mocha from 'mocha';
import { countsLine, type Counts } from './testCounts';

/** Mocha's `spec` reporter, with a last line for a program to read. */
export class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const files: Record<string, Counts> = {};
    const count = (kind: keyof Counts) => (test: Mocha.Test | Mocha.Hook) => {
      const file = path.basename(test.file ?? test.parent?.file ?? '');
      const counts = files[file] ?? { passed: 0, failed: 0, skipped: 0 };
      files[file] = { ...counts, [kind]: counts[kind] + 1 };
    };
    const { EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING, EVENT_RUN_END } = Mocha.Runner.constants;
    runner.on(EVENT_TEST_PASS, count('passed'));
    runner.on(EVENT_TEST_FAIL, count('failed'));
    runner.on(EVENT_TEST_PENDING, count('skipped'));
    runner.once(EVENT_RUN_END, () => Mocha.reporters.Base.consoleLog(countsLine(files)));
  }
}
