'use strict';
// Answers the handshake, then writes FLOOD_LINES lines (default 200,000) to stderr as fast as it can, one of them
// 1 MB long, and last "scripted: the last word". Goes on after that; however early its stdin ends, it says all of it.
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
