import type { Locator, Page } from 'playwright-core';
import { exactly, readAll, tidy } from './dom';
import { eventually, PATIENCE_MS } from '../../eventually';

/** Time limit for one attempt to click or fill, in milliseconds: a tooltip may cover an item, or the widget may close. */
const REACH_MS = 3_000;
/** How long none may be open between two steps, in milliseconds, before it counts as closed. */
const GAP_MS = 10_000;

/**
 * The quick input closed before it was used: something else took the focus, such as a preview that had finished loading.
 * A person opens it again.
 */
export class QuickInputClosedError extends Error {}

export interface QuickPickItem {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
  /** The label of the separator above it. */
  readonly separator: string;
}

/** What a quick pick or an input box shows. */
export interface QuickInputState {
  readonly title: string;
  readonly placeholder: string;
  readonly value: string;
  /** The prompt, or the reason why the value is not accepted. */
  readonly message: string;
  readonly invalid: boolean;
  /** The items on the screen; filter longer lists first. Empty for an input box. */
  readonly items: readonly QuickPickItem[];
}

/** Quick picks, input boxes, and the command palette, which is a quick pick. */
export class QuickInput {
  readonly root: Locator;

  constructor(private readonly page: Page) {
    this.root = page.locator('.quick-input-widget');
  }

  /**
   * Waits for a step with this title, placeholder or message.
   *
   * @param patience time limit in milliseconds
   * @throws {QuickInputClosedError}
   */
  async waitFor(text: string | RegExp, patience?: number): Promise<QuickInputState> {
    const matches = (shown: string) => (typeof text === 'string' ? shown.includes(text) : text.test(shown));
    const state = await this.whileOpen(
      `a quick input with ${String(text)}`,
      (shown) => shown !== undefined && [shown.title, shown.placeholder, shown.message].some(matches),
      patience,
    );
    return state!;
  }

  /** Waits until none is open. */
  async waitForClose(): Promise<void> {
    await this.root.waitFor({ state: 'hidden' });
  }

  /** The current state; `undefined` when none is open. */
  async state(): Promise<QuickInputState | undefined> {
    if (!(await this.root.isVisible())) {
      return undefined;
    }
    const title = this.root.locator('.quick-input-title');
    const input = this.root.locator('.quick-input-box input');
    return {
      title: (await title.isVisible()) ? tidy(await title.textContent()) : '',
      placeholder: (await input.getAttribute('placeholder')) ?? '',
      value: await input.inputValue(),
      message: tidy(await this.root.locator('.quick-input-message').textContent()),
      invalid: (await this.root.locator('.quick-input-box .monaco-inputbox.error').count()) > 0,
      items: await this.items(),
    };
  }

  /** The labels of the items on the screen. */
  async labels(): Promise<readonly string[]> {
    return (await this.items()).map(({ label }) => label);
  }

  /**
   * Replaces the value.
   *
   * @throws {QuickInputClosedError}
   */
  async type(value: string): Promise<void> {
    const input = this.root.locator('.quick-input-box input');
    await this.whileOpen('an input box', () => input.isVisible());
    await this.whileVisible('it had a value', () => input.fill(value, { timeout: REACH_MS }));
  }

  /**
   * Waits for an item with this label, or one that matches, and chooses it.
   *
   * @throws {QuickInputClosedError}
   */
  async choose(label: string | RegExp): Promise<void> {
    const row = this.row(label);
    await this.whileOpen(`the item ${String(label)}`, () => row.isVisible());
    await this.whileVisible(`${String(label)} was chosen`, () => row.click({ timeout: REACH_MS }));
  }

  /** Clicks a button of an item, such as a gear. */
  async clickItemButton(label: string | RegExp, button: string): Promise<void> {
    await this.row(label).hover();
    await this.row(label).locator(`.action-label[aria-label^="${button}"]`).click();
  }

  /** Accepts the value or the focused item. */
  async accept(): Promise<void> {
    await this.root.locator('.quick-input-box input').press('Enter');
  }

  /** Types and accepts. */
  async enter(value: string): Promise<void> {
    await this.type(value);
    await this.accept();
  }

  async back(): Promise<void> {
    await this.root.locator('.codicon-quick-input-back').click();
  }

  /** Clicks a button in the title bar or beside the input. */
  async clickButton(label: string): Promise<void> {
    await this.root
      .locator(`.quick-input-titlebar, .quick-input-inline-action-bar`)
      .locator(`[aria-label^="${label}"]`)
      .click();
  }

  async escape(): Promise<void> {
    await this.page.keyboard.press('Escape');
  }

  /**
   * Waits until `isDone` returns true, as long as a quick input is open or the next one may still open. Resolves with the
   * state at that time.
   */
  private async whileOpen(
    what: string,
    isDone: (state: QuickInputState | undefined) => boolean | Promise<boolean>,
    patience = PATIENCE_MS,
  ): Promise<QuickInputState | undefined> {
    let lastOpen = Date.now();
    const { state } = await eventually(
      what,
      async () => {
        const shown = await this.state();
        const isOver = await isDone(shown);
        if (shown !== undefined) {
          lastOpen = Date.now();
        } else if (!isOver && Date.now() - lastOpen > GAP_MS) {
          throw new QuickInputClosedError(`Waited for ${what}, but none has been open for ${GAP_MS / 1000} s.`);
        }
        return { state: shown, isOver };
      },
      ({ isOver }) => isOver,
      patience,
    );
    return state;
  }

  /** Repeats `use` until it succeeds, as long as the quick input is visible. */
  private async whileVisible(what: string, use: () => Promise<void>): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        await use();
        return;
      } catch (error) {
        if (!(await this.root.isVisible())) {
          throw new QuickInputClosedError(`It closed before ${what}.`, { cause: error });
        }
        if (Date.now() > deadline) {
          throw error;
        }
        // The tooltip of the item under the pointer may cover it.
        await this.page.mouse.move(0, 0);
      }
    }
  }

  private row(label: string | RegExp): Locator {
    const name = this.page.locator('.quick-input-list-row:first-child .label-name', {
      hasText: typeof label === 'string' ? exactly(label) : label,
    });
    return this.root.locator('.quick-input-list .monaco-list-row').filter({ has: name }).first();
  }

  private async items(): Promise<readonly QuickPickItem[]> {
    const list = this.root.locator('.quick-input-list');
    if (!(await list.isVisible())) {
      return [];
    }
    const rows = await readAll(list.locator('.monaco-list-row'), (elements) =>
      Array.from(
        elements,
        (row) =>
          [
            Number(row.getAttribute('data-index')),
            row.querySelector('.quick-input-list-row .label-name')?.textContent,
            row.querySelector('.quick-input-list-row .label-description')?.textContent,
            // A reused row that no longer has a detail keeps the old one hidden.
            Array.from(row.querySelectorAll('.quick-input-list-label-meta .monaco-icon-label'))
              .filter((detail) => detail.checkVisibility())
              .map((detail) => detail.textContent)
              .join(' '),
            row.querySelector('.quick-input-list-separator')?.textContent,
          ] as const,
      ),
    );
    // Rows are reused while scrolling, so their order in the document is not the order on the screen.
    return rows
      .toSorted(([a], [b]) => a - b)
      .map(([, label, description, detail, separator]) => ({
        label: tidy(label),
        description: tidy(description),
        detail: tidy(detail),
        separator: tidy(separator),
      }));
  }
}
