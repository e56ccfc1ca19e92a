import { seedName, type SeedName } from '../github/seeds';
import type { Scene } from '../scene';

/** A piece of code and its fault, which the agent talks about. Lines are 1-based. */
export interface Case {
  readonly folder: string;
  readonly file: string;
  readonly pattern: string;
  readonly matches: string;
  readonly source: string;
  readonly lines: number;
  readonly finding: string;
  readonly remedy: string;
  readonly before: string;
  readonly after: string;
  /** A line of comment that a review may have wanted, above the first line of `after`. */
  readonly remark: string;
  readonly test: string;
  readonly purpose: string;
  readonly failing: string;
  readonly passing: string;
  readonly summary: string;
}

const HARBOR: Case = {
  folder: 'src',
  file: 'src/ships.ts',
  pattern: 'arrive\\(',
  matches:
    'src/ships.ts:4:export function arrive(name: string, now = new Date()): void {\nsrc/pilot.ts:18:    arrive(ship.name);\nsrc/pilot.ts:31:  arrive(next.name, tide.high);',
  source: [
    '1. /** Ships that are in the harbor, by name. */',
    '2. export const ships = new Map<string, { arrived: Date }>();',
    '3. ',
    '4. export function arrive(name: string, now = new Date()): void {',
    '5.   ships.set(name, { arrived: now });',
    '6. }',
  ].join('\n'),
  lines: 6,
  finding:
    'A ship that arrives twice loses the time of its first arrival: `arrive` overwrites the entry, and `pilot.ts` calls it again at every high tide.',
  remedy: '`arrive` keeps an entry that is there already.',
  before: '  ships.set(name, { arrived: now });\n',
  after: '  if (!ships.has(name)) {\n    ships.set(name, { arrived: now });\n  }\n',
  remark: '  // A ship calls again at every high tide: only its first arrival counts.\n',
  test: 'npm test -- ships',
  purpose: 'Run the tests of the ships',
  failing: [
    '> harbor@1.4.0 test',
    '> node --test ships',
    '',
    'not ok 2 - keeps the first arrival',
    '  AssertionError: Expected values to be strictly equal:',
    "  + '2025-11-23T12:00:00.000Z'",
    "  - '2025-11-23T06:00:00.000Z'",
    '# tests 7',
    '# pass 6',
    '# fail 1',
  ].join('\n'),
  passing: '> harbor@1.4.0 test\n> node --test ships\n\n# tests 7\n# pass 7\n# fail 0\n# duration_ms 212.4',
  summary: 'A ship keeps the time of its first arrival.',
};

const LIGHTHOUSE: Case = {
  folder: 'lamp',
  file: 'lamp/rotation.go',
  pattern: 'time\\.Sleep',
  matches: 'lamp/rotation.go:22:\t\ttime.Sleep(period)\nlamp/rotation_test.go:40:\ttime.Sleep(50 * time.Millisecond)',
  source: [
    '18. // Rotate turns the lamp until ctx is done.',
    '19. func (l *Lamp) Rotate(ctx context.Context, period time.Duration) {',
    '20. \tfor ctx.Err() == nil {',
    '21. \t\tl.step()',
    '22. \t\ttime.Sleep(period)',
    '23. \t}',
    '24. }',
  ].join('\n'),
  lines: 24,
  finding:
    'The lamp sleeps through its own shutdown: `Rotate` looks at the context once a period, so with a slow lamp `Stop` hangs for up to ten seconds.',
  remedy: '`Rotate` waits for a tick or for the end of the context, whichever comes first.',
  before: '\t\ttime.Sleep(period)\n',
  after: '\t\tselect {\n\t\tcase <-ctx.Done():\n\t\tcase <-time.After(period):\n\t\t}\n',
  remark: '\t\t// A slow lamp must not wait for its next period.\n',
  test: 'go test ./lamp',
  purpose: 'Run the tests of the lamp',
  failing:
    '--- FAIL: TestStopIsPrompt (10.00s)\n    rotation_test.go:44: Stop took 10.000312s, want less than 100ms\nFAIL\nFAIL\tgithub.com/octo-org/lighthouse/lamp\t10.214s',
  passing: 'ok  \tgithub.com/octo-org/lighthouse/lamp\t0.183s',
  summary: 'The lamp stops at once when it is told to.',
};

const BUOY: Case = {
  folder: 'buoy',
  file: 'buoy/readings.py',
  pattern: 'def average',
  matches: 'buoy/readings.py:9:def average(readings):\nbuoy/report.py:27:    mean = average(day)',
  source: [
    '7. ',
    '8. ',
    '9. def average(readings):',
    '10.     """The mean of the readings of a day, in metres."""',
    '11.     return sum(readings) / len(readings)',
  ].join('\n'),
  lines: 11,
  finding:
    'On a day without any reading the report ends in a `ZeroDivisionError`, and the days after it are missing too.',
  remedy: '`average` says `None` for a day without readings, and the report shows a dash for it.',
  before: '    return sum(readings) / len(readings)\n',
  after: '    return sum(readings) / len(readings) if readings else None\n',
  remark: '    # A day without readings has no mean.\n',
  test: 'python -m pytest tests/test_report.py',
  purpose: 'Run the tests of the report',
  failing:
    'F.....                                                   [100%]\nE   ZeroDivisionError: division by zero\nFAILED tests/test_report.py::test_day_without_readings\n1 failed, 5 passed in 0.34s',
  passing: '......                                                   [100%]\n6 passed in 0.29s',
  summary: 'A day without readings no longer ends the report.',
};

const CASES: Readonly<Record<SeedName, Case>> = { harbor: HARBOR, lighthouse: LIGHTHOUSE, buoy: BUOY };

/** The case for the repository of the task, which has its file; without a repository, one that depends on the prompt. */
export function caseFor(scene: Pick<Scene, 'task' | 'prompt'>): Case {
  return CASES[seedOf(scene)];
}

/** The project that the case is about. */
export function seedOf({ task, prompt }: Pick<Scene, 'task' | 'prompt'>): SeedName {
  return seedName(task.repository?.name ?? prompt);
}
