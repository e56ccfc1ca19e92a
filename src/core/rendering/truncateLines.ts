import * as l10n from '@vscode/l10n';

/**
 * The first `head` and the last `tail` lines of a text (at least one of each), and the number of lines between them. A
 * text with at most two lines between them is not clipped: the mark would take as much room.
 */
export function truncateLines(
  text: string,
  head: number,
  tail: number,
): { readonly head: string; readonly omitted: number; readonly tail: string } {
  const headEnd = endOfLine(text, head);
  const tailStart = startOfLine(text, tail);
  if (headEnd === text.length || tailStart <= headEnd) {
    return { head: text, omitted: 0, tail: '' };
  }
  let omitted = 0;
  for (let at = headEnd; at !== -1 && at + 1 < tailStart; at = text.indexOf('\n', at + 1)) {
    omitted++;
  }
  if (omitted <= 2) {
    return { head: text, omitted: 0, tail: '' };
  }
  return { head: text.slice(0, headEnd), omitted, tail: text.slice(tailStart) };
}

/** "… (N more lines)" */
export function moreLinesMark(count: number): string {
  return count === 1 ? l10n.t('… (1 more line)') : l10n.t('… ({0} more lines)', count);
}

/** Where the `count`th line ends, before its line feed. */
function endOfLine(text: string, count: number): number {
  let at = -1;
  for (let line = 0; line < count; line++) {
    at = text.indexOf('\n', at + 1);
    if (at === -1) {
      return text.length;
    }
  }
  return at;
}

/** Where the last `count` lines start. */
function startOfLine(text: string, count: number): number {
  let at = text.length;
  for (let line = 0; line < count && at > 0; line++) {
    at = text.lastIndexOf('\n', at - 1);
  }
  return at + 1;
}
