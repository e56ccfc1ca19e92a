import type { Locator, Page } from 'playwright-core';
import { clickForSure, exactly, readAll, tidy } from './dom';
import { eventually, PATIENCE_MS } from '../../eventually';

export interface TreeRow {
  readonly label: string;
  readonly description: string;
  /** What a screen reader says. */
  readonly ariaLabel: string;
  /** Name of the codicon, such as `loading`; empty if there is none. */
  readonly icon: string;
  /** The titles of the inline actions. */
  readonly actions: readonly string[];
}

/** Time limit for one attempt to point or click, in milliseconds. */
const REACH_MS = 2_000;
/** Time limit for a menu to open after a click, in milliseconds. */
const OPENS_MS = 5_000;
/** Time limit for a menu to close after a click in it, in milliseconds. */
const MENU_MS = 10_000;
/** Time limit for a tooltip to appear, in milliseconds. */
const HOVER_MS = 5_000;

/** A tree view in the side bar, the only one in its container, with its welcome view. */
export class TreeView {
  readonly root: Locator;

  constructor(
    private readonly page: Page,
    /** The id of the view container. */
    container: string,
  ) {
    this.root = page.locator(`.part.sidebar:has([id="workbench.view.extension.${container}"])`);
  }

  /** The rows on the screen, from the top. Also empty when the view is not open. */
  async rows(): Promise<readonly TreeRow[]> {
    const rows = await readAll(this.root.locator('.monaco-list-row[role="treeitem"]'), (elements) =>
      Array.from(elements, (row) => ({
        index: Number(row.getAttribute('data-index')),
        label: row.querySelector('.label-name')?.textContent,
        description: row.querySelector('.label-description')?.textContent,
        ariaLabel: row.getAttribute('aria-label'),
        classes: Array.from(row.querySelector('.custom-view-tree-node-item-icon')?.classList ?? []),
        actions: Array.from(row.querySelectorAll('.actions .action-label'), (action) =>
          action.getAttribute('aria-label'),
        ),
      })),
    );
    return rows
      .toSorted((a, b) => a.index - b.index)
      .map(({ label, description, ariaLabel, classes, actions }) => ({
        label: tidy(label),
        description: tidy(description),
        ariaLabel: tidy(ariaLabel),
        icon: classes.find((name) => /^codicon-(?!modifier-)/.test(name))?.slice('codicon-'.length) ?? '',
        actions: actions.map(tidy).filter((title) => title !== ''),
      }));
  }

  /** Waits for a row with this label. */
  async waitForRow(label: string | RegExp, accept: (row: TreeRow) => boolean = () => true): Promise<TreeRow> {
    const rows = await this.waitForRows(`a row ${String(label)} as described`, (all) =>
      all.some((row) => matches(row, label) && accept(row)),
    );
    return rows.find((row) => matches(row, label) && accept(row))!;
  }

  /** Waits until `accept` returns true for the rows. `what` names them in the error. */
  async waitForRows(what: string, accept: (rows: readonly TreeRow[]) => boolean): Promise<readonly TreeRow[]> {
    return eventually(what, () => this.rows(), accept);
  }

  /**
   * Clicks a row. While the list is being filled, another row may take its place under the pointer; it then clicks
   * again.
   */
  async clickRow(label: string | RegExp): Promise<void> {
    const row = this.row(label);
    for (let attempt = 0; attempt < 3; attempt++) {
      await this.reach(`the row ${String(label)} to be clicked`, () => row.click({ timeout: REACH_MS }));
      const isSelected = await eventually(
        'the row to be selected',
        () => row.getAttribute('aria-selected', { timeout: REACH_MS }).catch(() => null),
        (selected) => selected === 'true',
        REACH_MS,
      ).then(
        () => true,
        () => false,
      );
      if (isSelected) {
        return;
      }
    }
  }

  /** Opens a row to what is below it, by the arrow beside it. */
  async expandRow(label: string | RegExp): Promise<void> {
    const row = this.row(label);
    await eventually(
      `the row ${String(label)} to open`,
      async () => {
        await this.reach(`the arrow of the row ${String(label)} to be clicked`, () =>
          row.locator('.monaco-tl-twistie').click({ timeout: REACH_MS }),
        );
        return row.getAttribute('aria-expanded', { timeout: REACH_MS }).catch(() => null);
      },
      (expanded) => expanded === 'true',
    );
  }

