/**
 * Makes a rejection that nobody handles fail the test in which it happens. Mocha 12 only emits it again without its own
 * listener, and when there is no other nothing happens at all. Imported for its effect.
 */
process.on('unhandledRejection', (reason) => {
  throw reason instanceof Error ? reason : new Error(`A promise was rejected and nobody cared: ${String(reason)}`);
});
