'use strict';
/* global exports */
/**
 * Stands in for `native-watchdog` where its native part is not built: ends this process when its parent is gone.
 * The extension host starts it for the server's process.
 */
const PERIOD_MS = 1000;

/** The native one's exit code. */
const PARENT_GONE = 87;

exports.start = (pid) => {
  setInterval(() => {
    try {
      process.kill(pid, 0);
    } catch {
      process.exit(PARENT_GONE);
    }
  }, PERIOD_MS).unref();
};

exports.exit = (code) => process.exit(code ?? 0);
