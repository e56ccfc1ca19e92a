import fc from 'fast-check';
import { index, pick, step, Step, windowOf, type Arbitrary } from './steps';
import type { Cut, Mode, Weather } from './weather';

/* Actions of runtimes, the service and time. */

type RuntimeAct = 'crashes' | 'freezes' | 'thaws';

export const runtime = step(
  fc.record({ window: index, act: fc.constantFrom<RuntimeAct>('crashes', 'freezes', 'thaws') }),
  ({ window, act }) => `runtime(window ${window}) ${act}`,
  (world, given) => {
    const found = windowOf(world, given.window)?.runtime;
    switch (given.act) {
      case 'crashes':
        found?.crash();
        break;
      case 'freezes':
        found?.freeze();
        break;
      case 'thaws':
        found?.thaw();
        break;
    }
    return found && `process ${found.number}`;
  },
);

export const letGo = step(
  fc.record({ window: index, session: index }),
  ({ window, session }) => `runtime(window ${window}) lets go of a session (${session})`,
  (world, given) => {
    const window = windowOf(world, given.window);
    const runtime = window?.runtime;
    // A runtime releases sessions only after a long rest, not while they are being opened.
    const resting = [...(runtime?.sessions.values() ?? [])].filter(({ sessionId }) => window?.find(sessionId));
    const session = pick(resting, given.session);
    if (session === undefined || runtime?.frozen === true) {
      return undefined;
    }
    runtime?.letGo(session);
    return session.sessionId;
  },
);

export const service = step(
  fc.constantFrom('goes down', 'comes up', 'comes up', 'swallows prompts', 'swallows none'),
  (act) => `service ${act}`,
  (world, act) => {
    if (act.includes('swallows')) {
      world.service.swallows = act === 'swallows prompts';
    } else {
      world.service.setUp(act === 'comes up');
    }
    return act;
  },
);

const METHODS = [
  'session.create',
  'sessions.connect',
  'session.getMessages',
  'session.send',
  'sessions.list',
  'session.metadata.snapshot',
  'session.abort',
  'session.ui.handlePendingUserInput',
] as const;
const MODES: readonly Mode[] = ['slow', 'late', 'held', 'held', 'never', 'refused', 'lost', 'crashed', 'crashedBefore'];

export const order = step(
  fc.record({ method: fc.constantFrom(...METHODS), mode: fc.constantFrom(...MODES) }),
  ({ method, mode: chosen }) => `nextCall(${method}, ${chosen})`,
  (world, { method, mode: chosen }) => {
    world.weather.order(method, chosen);
    return 'ordered';
  },
);

export const release = step(
  index,
  (number) => `release(${number})`,
  (world, number) => {
    const { held } = world.weather;
    const found = pick(held, number);
    world.weather.release(number % Math.max(1, held.length));
    return found?.method;
  },
);

export const cut = step(
  fc.constantFrom<Cut>('half', 'end', 'empty'),
  (what) => `nextHistory(${what})`,
  ({ weather }, what) => {
    weather.cutNext(what);
    return 'ordered';
  },
);

/** A behaviour that varies between runtimes. */
function habit(name: string, change: (weather: Weather) => void): Arbitrary {
  return fc.constant(
    new Step(name, ({ weather }) => {
      change(weather);
      return 'ordered';
    }),
  );
}

export const rename = habit('nextConnect(another id)', (weather) => weather.renameNext());
export const replay = habit('nextConnect(events before the answer)', (weather) => weather.replayNext());
export const mirrors = habit('runtimes list their cloud sessions as local ones, or not', (weather) => {
  weather.mirrors = !weather.mirrors;
});
export const swallowed = habit('runtimes show what the service refused, or not', (weather) => {
  weather.showsSwallowed = !weather.showsSwallowed;
});

export const advance = step(
  fc.constantFrom(100, 1_000, 3_000, 12_000, 35_000, 70_000, 200_000),
  (ms) => `advance(${ms / 1_000} s)`,
  async (world, ms) => {
    await world.time.advance(ms);
    return 'passed';
  },
);

export const jump = step(
  fc.constantFrom(-7_200_000, -60_000, 60_000, 7_200_000),
  (ms) => `clockJumps(${ms / 60_000} min)`,
  (world, ms) => {
    world.time.jump(ms);
    return 'jumped';
  },
);
