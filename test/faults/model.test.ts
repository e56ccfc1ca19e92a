import fc from 'fast-check';
import { allCommands } from '../model/commands';
import { checkEnd, checkRest } from '../model/rest';
import { World } from '../model/world';
import { SCALE, SEED } from './seed';

const RUNS = Number(process.env['MODEL_RUNS'] ?? 100 * SCALE);
/**
 * Every test run uses the same 100 runs, to find regressions; `npm run test:faults` uses new ones, to find unknown
 * faults.
 */
const MODEL_SEED = SCALE === 1 && process.env['FAULTS_SEED'] === undefined ? 2026 : SEED;
/** Lengths are uniformly distributed from 0 to this, so a run has 100 commands on average. */
const MAX_COMMANDS = 200;
/** Groups of commands to leave out, to see what the others find. */
const WITHOUT = new Set((process.env['MODEL_WITHOUT'] ?? '').split(',').filter(Boolean));
/** The path of a counterexample, as it was printed, to run only that one. */
const REPLAY = process.env['MODEL_REPLAY'];
const PATH = process.env['MODEL_PATH'];
/** `MODEL_SHRINKS=no` only tells whether there is a counterexample, without looking for the shortest one. */
const SHRINKS = process.env['MODEL_SHRINKS'] !== 'no' && PATH === undefined;

describe('the extension as a whole', function () {
  this.timeout(60_000 + RUNS * 2_000);

  it(`keeps what it promises, whatever happens in whatever order (${RUNS} runs, seed ${MODEL_SEED})`, async () => {
    const counts = { runs: 0, steps: 0 };
    const began = performance.now();
    const commands = fc.commands(allCommands(WITHOUT), {
      maxCommands: MAX_COMMANDS,
      size: 'max',
      ...(REPLAY === undefined ? {} : { replayPath: REPLAY }),
    });
    const property = fc.asyncProperty(commands, async (all) => {
      const world = await World.open();
      try {
        await fc.asyncModelRun(() => ({ model: world, real: world }), all);
        await checkRest(world);
        await checkEnd(world);
      } finally {
        counts.runs++;
        counts.steps += world.trace.length;
        world.dispose();
      }
    });
    await fc.assert(property, {
      seed: MODEL_SEED,
      numRuns: RUNS,
      unbiased: true,
      endOnFailure: !SHRINKS,
      ...(PATH === undefined ? {} : { path: PATH }),
    });
    const ms = performance.now() - began;
    console.log(
      `      ${counts.runs} runs, ${counts.steps} steps that did something, ${(ms / counts.runs).toFixed(1)} ms a run`,
    );
  });
});
