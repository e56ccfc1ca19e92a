import fc from 'fast-check';
import type { Window } from './driver';
import { checkStep } from './invariants';
import type { World } from './world';

/** One command: its name in a counterexample, and what it does. It does nothing if there is nothing to act on. */
export class Step implements fc.AsyncCommand<World, World> {
  constructor(
    private readonly label: string,
    private readonly act: (world: World) => string | undefined | Promise<string | undefined>,
  ) {}

  check(): boolean {
    return true;
  }

  async run(world: World): Promise<void> {
    const done = await this.act(world);
    if (done === undefined) {
      return;
    }
    world.say(`${this.label}: ${done}`);
    await world.time.settle();
    checkStep(world);
  }

  toString(): string {
    return this.label;
  }
}

export type Arbitrary = fc.Arbitrary<Step>;
/** An index into whatever exists at that time. */
export const index = fc.nat({ max: 7 });

export function pick<T>(all: readonly T[], number: number): T | undefined {
  return all.length === 0 ? undefined : all[number % all.length];
}

export function windowOf(world: World, number: number): Window | undefined {
  // Most commands act on the first window.
  return pick(world.windows, number > 4 ? 1 : 0);
}

export function step<T>(
  arbitrary: fc.Arbitrary<T>,
  label: (value: T) => string,
  act: (world: World, value: T) => string | undefined | Promise<string | undefined>,
): Arbitrary {
  return arbitrary.map((value) => new Step(label(value), (world) => act(world, value)));
}

/** Acts on a session that is open in a window. */
export function onSession<T>(
  name: string,
  arbitrary: fc.Arbitrary<T>,
  act: (world: World, window: Window, session: Window['sessions'][number], value: T) => string | undefined,
): Arbitrary {
  return step(
    fc.record({ window: index, session: index, value: arbitrary }),
    ({ window, session, value }) =>
      `${name}(window ${window}, session ${session}${value === undefined ? '' : `, ${String(value)}`})`,
    (world, given) => {
      const window = windowOf(world, given.window);
      const session = window && pick(window.sessions, given.session);
      return window && session && act(world, window, session, given.value);
    },
  );
}
