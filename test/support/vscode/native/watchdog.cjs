'use strict';
/* global exports */
/**
 * Replaces `native-watchdog` where its native part is not built: ends this process when its parent has ended. The
 * extension host starts it for the server's process.
 */
const PERIOD_MS = 1000;

/** Exit code of the native module. */
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
