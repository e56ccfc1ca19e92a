const REFUSED = new Set(' ~^:?*[\\');
const COMMIT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i;

/**
 * Why a text cannot be the name of a branch on GitHub, as a sentence; `undefined` if it can. The rules are those of
 * `git check-ref-format --branch`, and GitHub's own: no name that reads as a commit's id.
 */
export function branchNameProblem(name: string): string | undefined {
  if (name === '') {
    return 'A branch needs a name.';
  }
  const refused = Array.from(name).find((character) => isControl(character) || REFUSED.has(character));
  if (refused !== undefined) {
    return `A branch’s name cannot contain ${refused === ' ' ? 'spaces' : isControl(refused) ? 'control characters' : `“${refused}”`}.`;
  }
  if (name.startsWith('-')) {
    return 'A branch’s name cannot start with “-”.';
  }
  if (name.startsWith('/') || name.endsWith('/') || name.includes('//')) {
    return 'A branch’s name has a “/” only between two parts.';
  }
  if (name.includes('..') || name.endsWith('.') || name.split('/').some((part) => part.startsWith('.'))) {
    return 'In a branch’s name no part starts with “.”, the whole does not end with one, and no two follow each other.';
  }
  if (name.split('/').some((part) => part.endsWith('.lock'))) {
    return 'No part of a branch’s name ends with “.lock”.';
  }
  if (name.includes('@{') || name === 'HEAD') {
    return `“${name === 'HEAD' ? name : '@{'}” has a meaning of its own in Git.`;
  }
  return COMMIT_ID.test(name) ? 'This is a commit’s id, not the name of a branch.' : undefined;
}

/**
 * The branch in the part of a page's URL behind `/tree/`, where nothing but knowledge of the branches tells the end of
 * `feature/x` from the start of a path: the longest known branch that the text starts with.
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

/** As Git sees it: the C1 controls are only bytes to it. */
function isControl(character: string): boolean {
  return character < ' ' || character === '\u007f';
}
