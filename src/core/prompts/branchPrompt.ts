/**
 * Names the chosen branch in a prompt: no runtime up to 1.0.102 passes `cloud.repository.branch` on to the service
 * (measured), so only the first prompt tells the agent.
 */

/** Between a prompt and its branch; for the agent, in English. */
// eslint-disable-next-line texts/localized -- part of a prompt
const SENTENCE = '\n\nWork on the branch ';

/** How a prompt refers to a branch; a person may have written it, with or without quotes. */
const PHRASE = /\bon\s+(?:(?:the\s+)?branch\s+[`'"“]?|`)/giu;
/** What may follow the whole name: `release` in `release/1` is not the whole name. */
const END = /^[`'"”]|^[.,;:!?)\]]*(?:\s|$)/u;

/** Whether a prompt asks for work on this branch. The mere word does not count. */
export function namesBranch(prompt: string, branch: string): boolean {
  return [...prompt.matchAll(PHRASE)].some(({ 0: phrase, index }) => {
    const rest = prompt.slice(index + phrase.length);
    return rest.startsWith(branch) && END.test(rest.slice(branch.length));
  });
}

/** The prompt with the branch named in it, once. At its end, for a session's title is its prompt's first line. */
export function promptWithBranch(prompt: string, branch: string): string {
  return namesBranch(prompt, branch) ? prompt : `${prompt.trimEnd()}${SENTENCE}\`${branch}\`.`;
}

/** Whether `sent` is `prompt`, as it is or with the branch that {@link promptWithBranch} appends. */
export function isPromptWithBranch(sent: string, prompt: string): boolean {
  return sent === prompt || sent.startsWith(`${prompt.trimEnd()}${SENTENCE}`);
}
