import type { Block } from './blocks';
import { KnownTexts } from '../knownTexts';
import { nameOf, type StreamKey, type TextStreams } from '../textStreams';

/** The most that is kept of a text that is not complete, in UTF-16 units. */
const MAX_OPEN_LENGTH = 200_000;

interface Open {
  readonly key: StreamKey;
  readonly block: Block;
  text: string;
  /** Each text that comes is the whole text so far. */
  isWhole: boolean;
}

export interface TextPlaces {
  /** Adds a text to the document, complete or not. */
  begin(key: StreamKey, text: string, at: Date | undefined): Block;
  /** Replaces the text of the block. */
  show(block: Block, key: StreamKey, text: string, at: Date | undefined): void;
  remove(block: Block): void;
}

/** Texts that come in pieces: the pieces are shown in one block, until the whole text replaces them. */
export class StreamedBlocks implements TextStreams {
  private readonly open = new Map<string, Open>();
  readonly known = new KnownTexts(50_000);

  constructor(private readonly places: TextPlaces) {}

  push(key: StreamKey, piece: string, at: Date | undefined): void {
    const name = nameOf(key);
    if (piece === '' || this.known.has(name)) {
      return;
    }
    const open = this.open.get(name);
    if (open === undefined) {
      const text = piece.slice(0, MAX_OPEN_LENGTH);
      this.open.set(name, { key, block: this.places.begin(key, text, at), text, isWhole: false });
      return;
    }
    if (open.text.length < MAX_OPEN_LENGTH) {
      open.text += piece.slice(0, MAX_OPEN_LENGTH - open.text.length);
      this.places.show(open.block, key, open.text, at);
    }
  }

  /** The whole text so far: see `StreamedText.replace`. */
  replace(key: StreamKey, text: string, at: Date | undefined): void {
    const open = this.open.get(nameOf(key));
    const continues = open !== undefined && text.trimStart().startsWith(open.text.trimStart());
    if (open === undefined || !(continues || open.isWhole)) {
      this.push(key, text, at);
      return;
    }
    open.isWhole ||= text.length > open.text.length && open.text.trim() !== '';
    open.text = text.slice(0, MAX_OPEN_LENGTH);
    this.places.show(open.block, key, open.text, at);
  }

  complete(key: StreamKey, text: string, at: Date | undefined): void {
    const name = nameOf(key);
    const open = this.open.get(name);
    const isKnown = this.known.isKnown(name, text);
    if (key.id !== '') {
      this.known.remember(name, text);
    }
    this.open.delete(name);
    // A whole text that is empty does not replace the pieces.
    if (open !== undefined && text.trim() !== '') {
      this.places.show(open.block, key, text, at);
    } else if (open === undefined && !isKnown && text.trim() !== '') {
      this.places.begin(key, text, at);
    }
  }

  /** The result replaces the pieces; if it has no text, they are returned as the result. */
  endOutput(id: string, candidates: readonly string[]): string | undefined {
    const name = nameOf({ kind: 'output', id });
    const open = this.open.get(name);
    if (id !== '') {
      this.known.remember(name, '');
    }
    if (open === undefined) {
      return undefined;
    }
    this.open.delete(name);
    this.places.remove(open.block);
    return candidates.every((candidate) => candidate.trim() === '') ? open.text : undefined;
  }

  find(kind: StreamKey['kind'], agentId: string, text: string): StreamKey | undefined {
    let found: Open | undefined;
    for (const open of this.open.values()) {
      const isOf = open.key.kind === kind && open.key.agentId === agentId;
      const isLonger = found === undefined || open.text.length > found.text.length;
      if (isOf && isLonger && text.trimStart().startsWith(open.text.trim())) {
        found = open;
      }
    }
    return found?.key;
  }
}
