import type { Locator, Page } from 'playwright-core';
import { exactly, readAll, tidy } from './dom';
import { eventually } from './eventually';

export interface TreeRow {
  readonly label: string;
  readonly description: string;
  /** What a screen reader says. */
  readonly ariaLabel: string;
  /** The codicon's name, such as `loading`; empty without one. */
  readonly icon: string;
  /** The titles of the inline actions. */
  readonly actions: readonly string[];
}

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

  /** The rows on the screen, from the top. Empty as well when the view is not open. */
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

  /** Waits until the rows are as `accept` wants them; `what` names them in the error. */
  async waitForRows(what: string, accept: (rows: readonly TreeRow[]) => boolean): Promise<readonly TreeRow[]> {
    return eventually(what, () => this.rows(), accept);
  }

  async clickRow(label: string | RegExp): Promise<void> {
    await this.row(label).click();
  }

  /**
   * Clicks an inline action: it shows under the pointer only, and rows move while their sessions change. A click while
   * VS Code fetches the list anew has no row: the extension then asks for it, and the click is made again.
   */
  async clickRowAction(label: string | RegExp, action: string): Promise<void> {
    const row = this.row(label);
    const button = row.locator(`.actions .action-label[aria-label="${action}"]`);
    await eventually(
      `the action “${action}” of the row ${String(label)} to be clicked`,
      async () => {
        await row.hover();
        const trouble = await button.click({ timeout: 1_000 }).catch(String);
        return trouble ?? ((await this.hasLostRow()) ? 'the list was changing' : undefined);
      },
      (trouble) => trouble === undefined,
    );
  }

  /** Opens the context menu, and resolves with the titles in it. */
  async openContextMenu(label: string | RegExp): Promise<readonly string[]> {
    await this.row(label).click({ button: 'right' });
    const items = this.page.locator('.monaco-menu .action-menu-item .action-label');
    await items.first().waitFor();
    const titles = await readAll(items, (elements) => Array.from(elements, (item) => item.textContent));
    return titles.map(tidy).filter((title) => title !== '');
  }

  /** Chooses from the row's context menu. */
  async chooseFromContextMenu(label: string | RegExp, title: string): Promise<void> {
    await this.openContextMenu(label);
    await this.chooseFromMenu(title);
  }

  /** Chooses from the menu that is open. For its first tenth of a second a menu takes no clicks. */
  async chooseFromMenu(title: string): Promise<void> {
    const item = this.page.locator('.monaco-menu .action-menu-item').filter({ hasText: exactly(title) });
    await item.waitFor();
    await eventually(
      `the menu to close on “${title}”`,
      async () => {
        if (await item.isVisible()) {
          await item.click({ timeout: 1_000 }).catch(() => undefined);
        }
        return item.isVisible();
      },
      (isOpen) => !isOpen,
    );
  }

  /** What shows on hovering over the row. */
  async tooltip(label: string | RegExp): Promise<string> {
    const hover = this.page.locator('.workbench-hover .hover-contents, .monaco-hover .hover-contents').first();
    await this.row(label).locator('.label-name').hover();
    await hover.waitFor();
    return (await hover.innerText()).trim();
  }

  /** Text of the welcome view: empty when there is none, as when there are rows. */
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

  /** The labels of the welcome view's buttons. */
  async welcomeButtons(): Promise<readonly string[]> {
    const buttons = this.root.locator('.pane-body.welcome .welcome-view-content .monaco-button');
    return (await buttons.allInnerTexts()).map(tidy);
  }

  /** Clicks a button or link of the welcome view. */
  async clickWelcome(label: string): Promise<void> {
    const content = this.root.locator('.pane-body.welcome .welcome-view-content');
    await content
      .locator('.monaco-button, .monaco-link')
      .filter({ hasText: exactly(label) })
      .click();
  }

  /** Clicks an icon in the view's title. */
  async clickTitleAction(title: string): Promise<void> {
    await this.root.locator(`.composite.title .action-label[aria-label="${title}"]`).click();
  }

  private async hasLostRow(): Promise<boolean> {
    const question = this.page.getByPlaceholder('The list was changing as you clicked');
    const isAsked = await question.waitFor({ timeout: 600 }).then(
      () => true,
      () => false,
    );
    if (isAsked) {
      await this.page.keyboard.press('Escape');
    }
    return isAsked;
  }

  private row(label: string | RegExp): Locator {
    const name = this.page.locator('.label-name', { hasText: typeof label === 'string' ? exactly(label) : label });
    return this.root.locator('.monaco-list-row[role="treeitem"]').filter({ has: name }).first();
  }
}

function matches(row: TreeRow, label: string | RegExp): boolean {
  return typeof label === 'string' ? row.label === label : label.test(row.label);
}
