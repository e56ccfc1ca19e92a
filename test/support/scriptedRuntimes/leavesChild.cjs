'use strict';
// Well-behaved, but leaves a child that ignores SIGTERM and holds its streams; with DETACHED, in a process group of its
// own. Prints `child PID` on stderr.
const { spawn } = require('node:child_process');
const { answer, listen } = require('./frames.cjs');

const child = spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"], {
  stdio: 'inherit',
  detached: Boolean(process.env.DETACHED),
});
process.stderr.write(`child ${child.pid}\n`);
listen((message) => answer(message));
