/**
 * Makes an unhandled rejection fail the test in which it happens. Mocha 12 removes its own listener and emits the event
 * again; without another listener, the rejection is ignored. Imported for its side effect.
 */
process.on('unhandledRejection', (reason) => {
  throw reason instanceof Error ? reason : new Error(`A promise was rejected and nobody cared: ${String(reason)}`);
});
