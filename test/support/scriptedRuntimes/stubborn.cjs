'use strict';
// Answers the handshake, then ignores `runtime.shutdown`, the end of stdin and SIGTERM. So do its two children, one in
// its process group and one in a group of its own. Prints `children PID PID` on stderr. With the argument `child` it is
// such a child. With STUBBORN_PROTOCOL it reports that protocol version.
const { spawn } = require('node:child_process');
const { answer, listen } = require('./frames.cjs');

// The reader of stderr may be gone.
process.stderr.on('error', () => undefined);
process.on('SIGTERM', () => process.stderr.write('scripted: SIGTERM? no\n'));
setInterval(() => undefined, 1_000);
if (process.argv[2] !== 'child') {
  const child = (detached) => spawn(process.execPath, [process.argv[1], 'child'], { detached, stdio: 'ignore' }).pid;
  process.stderr.write(`children ${child(false)} ${child(true)}\n`);
  listen(
    (message) => {
      const protocolVersion = Number(process.env.STUBBORN_PROTOCOL ?? 3);
      if (message.method === 'connect') {
        answer(message, { ok: true, protocolVersion, version: '0.0.0-stubborn' });
      } else if (message.method !== 'runtime.shutdown') {
        answer(message);
      }
    },
    () => process.stderr.write('scripted: end of stdin? no\n'),
  );
}
