/** How much is done: 1 is the short form of every test run; `npm run test:faults` sets more. */
export const SCALE = Number(process.env['FAULTS_SCALE'] ?? 1);

/** A run is repeated by the seed that it prints. */
export const SEED = Number(process.env['FAULTS_SEED'] ?? Date.now() % 1_000_000);
