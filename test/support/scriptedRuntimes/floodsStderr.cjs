'use strict';
// Answers the handshake, then writes FLOOD_LINES lines (default 200,000) to stderr as fast as it can, a line of 1 MB,
// and "scripted: the last word". It then goes on. If its stdin ends earlier, it still writes everything before it ends.
const { answer, listen } = require('./frames.cjs');

let flooding = false;
let ended = false;

listen(
  (message) => {
    answer(message);
    if (message.method === 'connect' || message.method === 'ping') {
      flooding = true;
      flood(Number(process.env.FLOOD_LINES ?? 200_000));
    }
  },
  () => {
    ended = true;
    endWhenSaid();
  },
);

function flood(left) {
  if (left <= 0) {
    process.stderr.write(`${'long '.repeat(200_000)}\nscripted: the last word\n`, () => {
      flooding = false;
      endWhenSaid();
    });
    return;
  }
  const lines = Math.min(left, 1_000);
  process.stderr.write('scripted: water, water everywhere\n'.repeat(lines), () => flood(left - lines));
}

function endWhenSaid() {
  if (ended && !flooding) {
    process.exit(0);
  }
}
