import * as fs from 'node:fs';
import * as path from 'node:path';

export type FileKind = 'file' | 'empty file' | 'folder' | 'special file' | 'missing' | 'unreadable';

/** The machine, as far as looking for a program is concerned; tests describe their own. */
export interface Host {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The program that runs us: Node, or the editor's Electron. */
  readonly execPath: string;
  readonly isElectron: boolean;
  /** Version of the Node that runs us, such as `22.1.0`. */
  readonly nodeVersion: string;
  /** Linux with musl instead of glibc, such as Alpine. */
  isMusl(): boolean;
  /** What stands at a path, links followed. */
  kind(file: string): FileKind;
  isExecutable(file: string): boolean;
  /** The path behind all links; the path itself if that cannot be told. */
  real(file: string): string;
  /** The names in a folder; none if it cannot be read. */
  list(folder: string): readonly string[];
}

export function thisHost(): Host {
  return {
    platform: process.platform,
    arch: process.arch,
    env: process.env,
    execPath: process.execPath,
    isElectron: process.versions['electron'] !== undefined,
    nodeVersion: process.versions.node,
    isMusl: () => process.platform === 'linux' && usesMusl(process.execPath),
    kind(file) {
      try {
        const stat = fs.statSync(file);
        if (stat.isDirectory()) {
          return 'folder';
        }
        return stat.isFile() ? (stat.size === 0 ? 'empty file' : 'file') : 'special file';
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        return code === 'EACCES' || code === 'EPERM' ? 'unreadable' : 'missing';
      }
    },
    isExecutable: (file) => attempt(() => (fs.accessSync(file, fs.constants.X_OK), true), false),
    real: (file) => attempt(() => fs.realpathSync(file), file),
    list: (folder) => attempt(() => fs.readdirSync(folder), []),
  };
}

export interface PathFunctions {
  readonly delimiter: string;
  readonly join: (...parts: string[]) => string;
  readonly dirname: (file: string) => string;
  readonly basename: (file: string) => string;
  readonly isAbsolute: (file: string) => boolean;
}

/** The path functions of a platform, whichever this one is. */
export function pathOf({ platform }: Pick<Host, 'platform'>): PathFunctions {
  return platform === 'win32' ? path.win32 : path.posix;
}

/** A program names the loader of its C library near its beginning. */
function usesMusl(program: string): boolean {
  return attempt(() => {
    const file = fs.openSync(program, 'r');
    try {
      const head = Buffer.alloc(4_096);
      fs.readSync(file, head);
      return head.includes('/ld-musl-');
    } finally {
      fs.closeSync(file);
    }
  }, false);
}

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
