/**
 * The branch that somebody chose, in words: no runtime up to 1.0.102 passes `cloud.repository.branch` on to the service
 * (measured), so the agent learns of it from the first prompt alone.
 */

/** Opens the sentence in which a prompt names its branch; a person may have written it, with quotes or without. */
const PHRASE = /\bon\s+(?:(?:the\s+)?branch\s+[`'"“]?|`)/giu;
/** What may stand behind the name, where it is the whole name: of `release` in `release/1` it is not. */
const END = /^[`'"”]|^[.,;:!?)\]]*(?:\s|$)/u;

/** Whether a prompt says that the work is to be done on this branch. A word that happens to be its name does not. */
export function namesBranch(prompt: string, branch: string): boolean {
  return [...prompt.matchAll(PHRASE)].some(({ 0: phrase, index }) => {
    const rest = prompt.slice(index + phrase.length);
    return rest.startsWith(branch) && END.test(rest.slice(branch.length));
  });
}

/** The prompt with the branch named in it, once. At its end: sessions are called after their prompt's first line. */
export function promptWithBranch(prompt: string, branch: string): string {
  // eslint-disable-next-line texts/localized -- for the agent
  return namesBranch(prompt, branch) ? prompt : `${prompt.trimEnd()}\n\nWork on the branch \`${branch}\`.`;
}
