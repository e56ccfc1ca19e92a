import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/** How the program is run that ends what is left of a run: `endRun.ts`, with Node or an editor that behaves as Node. */
export interface WatcherProgram {
  readonly command: string;
  /** The program and what it needs; the folder of the records and the id of the run are added. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A shell waits, for it takes 1 MB where Node takes 40: for the word that the run has ended in good order, or the end of
 * its stdin, which comes when our own process ends in whatever way. Only then it becomes that program. The script is
 * always the same; what differs is handed over in arguments.
 */
// eslint-disable-next-line texts/localized -- a script
const SCRIPT = `trap '' HUP INT TERM; read -r word; [ "$word" = ended ] || exec "$0" "$@"`;

/**
 * Starts what outlives us by a moment if we are killed. It ends with the run, and never outlasts its work.
 * @returns to be called when the run has ended
 */
export function startWatcher({ command, args, env = {} }: WatcherProgram, folder: string, runId: string): () => void {
  try {
    const watcher = spawn('/bin/sh', ['-c', SCRIPT, command, ...args, folder, runId], {
      stdio: ['pipe', 'ignore', 'ignore'],
      // A session of its own: what ends a whole group or terminal may not end it as well.
      detached: true,
      cwd: '/',
      env: { ...env },
    });
    // Without a shell, what is left is ended by the next activation.
    watcher.on('error', () => undefined);
    watcher.stdin.on('error', () => undefined);
    watcher.unref();
    // A pipe of Node's is a socket.
    (watcher.stdin as Socket).unref();
    return () => watcher.stdin.end('ended\n');
  } catch {
    return () => undefined;
  }
}
