/**
 * Runs a command in this process's group, and ends the group when stdin ends. Nothing keeps running, however the
 * process that started this one ends. Usage: node guard.mjs COMMAND ARGUMENT...
 */
import { spawn } from 'node:child_process';

const GRACE_MS = 3_000;

const [command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });

let ending = false;
function end() {
  if (!ending) {
    ending = true;
    child.kill('SIGTERM');
    setTimeout(killGroup, GRACE_MS);
  }
}

/** Includes this process, which leads its group; the caller has to start it so. */
function killGroup() {
  process.kill(-process.pid, 'SIGKILL');
}

process.stdin.on('end', end).on('close', end).on('error', end).resume();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, end);
}
child.on('error', (error) => {
  console.error(`${command}: ${error.message}`);
  process.exit(127);
});
child.on('exit', (code) => {
  if (ending) {
    killGroup();
  } else {
    process.exit(code ?? 1);
  }
});
