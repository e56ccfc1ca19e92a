'use strict';
// Well until it is asked to end badly. `crash {}`: stderr, then exit code 70. `crash {signal}`: killed by that signal.
// `crash {closeStdout: true}`: closes its stdout and goes on. `crash {afterMs}`: a moment later. Anything else that it
// does not know is never answered, so that there is something in flight.
const fs = require('node:fs');
const { answer, listen, wellBehaved } = require('./frames.cjs');

function crash({ signal, closeStdout }) {
  if (closeStdout) {
    fs.closeSync(1);
  } else if (signal) {
    process.kill(process.pid, signal);
  } else {
    fs.writeSync(2, 'scripted: about to do something unwise\nscripted: panic: the lamp is out\n');
    process.exit(70);
  }
}

listen((message) => {
  if (message.method === 'crash') {
    setTimeout(() => crash(message.params), message.params.afterMs ?? 0);
  } else if (wellBehaved(message) !== undefined) {
    answer(message);
  }
});
