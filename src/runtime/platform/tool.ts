import { spawn } from 'node:child_process';
import type { Platform } from './platform';
import { killTree } from '../../system/processTree';
import { candidates, isExecutable } from './programs';
import { isInside, isWhole } from './searchPath';

/** A program that is run for its output. It gets no input. */
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
}

/**
 * Runs it to its end.
 * @returns its standard output; `undefined` if it could not be started, failed, wrote too much or took too long. It is
 * then killed with its descendants.
 */
export function runTool({ command, args, env, cwd, patience, maxBytes }: ToolRun): Promise<string | undefined> {
  return new Promise((resolve) => {
    // A session of its own has no terminal to ask at, and can be killed as a whole.
    const child = spawn(command, [...args], {
      cwd,
      env: { ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
      detached: process.platform !== 'win32',
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let isOver = false;
    const end = (output: string | undefined): void => {
      isOver = true;
      clearTimeout(timer);
      resolve(output);
    };
    const giveUp = (): void => {
      if (!isOver && child.pid !== undefined && child.exitCode === null) {
        killTree(child.pid);
      }
      child.stdout.destroy();
      end(undefined);
    };
    const timer = setTimeout(giveUp, patience);
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > maxBytes) {
        giveUp();
      }
    });
    child.stdout.on('error', () => undefined);
    child.on('error', () => end(undefined));
    // Its children may hold the output open for longer.
    child.on('exit', (code) => {
      if (code !== 0) {
        end(undefined);
      }
    });
    child.on('close', () => end(Buffer.concat(chunks).toString('utf8')));
  });
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
