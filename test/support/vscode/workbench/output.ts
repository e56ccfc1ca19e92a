import type { Locator, Page } from 'playwright-core';
import { eventually, PATIENCE_MS } from '../../eventually';

/** The Output panel. */
export class Output {
  readonly root: Locator;

  private readonly switcher: Locator;

  constructor(
    private readonly page: Page,
    private readonly clipboard: () => Promise<string>,
  ) {
    this.root = page.locator('[id="workbench.panel.output"]');
    this.switcher = page.locator('.part.panel .composite.title select.monaco-select-box');
  }

  /** The names of all channels, including VS Code's own. */
  async channels(): Promise<readonly string[]> {
    return (await this.switcher.locator('option:not([disabled])').allTextContents()).map((name) => name.trim());
  }

  /** The name of the visible channel; `undefined` when the panel is not open. */
  async channel(): Promise<string | undefined> {
    return (await this.switcher.isVisible()) ? this.switcher.inputValue() : undefined;
  }

  /** Waits until a channel with this name is visible, for an action that reveals it. */
  async waitForChannel(name: string | RegExp): Promise<string> {
    const shown = await eventually(
      `the output channel ${String(name)}`,
      () => this.channel(),
      (current) => current !== undefined && (typeof name === 'string' ? current === name : name.test(current)),
    );
    return shown!;
  }

  /** Switches to a channel. The panel has to be open. */
  async select(name: string): Promise<void> {
    await this.switcher.selectOption({ label: name });
    await this.waitForChannel(name);
  }

  /**
   * The whole text of the channel, including what is scrolled out of view, copied as a person would copy it. Afterwards
   * it is scrolled to the last line, where the panel follows new text.
   */
  async text(): Promise<string> {
    await this.focus();
    const marker = `nothing copied ${Date.now()} ${Math.random()}`;
    await this.page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(marker)})`);
    await this.page.keyboard.press('ControlOrMeta+A');
    await this.page.keyboard.press('ControlOrMeta+C');
    const copied = await eventually('the copied output', this.clipboard, (text) => text !== marker, 2_000).catch(
      // Without a selection nothing is copied: the channel is empty.
      () => '',
    );
    await this.page.keyboard.press('ControlOrMeta+End');
    return copied.replaceAll('\r\n', '\n');
  }

  /** Waits until the whole text contains this. */
  async waitForText(text: string | RegExp, patience?: number): Promise<string> {
    return eventually(
      `output with ${String(text)}`,
      () => this.text(),
      (all) => (typeof text === 'string' ? all.includes(text) : text.test(all)),
      patience,
    );
  }

  /** Scrolls to the first line, where the panel then stays. */
  async scrollToTop(): Promise<void> {
    await this.focus();
    await this.page.keyboard.press('ControlOrMeta+Home');
  }

  /**
   * Follows a link in the text, which has to be visible. Uses the pointer only: the editor redraws the link at each
   * move over it, so an element found earlier would be gone at the click.
   */
  async clickLink(text: string, timeout = PATIENCE_MS): Promise<void> {
    const link = this.root.locator('.detected-link, .detected-link-active').filter({ hasText: text }).first();
    const box = await link.boundingBox({ timeout });
    if (box === null) {
      throw new Error(`The link ${text} is not in sight.`);
    }
    const { mouse, keyboard } = this.page;
    await mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await keyboard.down('ControlOrMeta');
    try {
      await this.root.locator('.detected-link-active').first().waitFor({ timeout });
      await mouse.down();
      await mouse.up();
    } finally {
      await keyboard.up('ControlOrMeta');
    }
  }

  private async focus(): Promise<void> {
    // `textarea` before VS Code 1.101.
    await this.root.locator('.native-edit-context, textarea.inputarea').first().focus();
  }
}
