import { isRecord } from './json';
import type { SlicedWork } from './timeSlices';

/** How much is parsed in one step, in bytes: some 0.5 ms. */
const STEP_BYTES = 64 * 1024;
/** Where the long list begins at the latest, in bytes. */
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
 * @throws `SyntaxError` for invalid JSON
 */
export function* parsingJson(bytes: Buffer): SlicedWork<unknown> {
  const list = findList(bytes);
  if (list === undefined) {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  }
  const items: unknown[] = [];
  let from = list.start;
  let end: number;
  for (;;) {
    const joint = list.joint === undefined ? undefined : findJoint(bytes, from, list.joint);
    const part = joint === undefined ? undefined : parseItems(bytes, from, joint);
    if (joint !== undefined && part !== undefined) {
      push(items, part);
      from = joint + 1;
      yield;
      continue;
    }
    const { at, isEnd } = endOfStep(bytes, from);
    if (isEnd) {
      end = at;
      break;
    }
    addItems(items, bytes, from, at);
    from = at + 1;
    yield;
  }
  const isWhole = from === list.start;
  addItems(items, bytes, from, end, isWhole);
  // The rest is parsed with an empty list, which is filled then.
  const message: unknown = JSON.parse(bytes.toString('utf8', 0, list.start) + bytes.toString('utf8', end));
  const holder = isRecord(message) ? message[list.outer] : undefined;
  const empty = isRecord(holder) ? holder[list.inner] : undefined;
  if (!Array.isArray(empty) || empty.length > 0) {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  }
  push(empty, items);
  return message;
}

/**
 * The comma between two items, the second of which begins as the first item of the list does; `undefined` if there is none
 * near. A string, or a list in an item, may have the same text: then the part before it is no valid JSON, and the bytes are
 * scanned one by one, which takes longer than the parsing.
 */
function findJoint(bytes: Buffer, from: number, joint: Buffer): number | undefined {
  const at = bytes.subarray(from + STEP_BYTES, from + 2 * STEP_BYTES).indexOf(joint);
  return at < 0 ? undefined : from + STEP_BYTES + at + 1;
}

function parseItems(bytes: Buffer, from: number, to: number): unknown[] | undefined {
  try {
    return JSON.parse(`[${bytes.toString('utf8', from, to)}]`) as unknown[];
  } catch {
    return undefined;
  }
}

/** The first comma between items behind a step's bytes, or the end of the list. @param from where an item begins */
function endOfStep(bytes: Buffer, from: number): { readonly at: number; readonly isEnd: boolean } {
  const stepEnd = from + STEP_BYTES;
  let depth = 0;
  let isInString = false;
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
      return { at, isEnd: false };
    }
  }
  return { at, isEnd: true };
}

/** @param mayBeEmpty whether an empty text is an empty list; otherwise it follows a comma too many */
function addItems(items: unknown[], bytes: Buffer, from: number, to: number, mayBeEmpty = false): void {
  const part = JSON.parse(`[${bytes.toString('utf8', from, to)}]`) as unknown[];
  if (part.length === 0 && !mayBeEmpty) {
    // eslint-disable-next-line texts/localized -- for the log
    throw new SyntaxError('A list in the message has a comma too many.');
  }
  push(items, part);
}

/** Not `push(...part)`, which overflows the stack with very many items. */
function push(items: unknown[], more: readonly unknown[]): void {
  for (const item of more) {
    items.push(item);
  }
}

interface List {
  readonly start: number;
  readonly outer: string;
  readonly inner: string;
  /** The bytes between two items, if they begin as the first one does. */
  readonly joint: Buffer | undefined;
}

/** The first list that is a member of an object which is a member of the message. */
function findList(bytes: Buffer): List | undefined {
  const head = bytes.toString('latin1', 0, HEAD_BYTES);
  const match = /^\s*\{(?:[^[\]{}"]|"[^"\\]*")*"([\w.]+)"\s*:\s*\{(?:[^[\]{}"]|"[^"\\]*")*"([\w.]+)"\s*:\s*\[/.exec(
    head,
  );
  if (match?.[1] === undefined || match[2] === undefined) {
    return undefined;
  }
  const start = match[0].length;
  const [first] = /^\{"\w+":/.exec(head.slice(start)) ?? [];
  return {
    start,
    outer: match[1],
    inner: match[2],
    joint: first === undefined ? undefined : Buffer.from(`},${first}`),
  };
}