  /** Clicks a row. Resolves with the result of `effect`. */
  async openRow<T>(label: string | RegExp, effect: () => Promise<T>): Promise<T> {
    return this.untilRowIsKnown(effect, () => this.clickRow(label));
  }

  /** Clicks an inline action. Resolves with the result of `effect`. */
  async clickRowAction<T>(label: string | RegExp, action: string, effect: () => Promise<T>): Promise<T> {
    const row = this.row(label);
    const button = row.locator(`.actions .action-label[aria-label="${action}"]`);
    return this.untilRowIsKnown(effect, () =>
      // The action is visible only under the pointer, and rows move while their sessions change.
      this.reach(`the action “${action}” of the row ${String(label)} to be clicked`, async () => {
        await row.hover({ timeout: REACH_MS });
        await clickForSure(button, REACH_MS);
      }),
    );
  }

  /** Opens the context menu. Resolves with the titles in it. */
  async openContextMenu(label: string | RegExp): Promise<readonly string[]> {
    const row = this.row(label);
    const items = this.page.locator('.monaco-menu .action-menu-item .action-label');
    await this.reach(`the menu of the row ${String(label)}`, async () => {
      await row.click({ button: 'right', timeout: REACH_MS });
      // None opens if the list is being filled again, or another part takes the focus.
      await items.first().waitFor({ timeout: OPENS_MS });
    });
    const titles = await readAll(items, (elements) => Array.from(elements, (item) => item.textContent));
    return titles.map(tidy).filter((title) => title !== '');
  }

  /** Chooses from the row's context menu. Resolves with the result of `effect`. */
  async chooseFromContextMenu<T>(label: string | RegExp, title: string, effect: () => Promise<T>): Promise<T> {
    return this.untilRowIsKnown(effect, () =>
      eventually(
        `“${title}” to be chosen for the row ${String(label)}`,
        async () => {
          await this.openContextMenu(label);
          return this.chooseFromMenu(title, MENU_MS).then(
            () => true,
            async () => {
              await this.dismissMenu();
              return false;
            },
          );
        },
        Boolean,
      ),
    );
  }

  /**
   * Chooses from the open menu. A menu ignores clicks for its first tenth of a second.
   *
   * @param patience how long it may take to close, in milliseconds
   * @throws if something else closed it
   */
  async chooseFromMenu(title: string, patience = PATIENCE_MS): Promise<void> {
    const item = this.page.locator('.monaco-menu .action-menu-item').filter({ hasText: exactly(title) });
    await item.waitFor({ timeout: patience });
    const click = { hasLanded: false };
    await eventually(
      `the menu to close on “${title}”`,
      async () => {
        if (await item.isVisible()) {
          await clickForSure(item, 1_000).then(
            () => (click.hasLanded = true),
            () => undefined,
          );
        }
        return item.isVisible();
      },
      (isOpen) => !isOpen,
      patience,
    );
    if (!click.hasLanded) {
      throw new Error(`The menu closed before “${title}” was clicked.`);
    }
  }

  /**
   * Closes a menu that ignores clicks. When an editor takes the focus while a menu opens, the menu stays on the screen,
   * and would be mistaken for the next one.
   */
  private async dismissMenu(): Promise<void> {
    const menu = this.page.locator('.monaco-menu').first();
    await eventually(
      'the menu to be gone',
      async () => {
        if (await menu.isVisible()) {
          await this.page.keyboard.press('Escape');
        }
        if (await menu.isVisible()) {
          await this.pointElsewhere();
          await this.page.mouse.down();
          await this.page.mouse.up();
        }
        return menu.isVisible();
      },
      (isOpen) => !isOpen,
    );
  }

