/**
 * Disables links in the text of a notification, the title of its progress, or an input's prompt, where VS Code renders `[text](command:…)` as a link.
 * Our own texts have no links: such a link comes from an agent, a service or a title.
 */
export function plainMessage(text: string): string {
  return text.replaceAll('](', '] (');
}

/** Escapes `$(name)` in a label, where VS Code would render it as an icon. */
export function plainLabel(text: string): string {
  return text.replace(/\$\([A-Za-z0-9-]+(?:~[A-Za-z]+)?\)/g, (icon) => `\\${icon}`);
}
