import { sanitizeLine } from '../../core/common/sanitize';
import type { SessionChanges } from '../../core/changes/sessionChanges';

/** VS Code makes a tab as wide as its title: with a whole prompt and a whole branch, it would be the only one to be seen. */
const MOST_OF_TITLE = 40;
const MOST_OF_BRANCH = 28;

type Branches = Pick<SessionChanges, 'base' | 'head'>;

/** Of the editor with all changes of a session. */
export function reviewTitle(title: string, branches: Branches): string {
  return withBranches(shortTitle(title), branches, '←');
}

/** Of the editor with the change of one file. */
export function fileTitle(path: string, branches: Branches): string {
  return withBranches(sanitizeLine(path.slice(path.lastIndexOf('/') + 1)), branches, '↔');
}

function withBranches(text: string, { base, head }: Branches, arrow: string): string {
  const names = [base, head ?? ''].filter(Boolean).map(shortBranch);
  return [text, ...(names.length === 0 ? [] : [`(${names.join(` ${arrow} `)})`])].join(' ');
}

/** The end of a branch tells those of several sessions with the same prompt apart, so the middle is left out. */
function shortBranch(branch: string): string {
  const all = Array.from(sanitizeLine(branch));
  const tail = Math.floor(MOST_OF_BRANCH / 3);
  return all.length <= MOST_OF_BRANCH
    ? all.join('')
    : `${all.slice(0, MOST_OF_BRANCH - tail - 1).join('')}…${all.slice(-tail).join('')}`;
}

// Not by UTF-16 units: half a character would be shown as a question mark.
function shortTitle(title: string): string {
  const all = Array.from(sanitizeLine(title));
  return all.length <= MOST_OF_TITLE
    ? all.join('')
    : `${all
        .slice(0, MOST_OF_TITLE - 1)
        .join('')
        .trimEnd()}…`;
}
