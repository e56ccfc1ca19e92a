import { pathOf, type FileKind, type Platform } from '../../src/runtime/platform/platform';

export interface FakeFile {
  readonly kind?: FileKind;
  /** Default for files: true. */
  readonly executable?: boolean;
  /** Target of a symbolic link. */
  readonly link?: string;
  /** The first bytes of the content. */
  readonly head?: string | Uint8Array;
}

/** A platform with these files and their folders. */
export function fakeHost(files: Readonly<Record<string, FakeFile>>, overrides: Partial<Platform> = {}): Platform {
  const platform = overrides.platform ?? 'linux';
  const { dirname, basename } = pathOf({ platform });
  const all = new Map(Object.entries(files));
  for (let file of Object.keys(files)) {
    for (let folder = dirname(file); folder !== file; [file, folder] = [folder, dirname(folder)]) {
      if (!all.has(folder)) {
        all.set(folder, { kind: 'folder' });
      }
    }
  }
  const real = (file: string): string => {
    const { link } = all.get(file) ?? {};
    if (link !== undefined) {
      return real(link);
    }
    const folder = dirname(file);
    return folder === file || folder === '.' ? file : pathOf({ platform }).join(real(folder), basename(file));
  };
  return {
    platform,
    arch: 'x64',
    env: {},
    execPath: platform === 'win32' ? 'C:\\node\\node.exe' : '/host/node',
    isElectron: false,
    nodeVersion: '22.1.0',
    workspaceFolders: [],
    isMusl: () => false,
    kind(file) {
      const found = all.get(real(file));
      return found === undefined ? 'missing' : (found.kind ?? 'file');
    },
    isExecutable: (file) => all.get(real(file))?.executable !== false,
    real,
    trail: (file) => [...new Set([pathOf({ platform }).normalize(file), file, real(file)])],
    head: (file) => Buffer.from(all.get(real(file))?.head ?? ''),
    list: (folder) =>
      [...all.keys()].filter((file) => file !== folder && dirname(file) === folder).map((file) => basename(file)),
    ...overrides,
  };
}
