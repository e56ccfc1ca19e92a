import { blobId } from './blobId';
import { applyHunks, type Hunk } from './hunks';

/** The lines of a file whose diff has all of them: a deleted one, or the commit of a submodule. */
export function textBefore(hunks: readonly Hunk[]): string {
  const lines = hunks.flatMap(({ before }) => before);
  const isOpen = hunks.some(({ isOpenBefore }) => isOpenBefore);
  return lines.length === 0 ? '' : `${lines.join('\n')}${isOpen ? '' : '\n'}`;
}

/** What {@link textBefore} can have been before carriage returns were removed. */
export function* textsBefore(hunks: readonly Hunk[]): Iterable<string> {
  yield textBefore(hunks);
  yield textBefore(withReturns(hunks, { before: true, after: false }));
}

/** What a file can be after the change: lines end as they do in the hunks, or all of one side in a carriage return too. */
export function* textsAfter(hunks: readonly Hunk[], base: string): Iterable<string> {
  const all = [false, true].flatMap((before) => [false, true].map((after) => ({ before, after })));
  for (const sides of all) {
    const text = applyHunks(withReturns(hunks, sides), base);
    if (text !== undefined) {
      yield text;
    }
  }
}

/**
 * The first text whose blob has this id.
 * @param id its beginning
 */
export async function textOfBlob(texts: Iterable<string>, id: string): Promise<Uint8Array | undefined> {
  for (const text of texts) {
    const bytes = encode(text);
    if ((await blobId(bytes)).startsWith(id)) {
      return bytes;
    }
  }
  return undefined;
}

export function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** @returns `undefined` for bytes that are no UTF-8 */
export function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function withReturns(hunks: readonly Hunk[], sides: { readonly before: boolean; readonly after: boolean }): Hunk[] {
  const ended = (lines: readonly string[], isOpen: boolean): readonly string[] =>
    lines.map((line, index) => (isOpen && index === lines.length - 1 ? line : `${line}\r`));
  return hunks.map((hunk) => ({
    ...hunk,
    ...(sides.before && { before: ended(hunk.before, hunk.isOpenBefore) }),
    ...(sides.after && { after: ended(hunk.after, hunk.isOpenAfter) }),
  }));
}
