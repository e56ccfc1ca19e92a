import { createHash } from 'node:crypto';

/** A project as its repository begins. */
export interface Seed {
  readonly defaultBranch: string;
  /** The first line of its only commit. */
  readonly subject: string;
  readonly description: string;
  /** Content by path. */
  readonly files: Readonly<Record<string, string>>;
}

const CHANGELOG = '# Changelog\n\n- First release.\n';

/** The files that the stories of `stories/cases.ts` talk about, with the line numbers that they name. */
export const SEEDS = {
  harbor: {
    defaultBranch: 'main',
    subject: 'Keep track of ships',
    description: 'Keeps track of ships.',
    files: {
      'CHANGELOG.md': CHANGELOG,
      'README.md': `# Harbor

A small service that keeps track of ships. Hand some work on it to a cloud session:
open the side bar "Cloud Sessions" and choose "New Cloud Session".
`,
      'package.json': `{
  "name": "harbor",
  "version": "1.4.0",
  "private": true,
  "type": "module",
  "scripts": { "test": "node --test" }
}
`,
      'src/pilot.ts': `import { arrive } from './ships';

export interface Ship {
  readonly name: string;
  /** In metres. */
  readonly draught: number;
}

export interface Tide {
  readonly high: Date;
  /** In metres, at the gate. */
  readonly depth: number;
}

/** Brings in all ships that have enough water under their keel. */
export function bringIn(ships: readonly Ship[], tide: Tide): void {
  for (const ship of ships.filter(({ draught }) => draught < tide.depth)) {
    arrive(ship.name);
  }
}

/** Brings in the ship that has waited longest, at the time of the tide. */
export function bringInNext(waiting: Ship[], tide: Tide): void {
  const next = waiting.find(({ draught }) => draught < tide.depth);
  if (next === undefined) {
    return;
  }

  waiting.splice(waiting.indexOf(next), 1);
  // It may have to wait outside for the gate.
  arrive(next.name, tide.high);
}
`,
      'src/ships.ts': `/** Ships that are in the harbor, by name. */
export const ships = new Map<string, { arrived: Date }>();

export function arrive(name: string, now = new Date()): void {
  ships.set(name, { arrived: now });
}
`,
    },
  },
  lighthouse: {
    defaultBranch: 'main',
    subject: 'Turn the lamp',
    description: 'Turns the lamp.',
    files: {
      'CHANGELOG.md': CHANGELOG,
      'README.md': '# Lighthouse\n\nTurns the lamp, and reports how often.\n',
      'go.mod': 'module github.com/octo-org/lighthouse\n\ngo 1.24\n',
      'lamp/rotation.go': `// Package lamp turns the lamp of a lighthouse.
package lamp

import (
	"context"
	"time"
)

// Lamp is a lamp that turns in steps.
type Lamp struct {
	Steps int
}

func (l *Lamp) step() {
	l.Steps++
}

// Rotate turns the lamp until ctx is done.
func (l *Lamp) Rotate(ctx context.Context, period time.Duration) {
	for ctx.Err() == nil {
		l.step()
		time.Sleep(period)
	}
}
`,
      'lamp/rotation_test.go': `package lamp

import (
	"context"
	"testing"
	"time"
)

func TestStepCounts(t *testing.T) {
	l := &Lamp{}
	l.step()
	l.step()
	if l.Steps != 2 {
		t.Errorf("after two steps: %d", l.Steps)
	}
}

func TestRotateSteps(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	l := &Lamp{}
	l.Rotate(ctx, time.Millisecond)
	if l.Steps == 0 {
		t.Error("the lamp stands still")
	}
}

func TestStopIsPrompt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan struct{})

	go func() {
		l.Rotate(ctx, 10*time.Second)
		close(done)
	}()

	// The lamp is in the middle of its first period, which is longer
	// than any test should take.
	time.Sleep(50 * time.Millisecond)
	cancel()
	began := time.Now()
	if <-done; time.Since(began) > 100*time.Millisecond {
		t.Fatalf("Stop took %v, want less than 100ms", time.Since(began))
	}
}
`,
    },
  },
  buoy: {
    defaultBranch: 'develop',
    subject: 'Report the readings of a day',
    description: 'Reports what the buoys have measured.',
    files: {
      'CHANGELOG.md': CHANGELOG,
      'README.md': '# Buoy\n\nReports what the buoys have measured.\n',
      'buoy/__init__.py': '',
      'buoy/readings.py': `"""Readings of the buoys."""


def of_day(readings, day):
    """The readings of a day, in metres."""
    return [reading.height for reading in readings if reading.day == day]


def average(readings):
    """The mean of the readings of a day, in metres."""
    return sum(readings) / len(readings)
`,
      'buoy/report.py': `"""The report of a month."""

from buoy.readings import average, of_day

HEAD = "day   mean"


def line(day, mean):
    """One line of the report."""
    return f"{day:>3}  {mean:5.2f}"


def days(readings):
    """The days that have readings, in order."""
    return sorted({reading.day for reading in readings})


def report(readings, month):
    """The report of a month, one line a day.

    Its days are numbered from 1.
    """
    lines = [HEAD]
    for number in range(1, month.days + 1):
        day = of_day(readings, number)
        # A day is shown with its mean only: single readings are noise.
        mean = average(day)
        lines.append(line(number, mean))
    return "\\n".join(lines)
`,
    },
  },
} as const satisfies Readonly<Record<string, Seed>>;

export type SeedName = keyof typeof SEEDS;

const NAMES = Object.keys(SEEDS) as readonly SeedName[];

/** Which seed a name stands for: its own, or one of them that depends on the name only. */
export function seedName(name: string): SeedName {
  return (
    NAMES.find((each) => each === name) ??
    NAMES[createHash('sha256').update(name).digest().readUInt8() % NAMES.length] ??
    'harbor'
  );
}

/** The seed of a repository. Those without their own project have a README and the source file of a story. */
export function seedFor(repository: string): Seed {
  const name = seedName(repository);
  const seed: Seed = SEEDS[name];
  if (name === repository) {
    return seed;
  }
  const [source] = Object.keys(seed.files).filter((file) => /ships|rotation|readings/.test(file));
  return {
    defaultBranch: 'main',
    subject: `Begin ${repository}`,
    description: `The project ${repository}.`,
    files: {
      'CHANGELOG.md': CHANGELOG,
      'README.md': `# ${repository}\n`,
      ...(source === undefined ? {} : { [source]: seed.files[source] ?? '' }),
    },
  };
}
