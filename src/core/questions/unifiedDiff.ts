import * as l10n from '@vscode/l10n';
import { readHunks, type Hunk } from '../changes/hunks';

/** Longest diff that is read, in UTF-16 units. */
const MAX_TEXT = 2_000_000;

/** The two sides of a change, for an editor that compares them. */
export interface DiffSides {
  readonly before: string;
  readonly after: string;
  /** The sides have only the parts of the file that the diff has. */
  readonly isPartial: boolean;
}

/**
 * Makes the two sides of a change from a unified diff and, if known, the new contents. Both come from the agent and may
 * contradict each other: then the diff counts, as that is what the runtime shows everywhere.
 * @returns `undefined` if the text is no unified diff
 */
export function sidesOfDiff(diff: string, newContents?: string): DiffSides | undefined {
  const hunks = diff.length > MAX_TEXT ? [] : (readHunks(diff.replace(/\r\n/g, '\n')) ?? []);
  if (hunks.length === 0) {
    return undefined;
  }
  const whole = newContents === undefined ? undefined : undo(hunks, newContents);
  if (whole !== undefined && newContents !== undefined) {
    return { before: whole, after: newContents, isPartial: false };
  }
  // The heads are on both sides, so that the editor aligns the parts.
  const side = (of: 'before' | 'after'): string =>
    hunks
      .flatMap((hunk) => [headOf(hunk), ...hunk[of]])
      .join('\n')
      .concat('\n');
  const isNew = hunks.length === 1 && hunks[0]?.before.length === 0;
  return isNew
    ? { before: '', after: `${(hunks[0]?.after ?? []).join('\n')}\n`, isPartial: false }
    : { before: side('before'), after: side('after'), isPartial: true };
}

function headOf({ newStart }: Hunk): string {
  return l10n.t({
    message: '@@ line {0} @@',
    args: [String(newStart)],
    comment: ['Stands above each part of a file in the diff editor; keep the @@'],
  });
}

/** Reverts the diff on the new contents; `undefined` if these did not come from this diff. */
function undo(hunks: readonly Hunk[], newContents: string): string | undefined {
  const lines = newContents.split(/\r?\n/);
  const old: string[] = [];
  let at = 0;
  for (const { newStart, before, after } of hunks) {
    // A hunk without new lines has the number of the line before it.
    const start = after.length === 0 ? newStart : newStart - 1;
    if (start < at || after.some((line, index) => lines[start + index] !== line)) {
      return undefined;
    }
    for (const line of lines.slice(at, start)) {
      old.push(line);
    }
    for (const line of before) {
      old.push(line);
    }
    at = start + after.length;
  }
  for (const line of lines.slice(at)) {
    old.push(line);
  }
  // A new file had no line before, not even an empty one.
  return old.every((line) => line === '') && hunks.every(({ before }) => before.length === 0) ? '' : old.join('\n');
}
