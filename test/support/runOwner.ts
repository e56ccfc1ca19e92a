import { once } from 'node:events';
import { RuntimeProcess } from '../../src/runtime/runtimeProcess';
import { watcherProgram } from './shapes';

/**
 * Plays an extension host with a recorded run. Run as
 * `node --require tsx/cjs runOwner.ts exit|stay FOLDER WATCH COMMAND [ARGUMENT...]`, it starts that runtime, does the
 * handshake, waits for output on stderr, and prints `PID ready`. `exit`: it calls `process.exit`. `stay`: it waits to
 * be killed. FOLDER: for the records. WATCH: `watch` starts the watcher; any other word does not.
 */
async function main([mode, folder = '', watch, command = '', ...args]: readonly string[]): Promise<void> {
  let hear: ((line: string) => void) | undefined;
  const heard = new Promise<string>((resolve) => (hear = resolve));
  const env = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const { pid, input, output } = await RuntimeProcess.start({ command, args, env }, (line) => hear?.(line), undefined, {
    folder,
    ...(watch === 'watch' ? { watcher: watcherProgram() } : {}),
  });
  const hello = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'connect', params: {} });
  input.write(`Content-Length: ${hello.length}\r\n\r\n${hello}`);
  await once(output, 'data');
  output.resume();
  await heard;
  process.stdout.write(`${pid} ready\n`, () => {
    if (mode === 'exit') {
      process.exit(0);
    }
  });
}

void main(process.argv.slice(2));
