import fc from 'fast-check';
import { allCommands } from './commands';
import { checkEnd, checkRest } from './rest';
import { World } from './world';
import { SCALE, SEED } from '../faults/seed';

/**
 * Run by `npm run test:model`, not by `npm test`: there are counterexamples that are known and not mended yet (a clock
 * that is put back by hours; a prompt that the runtime shows and the service refused, over a crash; a session that two
 * windows know by different ids).
 */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 100 * SCALE);
/** Lengths from 0 to this are as likely as one another, so a run has 100 commands on average. */
const MAX_COMMANDS = 200;
/** Groups of commands that are left out, to look for what the others do. */
const WITHOUT = new Set((process.env['MODEL_WITHOUT'] ?? '').split(',').filter(Boolean));
/** The path of a counterexample, as it was printed, to run only that. */
const REPLAY = process.env['MODEL_REPLAY'];
const PATH = process.env['MODEL_PATH'];
/** Who only wants to know whether there is a counterexample does not wait for the shortest. */
const SHRINKS = process.env['MODEL_SHRINKS'] !== 'no' && PATH === undefined;

describe('the extension as a whole', function () {
  this.timeout(60_000 + RUNS * 2_000);

  it(`keeps what it promises, whatever happens in whatever order (${RUNS} runs, seed ${SEED})`, async () => {
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
      seed: SEED,
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
