import * as fs from 'node:fs';
import * as path from 'node:path';

export type FileKind = 'file' | 'empty' | 'folder' | 'special' | 'missing' | 'unreadable';

/** The parts of a machine that the search for programs depends on; tests have their own. */
export interface Platform {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The executable of this process: Node.js, or the editor's Electron. */
  readonly execPath: string;
  readonly isElectron: boolean;
  /** The Node.js version of this process, such as `22.1.0`. */
  readonly nodeVersion: string;
  /**
   * Absolute paths of the folders that are open in the editor. Their content is not trusted unless the user says so.
   */
  readonly workspaceFolders: readonly string[];
  /** Whether it is a Linux with musl instead of glibc, such as Alpine. */
  isMusl(): boolean;
  /** What is at a path, links followed. */
  kind(file: string): FileKind;
  isExecutable(file: string): boolean;
  /** The path with all links resolved, also of a file that does not exist (yet). */
  real(file: string): string;
  /** Every path on the way through its links, itself first, the target included. */
  trail(file: string): readonly string[];
  /** The first bytes of a file, at most 4 kB; none if it cannot be read. */
  head(file: string): Uint8Array;
  /** The names in a folder; none if it cannot be read. */
  list(folder: string): readonly string[];
}

/** @param workspaceFolders absolute paths of the folders that are open in the editor */
export function thisPlatform(workspaceFolders: readonly string[] = []): Platform {
  return {
    platform: process.platform,
    arch: process.arch,
    env: process.env,
    execPath: process.execPath,
    isElectron: process.versions['electron'] !== undefined,
    nodeVersion: process.versions.node,
    workspaceFolders,
    isMusl: () => process.platform === 'linux' && usesMusl(process.execPath),
    kind(file) {
      try {
        const stat = fs.statSync(file);
        if (stat.isDirectory()) {
          return 'folder';
        }
        return stat.isFile() ? (stat.size === 0 ? 'empty' : 'file') : 'special';
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        return code === 'EACCES' || code === 'EPERM' ? 'unreadable' : 'missing';
      }
    },
    isExecutable: (file) => attempt(() => (fs.accessSync(file, fs.constants.X_OK), true), false),
    real: (file) => realPath(file),
    trail: (file) => trailOf(file),
    head: (file) => headOf(file),
    list: (folder) => attempt(() => fs.readdirSync(folder), []),
  };
}

export interface PathFunctions {
  readonly delimiter: string;
  readonly sep: string;
  readonly join: (...parts: string[]) => string;
  readonly dirname: (file: string) => string;
  readonly basename: (file: string) => string;
  readonly isAbsolute: (file: string) => boolean;
  readonly normalize: (file: string) => string;
}

/** The path functions of a platform, which need not be this one. */
export function pathOf({ platform }: Pick<Platform, 'platform'>): PathFunctions {
  return platform === 'win32' ? path.win32 : path.posix;
}

/** The path of the loader of the C library is near the beginning of a program. */
function usesMusl(program: string): boolean {
  return headOf(program).includes('/ld-musl-');
}

const HEAD_BYTES = 4_096;

function headOf(program: string): Buffer {
  return attempt(() => {
    const file = fs.openSync(program, 'r');
    try {
      const head = Buffer.alloc(HEAD_BYTES);
      return head.subarray(0, fs.readSync(file, head));
    } finally {
      fs.closeSync(file);
    }
  }, Buffer.alloc(0));
}

/** The limit of Linux. */
const MOST_LINKS = 40;

/** Resolves the existing part of a path. A broken link is resolved to its target. */
function realPath(file: string, links = 0): string {
  const whole = attempt(() => fs.realpathSync.native(file), undefined);
  const parent = path.dirname(file);
  if (whole !== undefined || parent === file || links >= MOST_LINKS || !path.isAbsolute(file)) {
    return whole ?? file;
  }
  const at = path.join(realPath(parent, links), path.basename(file));
  const target = attempt(() => fs.readlinkSync(at), undefined);
  return target === undefined ? at : realPath(path.resolve(path.dirname(at), target), links + 1);
}

function trailOf(file: string): string[] {
  const trail = new Set([path.normalize(file), realPath(file)]);
  let at = path.normalize(file);
  for (let links = 0; links < MOST_LINKS && path.isAbsolute(at); links += 1) {
    const { root } = path.parse(at);
    const parts = at.slice(root.length).split(path.sep);
    const names = parts.map((_part, index) => root + parts.slice(0, index + 1).join(path.sep));
    const link = names.findIndex((name) => attempt(() => fs.lstatSync(name).isSymbolicLink(), false));
    const name = names[link];
    const target = name === undefined ? undefined : attempt(() => fs.readlinkSync(name), undefined);
    if (name === undefined || target === undefined) {
      break;
    }
    at = path.join(path.resolve(path.dirname(name), target), ...parts.slice(link + 1));
    trail.add(at);
  }
  return [...trail];
}

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
