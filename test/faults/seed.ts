/** Multiplies the number of runs: 1 is the short form of every test run; `npm run test:faults` sets more. */
export const SCALE = Number(process.env['FAULTS_SCALE'] ?? 1);

/** Set FAULTS_SEED to the printed seed to repeat a run. */
export const SEED = Number(process.env['FAULTS_SEED'] ?? Date.now() % 1_000_000);
