/**
 * For the text of a notification or an input's prompt, where VS Code makes links of `[text](command:…)`: none of ours
 * has one, so one that is there came from an agent, a service or a title.
 */
export function plainMessage(text: string): string {
  return text.replaceAll('](', '] (');
}

/** For labels, where VS Code makes icons of `$(name)`: the agent's `$(name)` stays what it is. */
export function plainLabel(text: string): string {
  return text.replace(/\$\([A-Za-z0-9-]+(?:~[A-Za-z]+)?\)/g, (icon) => `\\${icon}`);
}
