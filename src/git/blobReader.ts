import * as l10n from '@vscode/l10n';
import { MAX_FILE_BYTES, omitted, tooLarge, type FileContent } from '../core/changes/changeSet';
import type { Git } from './git';

/** The most that one call of Git gives, in bytes. */
const MOST_AT_ONCE = 32 * 1024 * 1024;

/**
 * Reads blobs of a clone. What is asked for while Git runs is read by its next call: VS Code's multi-file editor opens
 * both sides of all files before it shows one, and a call for each of thousands takes minutes.
 */
export class BlobReader {
  private waiting = new Map<string, ((content: FileContent) => void)[]>();
  private isRunning = false;

  constructor(private readonly git: Git) {}

  /**
   * Never rejects.
   * @param id the full id of a blob
   */
  read(id: string): Promise<FileContent> {
    return new Promise((resolve) => {
      this.waiting.set(id, [...(this.waiting.get(id) ?? []), resolve]);
      if (!this.isRunning) {
        this.isRunning = true;
        setImmediate(() => void this.run());
      }
    });
  }

  private async run(): Promise<void> {
    while (this.waiting.size > 0) {
      const asked = this.waiting;
      this.waiting = new Map();
      const sizes = asked.size === 1 ? new Map<string, number>() : await this.sizes([...asked.keys()]);
      for (const ids of partsOf([...asked.keys()], sizes)) {
        const blobs = await this.blobs(ids.filter((id) => (sizes.get(id) ?? Infinity) <= MAX_FILE_BYTES));
        for (const id of ids) {
          const size = sizes.get(id) ?? 0;
          const bytes = blobs.get(id);
          const content: FileContent =
            size > MAX_FILE_BYTES ? tooLarge(size) : bytes ? { kind: 'bytes', bytes } : await this.single(id);
          asked.get(id)?.forEach((resolve) => resolve(content));
        }
      }
    }
    this.isRunning = false;
  }

  /** Their sizes in bytes; without those that the clone lacks. */
  private async sizes(ids: readonly string[]): Promise<Map<string, number>> {
    const text = await this.git.text({ args: ['cat-file', '--batch-check'], input: `${ids.join('\n')}\n` });
    const lines = text?.split('\n').map((line) => line.split(' ')) ?? [];
    return new Map(lines.flatMap(([id = '', type, size]) => (type === 'blob' ? [[id, Number(size)]] : [])));
  }

  private async blobs(ids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    const end =
      ids.length === 0
        ? undefined
        : await this.git.run({ args: ['cat-file', '--batch'], input: `${ids.join('\n')}\n` });
    const output = end?.kind === 'exited' ? end.output : Buffer.alloc(0);
    for (let at = 0; at < output.length;) {
      const start = output.indexOf('\n', at) + 1;
      const [id = '', type, length = ''] = output
        .subarray(at, start - 1)
        .toString('latin1')
        .split(' ');
      const size = Number(length);
      // After a failure, the rest is missing.
      if (start === 0 || type !== 'blob' || !Number.isSafeInteger(size) || start + size >= output.length) {
        break;
      }
      found.set(id, output.subarray(start, start + size));
      at = start + size + 1;
    }
    return found;
  }

  private async single(id: string): Promise<FileContent> {
    const end = await this.git.run({ args: ['cat-file', 'blob', id], maxBytes: MAX_FILE_BYTES });
    switch (end.kind) {
      case 'exited':
        return end.code === 0
          ? { kind: 'bytes', bytes: end.output }
          : omitted(l10n.t('The clone on this machine does not have this file: it is a partial one.'));
      case 'wrote-too-much':
        return tooLarge(undefined);
      default:
        return omitted(l10n.t('Git could not read this file.'));
    }
  }
}

/** Divides blobs so that each part is small enough for one call. Those of no size or too large a one take no room. */
function partsOf(ids: readonly string[], sizes: ReadonlyMap<string, number>): readonly (readonly string[])[] {
  const parts: string[][] = [[]];
  let room = MOST_AT_ONCE;
  for (const id of ids) {
    const size = sizes.get(id) ?? 0;
    const needed = size > MAX_FILE_BYTES ? 0 : size;
    if (needed > room) {
      parts.push([]);
      room = MOST_AT_ONCE;
    }
    room -= needed;
    parts.at(-1)?.push(id);
  }
  return parts;
}
