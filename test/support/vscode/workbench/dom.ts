import type { Locator } from 'playwright-core';

/** The part of the DOM's `Element` that is read in a page. */
export interface PageElement {
  readonly textContent: string;
  readonly classList: Iterable<string>;
  checkVisibility(): boolean;
  getAttribute(name: string): string | null;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
}

/** The part that a click needs. */
interface ClickedElement {
  addEventListener(type: 'click', listener: () => void, options: { once: boolean; capture: boolean }): void;
  setAttribute(name: string, value: string): void;
  hasAttribute(name: string): boolean;
}

/**
 * Reads all elements at once, so that the result is consistent. `read` runs in the page: it can use nothing from here,
 * and declare no functions (tsx would name them with a helper that the page does not have).
 */
export async function readAll<T>(locator: Locator, read: (elements: readonly PageElement[]) => T): Promise<T> {
  return locator.evaluateAll(read);
}

/**
 * Clicks an element.
 *
 * @param timeout time limit in milliseconds
 * @throws if the element did not get the click: it may be replaced between the press and the release of the button
 */
export async function clickForSure(target: Locator, timeout: number): Promise<void> {
  const element = await target.elementHandle({ timeout });
  try {
    await element.evaluate((node: ClickedElement) =>
      node.addEventListener('click', () => node.setAttribute('data-clicked', ''), { once: true, capture: true }),
    );
    await element.click({ timeout });
    if (!(await element.evaluate((node: ClickedElement) => node.hasAttribute('data-clicked')))) {
      throw new Error('It was replaced while it was clicked.');
    }
  } finally {
    await element.dispose();
  }
}

/** Normalizes white space: VS Code renders no-break spaces and purely visual white space. */
export function tidy(text: string | null | undefined): string {
  return (text ?? '').replaceAll('\u00a0', ' ').replace(/\s+/g, ' ').trim();
}

/** Escapes a text for a regular expression. */
export function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Matches the whole text, with any kind of white space. */
export function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${escapeRegExp(text).replace(/\s+/g, '\\s+')}\\s*$`);
}
