import type { Locator, Page } from 'playwright-core';
import { exactly, tidy } from './dom';
import { eventually } from './eventually';

export interface Notification {
  readonly severity: 'info' | 'warning' | 'error';
  readonly text: string;
  /** Its buttons' labels, in their order; of a progress that can be cancelled, "Cancel". */
  readonly buttons: readonly string[];
}

/** The notifications that show as toasts. Those with buttons stay until they are answered or closed. */
export class Notifications {
  private readonly toasts: Locator;

  constructor(private readonly page: Page) {
    this.toasts = page.locator('.notifications-toasts .notification-list-item');
  }

  async all(): Promise<readonly Notification[]> {
    const found: Notification[] = [];
    for (const toast of await this.toasts.all()) {
      // One may be gone by now.
      const read = await this.read(toast).catch(() => undefined);
      if (read) {
        found.push(read);
      }
    }
    return found;
  }

  /** Waits for one that has this text. */
  async waitFor(text: string | RegExp): Promise<Notification> {
    const matches = (shown: string) => (typeof text === 'string' ? shown.includes(text) : text.test(shown));
    const all = await eventually(
      `a notification with ${String(text)}`,
      () => this.all(),
      (shown) => shown.some((one) => matches(one.text)),
    );
    return all.find((one) => matches(one.text))!;
  }

  /** Waits until none has this text. */
  async waitForGone(text: string | RegExp): Promise<void> {
    await this.toast(text).waitFor({ state: 'detached' });
  }

  /** Clicks a button of the one that has this text. */
  async click(text: string | RegExp, button: string): Promise<void> {
    const buttons = this.toast(text).locator('.notification-list-item-buttons-container .monaco-button');
    await buttons.filter({ hasText: exactly(button) }).click();
  }

  /** Closes the one that has this text. */
  async dismiss(text: string | RegExp): Promise<void> {
    const toast = this.toast(text);
    await toast.hover();
    await toast.locator('.codicon-notifications-clear').click();
  }

  /** Closes all, also those that are no toasts any more. */
  async dismissAll(): Promise<void> {
    for (let left = await this.toasts.count(); left > 0; left = await this.toasts.count()) {
      const toast = this.toasts.first();
      // One may close by itself meanwhile.
      await toast.hover({ timeout: 2_000 }).catch(() => undefined);
      await toast
        .locator('.codicon-notifications-clear, .codicon-notifications-hide')
        .first()
        .click({ timeout: 2_000 })
        .catch(() => undefined);
    }
  }

  private toast(text: string | RegExp): Locator {
    const message = this.page.locator('.notification-list-item-message', { hasText: text });
    return this.toasts.filter({ has: message }).first();
  }

  private async read(toast: Locator): Promise<Notification> {
    const timeout = 1_000;
    const icon = await toast.locator('.notification-list-item-icon').getAttribute('class', { timeout });
    const buttons = toast.locator('.notification-list-item-buttons-container .monaco-button');
    return {
      severity: /codicon-(info|warning|error)/.exec(icon ?? '')?.[1] as Notification['severity'],
      text: tidy(await toast.locator('.notification-list-item-message').innerText({ timeout })),
      buttons: (await buttons.allInnerTexts()).map(tidy).filter((label) => label !== ''),
    };
  }
}
