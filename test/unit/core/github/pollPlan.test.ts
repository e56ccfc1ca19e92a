import assert from 'node:assert/strict';
import fc from 'fast-check';
import { HOURLY_REQUESTS, MOST_REQUESTS, PollPlan, type PollPace } from '../../../../src/core/github/pollPlan';
import { ManualTimers } from '../../../support/manualTimers';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Request {
  readonly at: number;
  readonly id: string;
}

/** A plan on a clock of its own, and the requests of its refreshes. */
class World {
  readonly timers = new ManualTimers();
  readonly requests: Request[] = [];
  readonly refreshes: Request[] = [];
  running = 0;
  pace: (id: string) => PollPace = () => 'settled';
  cost: () => number = () => MOST_REQUESTS;
  /** How long a refresh takes, in milliseconds; its requests are spread over that time. */
  duration: () => number = () => 0;
  fails: () => boolean = () => false;

  readonly plan = new PollPlan({
    timers: this.timers.create,
    now: () => this.timers.now,
    refresh: async (id) => {
      assert.equal(++this.running, 1, 'two at a time');
      this.refreshes.push({ at: this.timers.now, id });
      const [requests, duration] = [this.cost(), this.duration()];
      for (let index = 0; index < requests; index++) {
        this.requests.push({ at: this.timers.now, id });
        await this.wait(duration / requests);
      }
      this.running--;
      if (this.fails()) {
        throw new Error('The network is down');
      }
      return { requests, pace: this.pace(id) };
    },
  });

  /** Advances the clock from timer to timer, and lets everything settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.timers.now + ms;
    await settled();
    for (let next = this.timers.nextAt; next !== undefined && next <= end; next = this.timers.nextAt) {
      this.timers.advance(next - this.timers.now);
      await settled();
    }
    this.timers.advance(end - this.timers.now);
    await settled();
  }

  countOf(id: string, from = 0): number {
    return this.refreshes.filter((refresh) => refresh.id === id && refresh.at >= from).length;
  }

  /** The most requests in any hour, both ends included. */
  most(): number {
    let [most, start] = [0, 0];
    for (const [end, { at }] of this.requests.entries()) {
      while ((this.requests[start]?.at ?? at) < at - HOUR) {
        start++;
      }
      most = Math.max(most, end - start + 1);
    }
    return most;
  }

  private async wait(ms: number): Promise<void> {
    if (ms > 0) {
      await new Promise<void>((resolve) => void this.timers.create(resolve, ms));
    }
  }
}

async function settled(): Promise<void> {
  await new Promise(setImmediate);
}

const ids = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `session-${index}`);

