import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runtimeEnvironment } from '../../src/runtime/platform/environment';
import type { WatcherProgram } from '../../src/runtime/processes/watcher';
import { scriptedRuntime } from './processes';
import type { RuntimeCommand } from '../../src/runtime/runtimeCommand';

/** How a process that a runtime started may avoid ending with it. All shapes ignore SIGHUP, SIGINT and SIGTERM. */
export interface Shape {
  readonly name: string;
  readonly ownSession?: boolean;
  readonly deadParent?: boolean;
  readonly clearEnvironment?: boolean;
  readonly closeFiles?: boolean;
  /** `hops`: it goes on as its own child, repeatedly. `leaps`: the same, each time in a new session. */
  readonly kind: 'stay' | 'forks' | 'hops' | 'leaps';
}

const ALL = { ownSession: true, deadParent: true, clearEnvironment: true, closeFiles: true };

export const SHAPES: readonly Shape[] = [
  { name: 'a child', kind: 'stay' },
  { name: 'in its own session', kind: 'stay', ownSession: true },
  { name: 'with a dead parent', kind: 'stay', deadParent: true },
  { name: 'in its own session, with a dead parent', kind: 'stay', ownSession: true, deadParent: true },
  { name: 'with a cleared environment', kind: 'stay', ownSession: true, clearEnvironment: true },
  { name: 'with all files closed', kind: 'stay', ownSession: true, closeFiles: true },
  { name: 'forks for ever', kind: 'forks' },
  { name: 'forks for ever, own session, dead parent', kind: 'forks', ownSession: true, deadParent: true },
  { name: 'goes on as its own child for ever', kind: 'hops', ownSession: true },
  { name: 'goes on as its own child in a new session for ever', kind: 'leaps', ownSession: true },
  { name: 'all of these', kind: 'stay', ...ALL },
  { name: 'all of these, and forks for ever', kind: 'forks', ...ALL },
  { name: 'all of these, and goes on as its own child', kind: 'hops', ...ALL },
];

/** One runtime with processes of all shapes. */
export interface ShapesRun {
  readonly folder: string;
  readonly command: RuntimeCommand;
  /**
   * The number of running processes of each shape, without shapes that have none. Counts by command lines, and by the
   * files that the processes write.
   */
  left(): ReadonlyMap<string, number>;
  /** Kills all of them, in case a test fails. */
  kill(): void;
}

/** A single look may miss a process that hops. */
const LOOKS = 20;

export function shapesRun({ stubborn = false, shapes = SHAPES } = {}): ShapesRun {
  const folder = mkdtempSync(path.join(tmpdir(), 'cloud-sessions-shapes-'));
  const tokens = shapes.map((shape) => ({ ...shape, token: String(randomInt(10 ** 11, 10 ** 12)) }));
  return {
    folder,
    command: {
      command: process.execPath,
      args: [scriptedRuntime('shapes')],
      env: {
        ...runtimeEnvironment(process.env),
        SHAPES: JSON.stringify(tokens),
        SHAPES_FOLDER: folder,
        ...(stubborn ? { SHAPES_STUBBORN: '1' } : {}),
      },
    },
    left() {
      for (const { token } of tokens) {
        rmSync(path.join(folder, token), { force: true });
      }
      const pids = new Map(tokens.map(({ token }) => [token, new Set<number>()]));
      for (let look = 0; look < LOOKS; look++) {
        for (const { token, pid } of running(tokens)) {
          pids.get(token)?.add(pid);
        }
      }
      return new Map(
        tokens
          .map(({ name, token }) => {
            const writes = existsSync(path.join(folder, token));
            return [name, Math.max(pids.get(token)?.size ?? 0, writes ? 1 : 0)] as const;
          })
          .filter(([, count]) => count > 0),
      );
    },
    kill() {
      for (let quiet = 0; quiet < LOOKS; quiet++) {
        for (const { pid } of running(tokens)) {
          quiet = 0;
          try {
            process.kill(pid, 'SIGKILL');
          } catch {
            // It has ended already.
          }
        }
      }
    },
  };
}

/** Running processes that have a token, the youngest first, because that finds hopping ones. */
function* running(tokens: readonly { readonly token: string }[]): Generator<{ token: string; pid: number }> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  for (const pid of pids.map(Number).sort((a, b) => b - a)) {
    const line = commandLine(pid);
    const shape = tokens.find(({ token }) => line.includes(token));
    if (shape !== undefined) {
      yield { token: shape.token, pid };
    }
  }
}

/** `endRun.ts`, run from its source. */
export function watcherProgram(): WatcherProgram {
  return {
    command: process.execPath,
    args: ['--require', require.resolve('tsx/cjs'), path.resolve(__dirname, '../../src/runtime/processes/endRun.ts')],
  };
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}
