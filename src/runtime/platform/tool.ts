import { spawn, type ChildProcess } from 'node:child_process';
import type { Platform } from './platform';
import { killTree } from '../../system/processTree';
import { candidates, isExecutable } from './programs';
import { isInside, isWhole } from './searchPath';

/** A program that is run for its output. */
export interface ToolRun {
  /** Absolute path of the executable, which is run without a shell. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Time limit in milliseconds. */
  readonly patience: number;
  /** The most output, in bytes. */
  readonly maxBytes: number;
  /** Its standard input. Default: none. */
  readonly input?: string | Uint8Array;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
}

/** How a program ended. Unless it `exited`, it was killed with its descendants, if it had not ended before them. */
export type ToolEnd =
  | {
      readonly kind: 'exited';
      /** `null` if a signal of somebody else ended it. */
      readonly code: number | null;
      readonly output: Buffer;
      /** The end of what it wrote to its standard error. */
      readonly errors: string;
    }
  | { readonly kind: 'not-started' }
  | { readonly kind: 'took-too-long' }
  | { readonly kind: 'wrote-too-much' }
  | { readonly kind: 'cancelled' };

/** How much of the standard error is kept, in bytes. */
const MOST_ERRORS = 16 * 1024;
/** How long the last words of a program that failed are waited for, in milliseconds, if something else holds its output. */
const GRACE_MS = 200;

/** Runs a program to its end. Never rejects. */
export function runToEnd(run: ToolRun): Promise<ToolEnd> {
  const { command, args, env, cwd, patience, maxBytes, input, signal } = run;
  if (signal?.aborted === true) {
    return Promise.resolve({ kind: 'cancelled' });
  }
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      // A session of its own has no terminal to ask at, and can be killed as a whole.
      child = spawn(command, [...args], {
        cwd,
        env: { ...env },
        stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
        windowsHide: true,
        detached: process.platform !== 'win32',
      });
    } catch {
      // An argument that no program can get: it has a NUL, or is too long.
      resolve({ kind: 'not-started' });
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    let errors = Buffer.alloc(0);
    let isOver = false;
    const end = (how: ToolEnd): void => {
      if (!isOver) {
        isOver = true;
        clearTimeout(timer);
        signal?.removeEventListener('abort', cancel);
        resolve(how);
      }
    };
    const giveUp = (how: ToolEnd): void => {
      if (!isOver && child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        killTree(child.pid);
      }
      child.stdout?.destroy();
      child.stderr?.destroy();
      end(how);
    };
    const giveUpOutput = (code: number | null): void => {
      child.stdout?.destroy();
      child.stderr?.destroy();
      exit(code);
    };
    const cancel = (): void => giveUp({ kind: 'cancelled' });
    const timer = setTimeout(() => giveUp({ kind: 'took-too-long' }), patience);
    signal?.addEventListener('abort', cancel);
    child.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > maxBytes) {
        giveUp({ kind: 'wrote-too-much' });
      }
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      errors = Buffer.concat([errors, chunk]).subarray(-MOST_ERRORS);
    });
    [child.stdin, child.stdout, child.stderr].forEach((stream) => stream?.on('error', () => undefined));
    child.on('error', () => end({ kind: 'not-started' }));
    const exit = (code: number | null): void =>
      end({ kind: 'exited', code, output: Buffer.concat(chunks), errors: errors.toString('utf8') });
    // Its children may hold the output open for longer. The answer of a program that failed does not count.
    child.on('exit', (code) => {
      if (code !== 0) {
        setTimeout(() => giveUpOutput(code), GRACE_MS).unref();
      }
    });
    child.on('close', exit);
    child.stdin?.end(input);
  });
}

/**
 * Runs it to its end.
 * @returns its standard output; `undefined` if it could not be started, failed, wrote too much or took too long
 */
export async function runTool(run: ToolRun): Promise<string | undefined> {
  const end = await runToEnd(run);
  return end.kind === 'exited' && end.code === 0 ? end.output.toString('utf8') : undefined;
}

/**
 * Finds a program on the PATH, in folders that are absolute and trusted.
 * @param strangers absolute paths of folders from which nothing may be run: those of the workspace
 */
export function findTool(name: string, host: Platform, strangers: readonly string[]): string | undefined {
  // On Windows, a script would need a shell.
  const file = host.platform === 'win32' ? `${name}.exe` : name;
  return candidates(file, host).find((candidate) => mayRun(candidate, host, strangers));
}

/**
 * Whether a file is a program, has an absolute path and is trusted. Stricter than `whyStranger`: nothing is run from an
 * open folder, even if it contains the home folder or the programs of the system.
 */
export function mayRun(file: string, host: Platform, strangers: readonly string[]): boolean {
  return (
    isWhole(file, host) &&
    host.kind(file) === 'file' &&
    isExecutable(file, host) &&
    ![file, host.real(file)].some((at) =>
      strangers.some((folder) => [folder, host.real(folder)].some((root) => isInside(at, root, host))),
    )
  );
}
