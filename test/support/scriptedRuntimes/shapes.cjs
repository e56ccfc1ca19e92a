'use strict';
/*
 * At the first message, starts processes that resist being ended, in every shape, and prints `ready` on stderr when all
 * are there. With SHAPES_STUBBORN it ignores the end of stdin and SIGTERM itself. The method `crash` ends it at once.
 *
 * SHAPES: a JSON list of {token, ownSession, deadParent, clearEnvironment, closeFiles, kind: stay|forks|hops|leaps}
 * SHAPES_FOLDER: folder for the files that show that they are there
 */
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { answer, listen } = require('./frames.cjs');

const shapes = JSON.parse(process.env.SHAPES);
const ready = ({ token }) => path.join(process.env.SHAPES_FOLDER, token);
let isBegun = false;

function begin() {
  for (const shape of shapes) {
    const { token, ownSession, deadParent, clearEnvironment, closeFiles, kind } = shape;
    const script = [
      '/bin/sh',
      path.join(path.dirname(process.argv[1]), 'shape.sh'),
      token,
      ready(shape),
      kind,
      closeFiles ? 'close' : 'keep',
    ];
    const [command, ...args] = deadParent ? ['/bin/sh', '-c', '"$@" $$ & exit', 'sh', ...script] : script;
    spawn(command, args, {
      detached: ownSession,
      stdio: 'inherit',
      ...(clearEnvironment ? { env: {} } : {}),
    });
  }
  const look = setInterval(() => {
    if (shapes.every((shape) => fs.existsSync(ready(shape)))) {
      clearInterval(look);
      process.stderr.write('ready\n');
    }
  }, 5);
}

process.stderr.on('error', () => undefined);
if (process.env.SHAPES_STUBBORN) {
  process.on('SIGTERM', () => undefined);
  setInterval(() => undefined, 1_000);
}
listen(
  (message) => {
    if (message.method === 'crash') {
      process.exit(70);
    }
    answer(message);
    if (!isBegun) {
      isBegun = true;
      begin();
    }
  },
  process.env.SHAPES_STUBBORN ? () => undefined : undefined,
);
