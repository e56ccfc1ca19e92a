import { StreamMessageWriter } from 'vscode-jsonrpc/node';
import { FrameReader } from '../../src/core/frames/frameReader';
import { RuntimeClient } from '../../src/core/client/runtimeClient';
import { RuntimeProcess } from '../../src/runtime/runtimeProcess';
import { watcherProgram } from './shapes';

/**
 * Plays an extension host that ends abruptly. Run as
 * `node --require tsx/cjs runtimeParent.ts exit|stay COMMAND [ARGUMENT...]`, it starts that runtime and prints its
 * process id. `exit`: it repeats the first line of the runtime's stderr and calls `process.exit`. `stay`: it does the
 * handshake, prints `ready`, and waits to be killed. With RUNS_FOLDER, the run is recorded there and watched.
 */
async function main([mode, command = '', ...args]: readonly string[]): Promise<void> {
  let hear: ((line: string) => void) | undefined;
  const heard = new Promise<string>((resolve) => (hear = resolve));
  const env = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const folder = process.env['RUNS_FOLDER'];
  const runtime = await RuntimeProcess.start(
    { command, args, env },
    (line) => hear?.(line),
    undefined,
    folder === undefined ? undefined : { folder, watcher: watcherProgram() },
  );
  process.stdout.write(`${runtime.pid}\n`);
  if (mode === 'exit') {
    const line = await heard;
    process.stdout.write(`${line}\n`, () => process.exit(0));
    return;
  }
  const client = new RuntimeClient(new FrameReader(runtime.output), new StreamMessageWriter(runtime.input));
  await client.handshake();
  process.stdout.write('ready\n');
}

void main(process.argv.slice(2));
