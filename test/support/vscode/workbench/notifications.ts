import type { Locator, Page } from 'playwright-core';
import { exactly, readAll, tidy } from './dom';
import { eventually } from '../../eventually';

export interface Notification {
  readonly severity: 'info' | 'warning' | 'error';
  readonly text: string;
  /** The labels of its buttons in order; "Cancel" for progress that can be cancelled. */
  readonly buttons: readonly string[];
}

/** The notifications that are shown as toasts. Those with buttons stay until they are answered or closed. */
export class Notifications {
  private readonly toasts: Locator;

  constructor(private readonly page: Page) {
    this.toasts = page.locator('.notifications-toasts .notification-list-item');
  }

  /** All toasts, read at once: read one by one, they would be mixed up if another one appeared. */
  async all(): Promise<readonly Notification[]> {
    const found = await readAll(this.toasts, (elements) =>
      Array.from(elements, (toast) => ({
        classes: Array.from(toast.querySelector('.notification-list-item-icon')?.classList ?? []),
        text: toast.querySelector('.notification-list-item-message')?.textContent,
        buttons: Array.from(
          toast.querySelectorAll('.notification-list-item-buttons-container .monaco-button'),
          (button) => button.textContent,
        ),
      })),
    );
    return found.map(({ classes, text, buttons }) => ({
      severity: /codicon-(info|warning|error)/.exec(classes.join(' '))?.[1] as Notification['severity'],
      text: tidy(text),
      buttons: buttons.map(tidy).filter((label) => label !== ''),
    }));
  }

  /** Waits for a notification with this text. */
  async waitFor(text: string | RegExp, patience?: number): Promise<Notification> {
    const matches = (shown: string) => (typeof text === 'string' ? shown.includes(text) : text.test(shown));
    const all = await eventually(
      `a notification with ${String(text)}`,
      () => this.all(),
      (shown) => shown.some((one) => matches(one.text)),
      patience,
    );
    return all.find((one) => matches(one.text))!;
  }

  /** Waits until no notification has this text. */
  async waitForGone(text: string | RegExp): Promise<void> {
    await this.toast(text).waitFor({ state: 'detached' });
  }

  /** Clicks a button of the notification with this text. */
  async click(text: string | RegExp, button: string): Promise<void> {
    const buttons = this.toast(text).locator('.notification-list-item-buttons-container .monaco-button');
    await buttons.filter({ hasText: exactly(button) }).click();
  }

  /** Closes the notification with this text. */
  async dismiss(text: string | RegExp): Promise<void> {
    const toast = this.toast(text);
    await toast.hover();
    await toast.locator('.codicon-notifications-clear').click();
  }

  /** Closes all notifications, including those that are no longer toasts. */
  async dismissAll(): Promise<void> {
    for (let left = await this.toasts.count(); left > 0; left = await this.toasts.count()) {
      const toast = this.toasts.first();
      // It may close by itself meanwhile.
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
}
