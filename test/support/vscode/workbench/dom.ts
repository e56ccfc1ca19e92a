import type { Locator } from 'playwright-core';

/** As much of the DOM's `Element` as is read in a page. */
export interface PageElement {
  readonly textContent: string;
  readonly classList: Iterable<string>;
  checkVisibility(): boolean;
  getAttribute(name: string): string | null;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
}

/**
 * Reads all elements in one go, so that what is read was on the screen at one time. `read` runs in the page: it can use
 * nothing from here, and declare no functions (tsx would name them with a helper that the page does not have).
 */
export async function readAll<T>(locator: Locator, read: (elements: readonly PageElement[]) => T): Promise<T> {
  return locator.evaluateAll(read);
}

/** VS Code renders no-break spaces, and white space for the eye only. */
export function tidy(text: string | null | undefined): string {
  return (text ?? '').replaceAll('\u00a0', ' ').replace(/\s+/g, ' ').trim();
}

/** Text for a regular expression that matches just it. */
export function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Matches the whole text, whatever the kind of white space. */
export function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${escapeRegExp(text).replace(/\s+/g, '\\s+')}\\s*$`);
}
