'use strict';
// Well, but leaves a child behind that ignores SIGTERM and holds its streams. Says on stderr: `child PID`.
const { spawn } = require('node:child_process');
const { answer, listen } = require('./frames.cjs');

const child = spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"], {
  stdio: 'inherit',
});
process.stderr.write(`child ${child.pid}\n`);
listen((message) => answer(message));
