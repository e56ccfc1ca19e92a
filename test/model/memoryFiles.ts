import { Buffer } from 'node:buffer';
import type { Files } from '../../src/storage/files';

interface Entry {
  content: Buffer;
  modified: number;
}

/** A disk that all windows of a run share. */
export class MemoryDisk {
  readonly files = new Map<string, Entry>();
  private readonly folders = new Set<string>();

  constructor(private readonly now: () => number) {}

  /** The disk as one window's process sees it; once `process.alive` is false, its writes have no effect. */
  seenBy(process: { readonly alive: boolean }): Files {
    const check = (): void => {
      if (!process.alive) {
        throw problem('EIO', 'the process has ended');
      }
    };
    const find = (file: string): Entry => {
      const entry = this.files.get(file);
      if (entry === undefined) {
        throw problem('ENOENT', file);
      }
      return entry;
    };
    const files = {
      mkdir: (folder: string) => {
        check();
        this.folders.add(folder);
        return Promise.resolve(undefined);
      },
      open: (file: string, flags: string | number) => this.open(file, flags, check, find),
      readdir: async (folder: string) => {
        await Promise.resolve();
        check();
        const names = [...this.files.keys()].filter((file) => file.startsWith(`${folder}/`));
        if (names.length === 0 && !this.folders.has(folder)) {
          throw problem('ENOENT', folder);
        }
        return names.map((file) => file.slice(folder.length + 1)).filter((name) => !name.includes('/'));
      },
      rename: async (from: string, to: string) => {
        await Promise.resolve();
        check();
        const entry = find(from);
        this.files.delete(from);
        this.files.set(to, entry);
      },
      rm: async (file: string) => {
        await Promise.resolve();
        check();
        this.files.delete(file);
      },
      stat: async (file: string) => {
        await Promise.resolve();
        check();
        const { content, modified } = find(file);
        return { size: content.length, mtime: new Date(modified) };
      },
      unlink: async (file: string) => {
        await Promise.resolve();
        check();
        find(file);
        this.files.delete(file);
      },
    };
    return files as unknown as Files;
  }

  private async open(
    file: string,
    flags: string | number,
    check: () => void,
    find: (file: string) => Entry,
  ): Promise<unknown> {
    await Promise.resolve();
    check();
    if (flags === 'w') {
      this.files.set(file, { content: Buffer.alloc(0), modified: this.now() });
    }
    const entry = find(file);
    let position = 0;
    const change = async (content: () => Buffer): Promise<void> => {
      await Promise.resolve();
      check();
      entry.content = content();
      entry.modified = this.now();
    };
    return {
      appendFile: (text: string) => change(() => Buffer.concat([entry.content, Buffer.from(text)])),
      truncate: (size: number) => change(() => entry.content.subarray(0, size)),
      readFile: async () => {
        await Promise.resolve();
        check();
        return entry.content.toString('utf8');
      },
      sync: () => Promise.resolve(),
      close: () => Promise.resolve(),
      stat: () => Promise.resolve({ size: entry.content.length, mtime: new Date(entry.modified) }),
      read: async (buffer: Buffer, offset: number, length: number, at: number | null) => {
        await Promise.resolve();
        check();
        const from = at ?? position;
        const bytesRead = entry.content.copy(buffer, offset, from, from + length);
        position = at === null ? from + bytesRead : position;
        return { bytesRead, buffer };
      },
    };
  }
}

function problem(code: string, about: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${about}`), { code });
}
