import { file, type Edits, type Entry } from './tree';

/** Numbers in [0, 1). */
export type Random = () => number;

/** Collects what a history changes: files before the branch, and what the branch does to them. */
export class Draft {
  readonly before = new Map<string, Entry>();
  /** One for each feature. */
  readonly edits: Map<string, Entry | undefined>[] = [];
  private folder = '';

  constructor(readonly random: Random) {}

  /** @param folder with `/` at its end; no other feature writes to it */
  begin(folder: string): void {
    this.folder = folder;
    this.edits.push(new Map());
  }

  /** The file is there before the branch. */
  had(name: string, entry: Entry | string): void {
    this.before.set(this.at(name), typeof entry === 'string' ? file(entry) : entry);
  }

  /** The branch writes the file, or removes it. */
  makes(name: string, entry: Entry | string | undefined): void {
    this.edits.at(-1)?.set(this.at(name), typeof entry === 'string' ? file(entry) : entry);
  }

  /** The branch changes a file. */
  changes(name: string, before: Entry | string, after: Entry | string | undefined): void {
    this.had(name, before);
    this.makes(name, after);
  }

  /** The branch moves a file. @param after if its content or mode changes at the same time */
  moves(from: string, to: string, before: Entry | string, after: Entry | string = before): void {
    this.changes(from, before, undefined);
    this.makes(to, after);
  }

  /** Lines that occur nowhere else, so that Git takes no other file for a former version. */
  lines(count: number): string[] {
    return Array.from({ length: count }, () => Array.from({ length: 3 }, () => this.word()).join(' '));
  }

  text(count: number): string {
    return `${this.lines(count).join('\n')}\n`;
  }

  /** Replaces some lines, removes one and adds one. */
  edit(text: string): string {
    const lines = text.split('\n');
    const at = (): number => this.below(lines.length - 1);
    lines[at()] = this.word();
    lines.splice(at(), 1);
    lines.splice(at(), 0, this.word());
    return lines.join('\n');
  }

  /** Not text: it has bytes of 0. */
  bytes(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, (_, index) => (index % 7 === 0 ? 0 : this.below(256))));
  }

  /** A commit that no repository has. */
  commit(): string {
    return Array.from({ length: 40 }, () => this.below(16).toString(16)).join('');
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  private word(): string {
    return this.below(2 ** 32).toString(36);
  }

  private at(name: string): string {
    return `${this.folder}${name}`;
  }
}

export type Feature = (draft: Draft) => void;

/** All edits in one. */
export function joined(edits: readonly Edits[]): Edits {
  return new Map(edits.flatMap((each) => [...each]));
}
