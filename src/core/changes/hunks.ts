/** Longest diff that is read, in UTF-16 units. */
const MAX_TEXT = 8_000_000;
/** Lines that Git shows below a change. */
const MOST_CONTEXT = 3;
const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** One part of a unified diff: lines without their line ends, a carriage return included. */
export interface Hunk {
  /** Number of the first line before, from 1; of a hunk without lines before, that of the line above it. */
  readonly oldStart: number;
  readonly newStart: number;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly additions: number;
  readonly deletions: number;
  /** The file ends in the hunk's last line before, without a line end. */
  readonly isOpenBefore: boolean;
  readonly isOpenAfter: boolean;
}

/**
 * Reads the hunks of a unified diff of one file, and ignores what is around them. A runtime removes white space at the end
 * of a diff: blank lines below the last change may be missing, and so are they in the hunk then.
 * @returns none for a diff without hunks; `undefined` if one is damaged, or the diff is too long
 */
export function readHunks(diff: string): readonly Hunk[] | undefined {
  if (diff.length > MAX_TEXT) {
    return undefined;
  }
  const lines = diff.split('\n');
  const isTrimmed = lines.at(-1) !== '';
  if (!isTrimmed) {
    // Behind the last line end is no line: a diff that was cut off there lacks one.
    lines.pop();
  }
  const hunks: Hunk[] = [];
  let at = 0;
  while (at < lines.length) {
    const head = HUNK.exec(lines[at] ?? '');
    if (head === null) {
      at++;
      continue;
    }
    const read = readHunk(lines, at, head, isTrimmed);
    if (read === undefined) {
      return undefined;
    }
    hunks.push(read.hunk);
    at = read.end;
  }
  return hunks;
}

function readHunk(
  lines: readonly string[],
  start: number,
  head: RegExpExecArray,
  isTrimmed: boolean,
): { hunk: Hunk; end: number } | undefined {
  const before: string[] = [];
  const after: string[] = [];
  const [beforeCount, afterCount] = [Number(head[2] ?? 1), Number(head[4] ?? 1)];
  let additions = 0;
  let deletions = 0;
  let isOpenBefore = false;
  let isOpenAfter = false;
  let at = start + 1;
  // Read by the counts: a removed line may itself begin with "-- ".
  for (; ; at++) {
    const line = lines[at];
    if (line?.startsWith('\\') === true) {
      const last = lines[at - 1] ?? '';
      isOpenBefore ||= !last.startsWith('+');
      isOpenAfter ||= !last.startsWith('-');
    } else if (before.length === beforeCount && after.length === afterCount) {
      break;
    } else if (line === undefined) {
      const missing = beforeCount - before.length;
      if (isTrimmed && missing <= MOST_CONTEXT && missing === afterCount - after.length) {
        break;
      }
      return undefined;
    } else if (line.startsWith('-')) {
      before.push(line.slice(1));
      deletions++;
    } else if (line.startsWith('+')) {
      after.push(line.slice(1));
      additions++;
    } else if (line.startsWith(' ') || line === '' || line === '\r') {
      // Some programs remove the blank of an empty line.
      const text = line.startsWith(' ') ? line.slice(1) : line;
      before.push(text);
      after.push(text);
    } else {
      return undefined;
    }
    if (before.length > beforeCount || after.length > afterCount) {
      return undefined;
    }
  }
  const hunk = {
    oldStart: Number(head[1]),
    newStart: Number(head[3]),
    ...{ before, after, additions, deletions, isOpenBefore, isOpenAfter },
  };
  return { hunk, end: at };
}

/**
 * The file after the change.
 * @param base the file before
 * @returns `undefined` if the hunks are not of that file: each line of theirs has to be where they say
 */
export function applyHunks(hunks: readonly Hunk[], base: string): string | undefined {
  return replaceLines(
    base,
    hunks.map(({ oldStart, before, after, isOpenBefore, isOpenAfter }) => ({
      // A hunk without lines has the number of the line above it.
      start: before.length === 0 ? oldStart : oldStart - 1,
      ...{ remove: before, insert: after, isOpen: isOpenBefore, endsOpen: isOpenAfter },
    })),
  );
}

interface Replacement {
  /** Index of its first line, from 0. */
  readonly start: number;
  readonly remove: readonly string[];
  readonly insert: readonly string[];
  /** The removed lines end the text without a line end. */
  readonly isOpen: boolean;
  readonly endsOpen: boolean;
}

function replaceLines(text: string, replacements: readonly Replacement[]): string | undefined {
  const lines = text.split('\n');
  // The line end of the last line, or of no line at all.
  const endsOpen = lines.at(-1) !== '';
  if (!endsOpen) {
    lines.pop();
  }
  const result: string[] = [];
  let at = 0;
  let isOpen = endsOpen;
  for (const { start, remove, insert, isOpen: removesEnd, endsOpen: insertsEnd } of replacements) {
    const end = start + remove.length;
    const isLast = end === lines.length;
    if (
      start < at ||
      end > lines.length ||
      remove.some((line, index) => lines[start + index] !== line) ||
      // Of a file without a last line end, a change at its end has the last line.
      removesEnd !== (isLast && endsOpen) ||
      (insertsEnd && !isLast)
    ) {
      return undefined;
    }
    copy(lines, at, start, result);
    copy(insert, 0, insert.length, result);
    at = end;
    isOpen = isLast ? insertsEnd : isOpen;
  }
  copy(lines, at, lines.length, result);
  return result.length === 0 ? '' : `${result.join('\n')}${isOpen ? '' : '\n'}`;
}

/** Appends a part of an array; with spread arguments, a long one would exceed the stack. */
function copy(from: readonly string[], start: number, end: number, to: string[]): void {
  for (let index = start; index < end; index++) {
    to.push(from[index] ?? '');
  }
}
