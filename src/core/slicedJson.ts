import { isRecord } from './json';
import type { SlicedWork } from './slices';

/** So much is parsed in one step, in bytes: some 0.5 ms. */
const STEP_BYTES = 64 * 1024;
/** How far the long list may be from the beginning, in bytes. */
const HEAD_BYTES = 4 * 1024;

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/**
 * As `JSON.parse`, in steps, where nearly all of the text is one list in an object in the message (the events of a
 * history: `JSON.parse` takes 100 ms and more for 50,000 of them). Other texts are parsed in one step.
 *
 * @throws `SyntaxError` for what is no JSON
 */
export function* parsingJson(bytes: Buffer): SlicedWork<unknown> {
  const list = findList(bytes);
  if (list === undefined) {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  }
  const items: unknown[] = [];
  let depth = 0;
  let isInString = false;
  let from = list.start;
  let stepEnd = from + STEP_BYTES;
  let at = from;
  for (; at < bytes.length; at++) {
    const byte = bytes[at];
    if (isInString) {
      if (byte === BACKSLASH) {
        at++;
      } else if (byte === QUOTE) {
        isInString = false;
      }
    } else if (byte === QUOTE) {
      isInString = true;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth++;
    } else if (byte === CLOSE_BRACE || (byte === CLOSE_BRACKET && depth > 0)) {
      depth--;
    } else if (byte === CLOSE_BRACKET) {
      break;
    } else if (byte === COMMA && depth === 0 && at >= stepEnd) {
      addItems(items, bytes, from, at);
      from = at + 1;
      stepEnd = from + STEP_BYTES;
      yield;
    }
  }
  const isWhole = from === list.start;
  addItems(items, bytes, from, at, isWhole);
  // The list is put where an empty one is parsed.
  const message: unknown = JSON.parse(bytes.toString('utf8', 0, list.start) + bytes.toString('utf8', at));
  const holder = isRecord(message) ? message[list.outer] : undefined;
  const empty = isRecord(holder) ? holder[list.inner] : undefined;
  if (!Array.isArray(empty) || empty.length > 0) {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  }
  for (const item of items) {
    empty.push(item);
  }
  return message;
}

/** @param mayBeEmpty an empty text is an empty list; elsewhere it is what stands behind a comma too many */
function addItems(items: unknown[], bytes: Buffer, from: number, to: number, mayBeEmpty = false): void {
  const part = JSON.parse(`[${bytes.toString('utf8', from, to)}]`) as unknown[];
  if (part.length === 0 && !mayBeEmpty) {
    throw new SyntaxError('A list in the message has a comma too many.');
  }
  for (const item of part) {
    items.push(item);
  }
}

/** The beginning of the first list that is a member of an object which is a member of the message. */
function findList(
  bytes: Buffer,
): { readonly start: number; readonly outer: string; readonly inner: string } | undefined {
  const head = bytes.toString('latin1', 0, HEAD_BYTES);
  const match = /^\s*\{(?:[^[\]{}"]|"[^"\\]*")*"([\w.]+)"\s*:\s*\{(?:[^[\]{}"]|"[^"\\]*")*"([\w.]+)"\s*:\s*\[/.exec(
    head,
  );
  return match?.[1] === undefined || match[2] === undefined
    ? undefined
    : { start: match[0].length, outer: match[1], inner: match[2] };
}
