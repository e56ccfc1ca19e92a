/** The parts of a document, in order. A block may change after others were added behind it. */

/** `item`: a line of a list, close to the items beside it. */
export type BlockKind = 'block' | 'item';

export class Block {
  private text: string | undefined;

  constructor(
    readonly kind: BlockKind,
    private make: () => string,
  ) {}

  /** Its Markdown, without line feeds at its ends. */
  get markdown(): string {
    this.prepare();
    return this.text ?? '';
  }

  /** Makes its Markdown now, so that the whole document is not made at once later. */
  prepare(): this {
    this.text ??= this.make().replace(/^\n+|\n+$/g, '');
    return this;
  }

  /** Its content has changed. */
  refresh(): void {
    this.text = undefined;
  }

  /** Replaces its content. */
  change(make: () => string): void {
    this.make = make;
    this.text = undefined;
  }
}

/** A list of blocks. */
export class BlockList {
  private readonly blocks: Block[] = [];

  add(block: Block): void {
    this.blocks.push(block);
  }

  remove(block: Block): void {
    const at = this.blocks.lastIndexOf(block);
    if (at >= 0) {
      this.blocks.splice(at, 1);
    }
  }

  /**
   * The whole list, or its end if it is longer than `maxLength` (in UTF-16 units).
   * @param lines gets the first line (from 0) of each block
   * @returns `omitted`: the number of blocks that are left out at the beginning
   */
  join(maxLength = Infinity, lines?: Map<Block, number>): { readonly text: string; readonly omitted: number } {
    let first = this.blocks.length;
    for (let length = 0; first > 0; first--) {
      length += (this.blocks[first - 1]?.markdown.length ?? 0) + 2;
      if (length > maxLength && first < this.blocks.length) {
        break;
      }
    }
    const parts: string[] = [];
    let line = 0;
    let before: BlockKind | undefined;
    for (const block of this.blocks.slice(first)) {
      const { kind, markdown } = block;
      if (markdown === '') {
        continue;
      }
      const gap = before === undefined ? '' : before === 'item' && kind === 'item' ? '\n' : '\n\n';
      line += gap.length;
      lines?.set(block, line);
      line += lines === undefined ? 0 : countLineFeeds(markdown);
      parts.push(gap, markdown);
      before = kind;
    }
    return { text: parts.join(''), omitted: first };
  }
}

export function countLineFeeds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    count++;
  }
  return count;
}
