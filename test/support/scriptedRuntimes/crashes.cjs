'use strict';
// Works until it is asked to crash. `crash {}`: a line on stderr, then exit code 70. `crash {signal}`: killed by that
// signal. `crash {closeStdout: true}`: closes its stdout and goes on. `crash {afterMs}`: with a delay. Other unknown
// methods are never answered, so that tests have requests in flight.
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