describe('the plan of reading pull requests again', () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  afterEach(() => {
    world.plan.dispose();
    assert.equal(world.timers.pending, 0);
  });

  it('reads all sessions at once when they come into view, and then stays within 60 requests an hour', async () => {
    world.pace = () => 'active';
    world.plan.setView(ids(10));
    await world.advance(0);
    assert.deepEqual(
      world.refreshes.map(({ id }) => id),
      ids(10),
    );
    await world.advance(24 * HOUR);
    assert.ok(world.most() <= HOURLY_REQUESTS, String(world.most()));
    // The budget is used, and all have their share of it.
    assert.ok(world.requests.length > 24 * (HOURLY_REQUESTS - MOST_REQUESTS - 1), String(world.requests.length));
    const counts = ids(10).map((id) => world.countOf(id));
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 2, String(counts));
  });

  it('spreads what is left of the hour', async () => {
    world.pace = () => 'active';
    world.plan.setView(ids(10));
    await world.advance(HOUR);
    const later = world.refreshes.slice(10).map(({ at }) => at);
    assert.equal(later.length, 4);
    const gaps = later.map((at, index) => at - (later[index - 1] ?? 0));
    assert.ok(Math.max(...gaps) < 13 * MINUTE && Math.min(...gaps) > 11 * MINUTE, String(gaps));
  });

  it('reads a session with running checks sooner than one that is settled', async () => {
    world.cost = () => 2;
    world.pace = (id) => (id === 'busy' ? 'active' : 'settled');
    world.plan.setView(['busy', 'calm']);
    await world.advance(6 * HOUR);
    const [busy, calm] = [world.countOf('busy'), world.countOf('calm')];
    assert.ok(busy > 4 * calm, `${busy} and ${calm}`);
    assert.ok(calm >= 10, String(calm));
    assert.ok(world.most() <= HOURLY_REQUESTS, String(world.most()));
  });

  it('reads what is merged or closed no more, until something happens', async () => {
    world.pace = () => 'ended';
    world.plan.setView(['done']);
    await world.advance(24 * HOUR);
    assert.equal(world.countOf('done'), 1);
    assert.equal(world.timers.pending, 0);
    world.plan.hint('done');
    await world.advance(MINUTE);
    assert.equal(world.countOf('done'), 2);
    await world.advance(24 * HOUR);
    assert.equal(world.countOf('done'), 2);
  });

  it('reads nothing that is not in view', async () => {
    world.plan.setView(['a']);
    world.plan.hint('hidden');
    await world.advance(10 * MINUTE);
    world.plan.setView([]);
    await world.advance(24 * HOUR);
    assert.deepEqual(
      world.refreshes.map(({ id }) => id),
      ['a'],
    );
    assert.equal(world.timers.pending, 0);
    world.plan.setView(['hidden', 'a']);
    await world.advance(10 * MINUTE);
    assert.deepEqual([world.countOf('hidden'), world.countOf('a')], [1, 2]);
    // Scrolling to and fro reads nothing again.
    for (let round = 0; round < 50; round++) {
      world.plan.setView(round % 2 === 0 ? [] : ['a', 'hidden']);
      await world.advance(1000);
    }
    assert.deepEqual([world.countOf('hidden'), world.countOf('a')], [1, 2]);
  });

  it('reads soon what a hint is about, but not for each of many', async () => {
    world.cost = () => 1;
    world.plan.setView(['a']);
    await world.advance(5 * MINUTE);
    world.plan.hint('a');
    await world.advance(1);
    assert.equal(world.countOf('a'), 2);
    for (let push = 0; push < 120; push++) {
      world.plan.hint('a');
      await world.advance(1000);
    }
    assert.equal(world.countOf('a'), 4);
  });

  it('reads once more what a hint came about while it was read', async () => {
    world.duration = () => 1000;
    world.pace = () => 'ended';
    world.plan.setView(['a']);
    await world.advance(500);
    world.plan.hint('a');
    await world.advance(10 * MINUTE);
    assert.equal(world.countOf('a'), 2);
    await world.advance(HOUR);
    assert.equal(world.countOf('a'), 2);
  });

  it('reads at once what somebody asks for, within the budget, and not what was just read', async () => {
    world.pace = () => 'ended';
    world.plan.setView(ids(10));
    await world.advance(1000);
    world.plan.renew();
    await world.advance(1000);
    assert.equal(world.refreshes.length, 10);
    await world.advance(4000);
    assert.equal(world.refreshes.length, 15);
    for (let press = 0; press < 100; press++) {
      world.plan.renew();
      await world.advance(10_000);
    }
    assert.equal(world.requests.length, HOURLY_REQUESTS);
    await world.advance(3 * HOUR);
    assert.ok(world.most() <= HOURLY_REQUESTS, String(world.most()));
    assert.equal(world.timers.pending, 0);
  });

  it('reads again later and later while it fails', async () => {
    world.fails = () => true;
    world.pace = () => 'active';
    world.plan.setView(['a']);
    world.plan.hint('a');
    await world.advance(24 * HOUR);
    const count = world.countOf('a');
    assert.ok(count > 20 && count < 35, String(count));
    world.fails = () => false;
    await world.advance(HOUR);
    const before = world.countOf('a');
    await world.advance(2 * HOUR);
    assert.ok(world.countOf('a') - before > 15, String(world.countOf('a') - before));
  });

  it('does nothing any more once it is disposed, not even after a refresh that was under way', async () => {
    world.duration = () => 1000;
    world.plan.setView(ids(3));
    await world.advance(500);
    world.plan.dispose();
    await world.advance(24 * HOUR);
    assert.equal(world.refreshes.length, 1);
  });

  it('keeps to the budget, and forgets no session in view, whatever happens', async () => {
    const session = fc.constantFrom(...ids(12));
    const pace = fc.constantFrom<PollPace>('active', 'settled', 'ended');
    const step = fc.oneof(
      fc.record({ view: fc.uniqueArray(session) }),
      fc.record({ hint: session, pace }),
      fc.record({ becomes: session, pace }),
      fc.record({ wait: fc.oneof(fc.nat({ max: 5 * MINUTE }), fc.nat({ max: 2 * HOUR })) }),
      fc.record({
        cost: fc.integer({ min: 0, max: MOST_REQUESTS }),
        duration: fc.nat({ max: 2 * MINUTE }),
        fails: fc.boolean(),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const one = new World();
        const paces = new Map<string, PollPace>();
        one.pace = (id) => paces.get(id) ?? 'settled';
        let view: readonly string[] = [];
        for (const action of steps) {
          if ('view' in action) {
            view = action.view;
            one.plan.setView(view);
          } else if ('hint' in action) {
            one.plan.hint(action.hint, action.pace);
          } else if ('becomes' in action) {
            paces.set(action.becomes, action.pace);
          } else if ('wait' in action) {
            await one.advance(action.wait);
          } else {
            one.cost = () => action.cost;
            one.duration = () => action.duration;
            one.fails = () => action.fails;
          }
        }
        // Whatever was merged may be told to be open again: all have to be read then.
        one.pace = () => 'settled';
        one.fails = () => false;
        await one.advance(2 * HOUR);
        const from = one.timers.now;
        for (const id of view) {
          one.plan.hint(id, 'settled');
        }
        await one.advance(3 * HOUR);
        const missed = view.filter((id) => one.countOf(id, from) === 0);
        one.plan.dispose();
        assert.deepEqual(missed, []);
        assert.ok(one.most() <= HOURLY_REQUESTS, String(one.most()));
      }),
      { numRuns: 300 },
    );
  });
});
