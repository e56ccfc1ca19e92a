export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** By the name of the file that the tests are in, such as `mainJob.test.ts`. */
export type CountsByFile = Readonly<Record<string, Counts>>;

const MARK = 'test-counts:';

/** The line by which one process tells another how its tests went: see {@link readCounts}. */
export function countsLine(files: CountsByFile): string {
  return `${MARK} ${JSON.stringify(files)}`;
}

/** The counts that a line tells; `undefined` for any other line. */
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
