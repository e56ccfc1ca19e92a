import type { BodyKind, Clip, Label } from './entry';
import type { KnownTexts } from './knownTexts';

/** A text that comes in pieces before it comes as a whole. */
export interface StreamKey {
  readonly kind: 'message' | 'reasoning' | 'output';
  /** The id that the pieces and the whole share; '' if they lack it. */
  readonly id: string;
  readonly label: Label;
  /** '' for the main agent. */
  readonly agentId: string;
  /** The name of the sub-agent, for the header; may change with every piece. */
  readonly agent: string | undefined;
  /** The tool whose output it is; '' for other texts. */
  readonly summary: string;
}

export const FORMS: Readonly<Record<StreamKey['kind'], BodyKind>> = {
  message: 'prose',
  reasoning: 'thought',
  output: 'output',
};

/** Where formatters write texts that come in pieces. The log and the document have one each. */
export interface TextStreams {
  /** Appends a piece. */
  push(key: StreamKey, piece: string, at: Date | undefined): void;
  /** The text as far as it has come. */
  replace(key: StreamKey, text: string, at: Date | undefined): void;
  /** The whole text has come. */
  complete(key: StreamKey, text: string, at: Date | undefined): void;
  /**
   * Ends the stream of a tool's output.
   * @param candidates the forms of the whole output
   * @returns what of the whole output is not shown yet; `undefined` if there was no such stream, or the output is
   *   another text
   */
  endOutput(id: string, candidates: readonly string[], clip: Clip): string | undefined;
  /** The agent's open stream that `text` completes, if any. */
  find(kind: StreamKey['kind'], agentId: string, text: string): StreamKey | undefined;
  /** Whole texts that were shown, to recognise a second copy. */
  readonly known: KnownTexts;
}

/** The name of a text in `KnownTexts`. */
export function nameOf({ kind, id }: Pick<StreamKey, 'kind' | 'id'>): string {
  return `${kind} ${id}`;
}
