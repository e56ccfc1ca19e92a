import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * How to run `endRun.ts`, the program that ends what is left of a run: with Node.js, or an editor that behaves as such.
 */
export interface WatcherProgram {
  readonly command: string;
  /** The path of the program and its options; the folder of the records and the id of the run are added. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A shell waits (1 MB of memory, where Node.js takes 40) for the word that the run has ended, or for the end of its
 * stdin, which comes with the end of this process, however that happens. Only then it executes the program. The script
 * is constant; the values are arguments.
 */
// eslint-disable-next-line texts/localized -- a script
const SCRIPT = `trap '' HUP INT TERM; read -r word; [ "$word" = ended ] || exec "$0" "$@"`;

/**
 * Starts a process that ends the run if this process is killed. It exits with the run, or when its work is done.
 * @returns a function to call when the run has ended
 */
export function startWatcher({ command, args, env = {} }: WatcherProgram, folder: string, runId: string): () => void {
  try {
    const watcher = spawn('/bin/sh', ['-c', SCRIPT, command, ...args, folder, runId], {
      stdio: ['pipe', 'ignore', 'ignore'],
      // A session of its own, so that it survives the end of a group or terminal.
      detached: true,
      cwd: '/',
      env: { ...env },
    });
    // Without a shell, the next activation ends what is left.
    watcher.on('error', () => undefined);
    watcher.stdin.on('error', () => undefined);
    watcher.unref();
    // Pipes of Node.js are sockets.
    (watcher.stdin as Socket).unref();
    return () => watcher.stdin.end('ended\n');
  } catch {
    return () => undefined;
  }
}