  /** The tooltip of a row. */
  async tooltip(label: string | RegExp): Promise<string> {
    const hover = this.page.locator('.workbench-hover .hover-contents, .monaco-hover .hover-contents').first();
    const name = this.row(label).locator('.label-name');
    // A list that is being filled closes the tooltip, or does not open it: a person points again.
    return eventually(
      `what shows on pointing at the row ${String(label)}`,
      async () => {
        await this.reach(`the row ${String(label)} to be pointed at`, () => name.hover({ timeout: REACH_MS }));
        const shown = await hover.innerText({ timeout: HOVER_MS }).catch(() => '');
        if (shown.trim() === '') {
          await this.pointElsewhere();
        }
        return shown.trim();
      },
      // VS Code shows a word of its own until the extension has made the tooltip.
      (shown) => shown !== '' && shown !== 'Loading...',
    );
  }

  /** Text of the welcome view; empty if there is none, for example when there are rows. */
  async welcome(): Promise<string> {
    const content = this.root.locator('.pane-body.welcome .welcome-view-content');
    return (await content.isVisible()) ? (await content.innerText()).trim() : '';
  }

  async waitForWelcome(text: string | RegExp): Promise<string> {
    return eventually(
      `a welcome view with ${String(text)}`,
      () => this.welcome(),
      (shown) => (typeof text === 'string' ? shown.includes(text) : text.test(shown)),
    );
  }

  /** Text above the list; empty if there is none. */
  async message(): Promise<string> {
    const shown = this.root.locator('.tree-explorer-viewlet-tree-view > .message');
    return (await shown.isVisible()) ? (await shown.innerText()).trim() : '';
  }

  async waitForMessage(text: string): Promise<string> {
    return eventually(
      `the message “${text}”`,
      () => this.message(),
      (shown) => shown === text,
    );
  }

  /** The labels of the buttons in the welcome view. */
  async welcomeButtons(): Promise<readonly string[]> {
    const buttons = this.root.locator('.pane-body.welcome .welcome-view-content .monaco-button');
    return (await buttons.allInnerTexts()).map(tidy);
  }

  /** Clicks a button or link in the welcome view. */
  async clickWelcome(label: string): Promise<void> {
    const content = this.root.locator('.pane-body.welcome .welcome-view-content');
    await content
      .locator('.monaco-button, .monaco-link')
      .filter({ hasText: exactly(label) })
      .click();
  }

  /** Clicks an icon in the title of the view. */
  async clickTitleAction(title: string): Promise<void> {
    await this.root.locator(`.composite.title .action-label[aria-label="${title}"]`).click();
  }

  /**
   * Repeats until it works. A tooltip may cover the target, and stays while the pointer does not move: a person then
   * points elsewhere first.
   */
  private async reach(what: string, act: () => Promise<void>): Promise<void> {
    await eventually(
      what,
      async () => {
        const trouble = await act().then(() => undefined, String);
        if (trouble !== undefined) {
          await this.pointElsewhere();
        }
        return trouble;
      },
      (trouble) => trouble === undefined,
    );
  }

  private async pointElsewhere(): Promise<void> {
    const { width, height } = this.page.viewportSize() ?? { width: 0, height: 0 };
    await this.page.mouse.move(width - 1, height / 2);
  }

  /**
   * While VS Code fetches the list again it knows no row. The extension then asks which one is meant, and a person acts
   * again.
   */
  private async untilRowIsKnown<T>(effect: () => Promise<T>, act: () => Promise<unknown>): Promise<T> {
    const question = this.page.getByPlaceholder('The list changed while you clicked');
    for (;;) {
      await act();
      const isAsked = eventually(
        'a question that may not come',
        () => question.isVisible(),
        (is) => is,
      ).then(
        () => undefined,
        () => new Promise<never>(() => undefined),
      );
      const seen = await Promise.race([effect().then((value) => ({ value })), isAsked]);
      if (seen !== undefined) {
        return seen.value;
      }
      await this.page.keyboard.press('Escape');
      await question.waitFor({ state: 'hidden' });
    }
  }

  private row(label: string | RegExp): Locator {
    const name = this.page.locator('.label-name', { hasText: typeof label === 'string' ? exactly(label) : label });
    return this.root.locator('.monaco-list-row[role="treeitem"]').filter({ has: name }).first();
  }
}

function matches(row: TreeRow, label: string | RegExp): boolean {
  return typeof label === 'string' ? row.label === label : label.test(row.label);
}
