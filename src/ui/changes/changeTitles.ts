import { sanitizeLine } from '../../core/common/sanitize';
import type { SessionChanges } from '../../core/changes/sessionChanges';

/** VS Code makes a tab as wide as its title: with a whole prompt and a whole branch, it would be the only one to be seen. */
const MOST_OF_TITLE = 40;
const MOST_OF_BRANCH = 28;
const END_OF_BRANCH = 9;

type Branches = Pick<SessionChanges, 'base' | 'head'>;

/** Of the editor with all changes of a session. */
export function reviewTitle(title: string, branches: Branches): string {
  return withBranches(shorten(title, MOST_OF_TITLE), branches, '←');
}

/** Of the editor with the change of one file. */
export function fileTitle(path: string, branches: Branches): string {
  return withBranches(sanitizeLine(path.slice(path.lastIndexOf('/') + 1)), branches, '↔');
}

function withBranches(text: string, { base, head }: Branches, arrow: string): string {
  const names = [base, head ?? ''].filter(Boolean).map((name) => shorten(name, MOST_OF_BRANCH, END_OF_BRANCH));
  return [text, ...(names.length === 0 ? [] : [`(${names.join(` ${arrow} `)})`])].join(' ');
}

/** Leaves out what is before the last characters: those of a branch tell several sessions with the same prompt apart. */
function shorten(text: string, most: number, last = 0): string {
  // Not by UTF-16 units: half a character would be shown as a question mark.
  const all = Array.from(sanitizeLine(text));
  return all.length <= most
    ? all.join('')
    : `${all
        .slice(0, most - last - 1)
        .join('')
        .trimEnd()}…${all.slice(all.length - last).join('')}`;
}
