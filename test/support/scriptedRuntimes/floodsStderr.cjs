'use strict';
// Answers the handshake, then writes FLOOD_LINES lines (default 200,000) to stderr as fast as it can, one of them
// 1 MB long, and last "scripted: the last word". Goes on after that.
const { answer, listen } = require('./frames.cjs');

listen((message) => {
  answer(message);
  if (message.method === 'connect' || message.method === 'ping') {
    flood(Number(process.env.FLOOD_LINES ?? 200_000));
  }
});

function flood(left) {
  if (left <= 0) {
    process.stderr.write(`${'long '.repeat(200_000)}\nscripted: the last word\n`);
    return;
  }
  const lines = Math.min(left, 1_000);
  process.stderr.write('scripted: water, water everywhere\n'.repeat(lines), () => flood(left - lines));
}
