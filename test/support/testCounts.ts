export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Counts by name of the test file, such as `mainJob.test.ts`. */
export type CountsByFile = Readonly<Record<string, Counts>>;

const MARK = 'test-counts:';

/** The line that reports test counts to another process. See {@link readCounts}. */
export function countsLine(files: CountsByFile): string {
  return `${MARK} ${JSON.stringify(files)}`;
}

/** The counts in such a line; `undefined` for any other line. */
export function readCounts(line: string): CountsByFile | undefined {
  return line.startsWith(MARK) ? (JSON.parse(line.slice(MARK.length)) as CountsByFile) : undefined;
}

export function sum(counts: Iterable<Counts>): Counts {
  let [passed, failed, skipped] = [0, 0, 0];
  for (const one of counts) {
    passed += one.passed;
    failed += one.failed;
    skipped += one.skipped;
  }
  return { passed, failed, skipped };
}
