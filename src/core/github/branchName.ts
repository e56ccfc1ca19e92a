import * as l10n from '@vscode/l10n';

const REFUSED = new Set(' ~^:?*[\\');
const COMMIT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i;

/**
 * Why a text cannot be the name of a branch on GitHub, in a sentence; `undefined` if it can. The rules are those of
 * `git check-ref-format --branch`, and GitHub's own: no name that looks like a commit's id.
 */
export function branchNameProblem(name: string): string | undefined {
  if (name === '') {
    return l10n.t('A branch needs a name.');
  }
  const refused = Array.from(name).find((character) => isControl(character) || REFUSED.has(character));
  if (refused !== undefined) {
    return refusedProblem(refused);
  }
  if (name.startsWith('-')) {
    return l10n.t('A branch’s name cannot start with “-”.');
  }
  if (name.startsWith('/') || name.endsWith('/') || name.includes('//')) {
    return l10n.t('A branch’s name can have a “/” only between two parts.');
  }
  if (name.includes('..') || name.endsWith('.') || name.split('/').some((part) => part.startsWith('.'))) {
    return l10n.t('No part of a branch’s name can start with “.”, and the name cannot end with “.” or contain “..”.');
  }
  if (name.split('/').some((part) => part.endsWith('.lock'))) {
    return l10n.t('No part of a branch’s name can end with “.lock”.');
  }
  if (name.includes('@{') || name === 'HEAD') {
    return l10n.t('“{0}” has a special meaning in Git.', name === 'HEAD' ? name : '@{');
  }
  return COMMIT_ID.test(name) ? l10n.t('This is a commit’s id, not the name of a branch.') : undefined;
}

/**
 * The branch in the part of a page's URL behind `/tree/`: the longest known branch that the text starts with. Only the
 * names of the branches tell where `feature/x` ends and a path begins.
 */
export function branchOfPath(refPath: string, known: Iterable<string>): string | undefined {
  let longest: string | undefined;
  for (const branch of known) {
    if ((refPath === branch || refPath.startsWith(`${branch}/`)) && branch.length > (longest?.length ?? 0)) {
      longest = branch;
    }
  }
  return longest;
}

function refusedProblem(character: string): string {
  if (character === ' ') {
    return l10n.t('A branch’s name cannot contain spaces.');
  }
  return isControl(character)
    ? l10n.t('A branch’s name cannot contain control characters.')
    : l10n.t('A branch’s name cannot contain “{0}”.', character);
}

/** Whether Git takes it for a control character: to Git, the C1 controls are ordinary bytes. */
function isControl(character: string): boolean {
  return character < ' ' || character === '\u007f';
}
