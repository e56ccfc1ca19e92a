import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, BrowserContext, Page, Request } from 'playwright-core';
import type { VSCodeServer } from './server';
import { themeSettings, type Theme } from './settings';
import { escapeRegExp, exactly, tidy } from './workbench/dom';
import { eventually, PATIENCE_MS } from '../eventually';
import { Notifications } from './workbench/notifications';
import { Output } from './workbench/output';
import { QuickInput, QuickInputClosedError } from './workbench/quickInput';
import { TreeView } from './workbench/view';

export interface WorkbenchOptions {
  readonly browser: Browser;
  readonly server: VSCodeServer;
  /** Absolute path of the folder to open. */
  readonly folder: string;
  readonly theme?: Theme;
  /** In CSS pixels. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Device pixels per CSS pixel: 2 for sharp screenshots. */
  readonly scale?: number;
  /** Language of extensions that have a translation: `de`. The workbench itself is always English here. */
  readonly language?: string;
  /** Called with the page before it opens anything. */
  readonly onPage?: (page: Page) => void;
}

export interface Clip {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const OPEN_MS = 60_000;
/** How often a command is run when something else closes its quick input. */
const ATTEMPTS = 3;

/** The workbench's CSS class in each theme. */
const BASE_THEMES: Record<Theme, string> = { light: 'vs', dark: 'vs-dark', 'high-contrast': 'hc-black' };

/** VS Code's window, used as a person does: by what is on the screen, with mouse and keyboard. */
export class Workbench {
  readonly quickInput: QuickInput;
  readonly notifications: Notifications;
  readonly output: Output;

  /** URLs opened by `openExternal` and by links, in order. No request leaves this machine. */
  readonly openedLinks: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
    private readonly server: VSCodeServer,
  ) {
    this.quickInput = new QuickInput(page);
    this.notifications = new Notifications(page);
    this.output = new Output(page, () => this.clipboard());
  }

  static async open(options: WorkbenchOptions): Promise<Workbench> {
    const { browser, server, folder, theme, size = { width: 1280, height: 800 }, scale = 1 } = options;
    if (theme) {
      await server.updateUserSettings(themeSettings(theme));
    }
    const context = await browser.newContext({ viewport: { ...size }, deviceScaleFactor: scale });
    context.setDefaultTimeout(PATIENCE_MS);
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: `http://${server.authority}` });
    const page = await context.newPage();
    options.onPage?.(page);
    if (options.language !== undefined) {
      // VS Code's page sets this where a language pack is installed.
      await page.addInitScript(`globalThis._VSCODE_NLS_LANGUAGE = ${JSON.stringify(options.language)}`);
    }
    const workbench = new Workbench(page, context, server);
    await workbench.stayOnThisMachine();
    await page.goto(server.url(folder));
    await workbench.waitUntilOpen();
    return workbench;
  }

  /**
   * Runs a command from the palette, by its whole title: "Cloud Sessions: Refresh".
   *
   * @param use uses the quick input that the command opens. If that closes before it was used, the command is run again
   */
  async runCommand(title: string, use?: () => Promise<unknown>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.openPalette();
        await this.quickInput.type(`>${title}`);
        await this.quickInput.choose(title);
        await use?.();
        return;
      } catch (error) {
        if (!(error instanceof QuickInputClosedError) || attempt === ATTEMPTS) {
          throw error;
        }
      }
    }
  }

  /** The titles that the palette offers for a text. */
  async paletteCommands(typed: string): Promise<readonly string[]> {
    await this.openPalette();
    await this.quickInput.type(`>${typed}`);
    // The list lags behind the typing, so it counts only when it has stopped changing.
    let before = '';
    const labels = await eventually(
      'the commands',
      () => this.quickInput.labels(),
      (now) => {
        const still = now.length > 0 && JSON.stringify(now) === before;
        before = JSON.stringify(now);
        return still;
      },
    );
    await this.quickInput.escape();
    return labels;
  }

  /** A view container's only tree view. */
  view(container: string): TreeView {
    return new TreeView(this.page, container);
  }

  /** Opens a view container by its icon in the activity bar. Resolves with its view. */
  async openView(title: string, container: string): Promise<TreeView> {
    const view = this.view(container);
    const icon = this.page
      .locator('.part.activitybar')
      .getByRole('tab', { name: new RegExp(`^${escapeRegExp(title)}`) });
    // A click on the icon of the open container closes it, and a reload may restore it just before the click.
    await eventually(
      `the view ${title}`,
      async () => {
        if (!(await view.root.isVisible())) {
          await icon.click();
        }
        return view.root.waitFor({ timeout: 3_000 }).then(
          () => true,
          () => false,
        );
      },
      Boolean,
    );
    return view;
  }

  /** The badge on the view container's icon; empty if there is none. */
  async badge(title: string): Promise<string> {
    const tab = this.page
      .locator('.part.activitybar')
      .getByRole('tab', { name: new RegExp(`^${escapeRegExp(title)}`) });
    const content = tab.locator('.badge-content');
    return (await content.isVisible()) ? tidy(await content.textContent()) : '';
  }

  /** The texts of the status bar from the left, without icons. */
  async statusBar(): Promise<readonly string[]> {
    const items = await this.page.locator('.part.statusbar .statusbar-item:visible').allInnerTexts();
    return items.map(tidy).filter((text) => text !== '');
  }

  /** Waits for a status bar item with this text. Resolves with what a screen reader says. */
  async waitForStatus(text: string | RegExp): Promise<string> {
    const item = this.statusItem(text);
    await item.waitFor();
    return tidy(await item.getAttribute('aria-label'));
  }

  async clickStatus(text: string | RegExp): Promise<void> {
    await this.statusItem(text).click();
  }

  /** Waits for a modal dialog. Resolves with its text. */
  async waitForDialog(text: string | RegExp): Promise<string> {
    const dialog = this.page.locator('.monaco-dialog-box').filter({ hasText: text });
    return (await dialog.locator('.dialog-message-container').innerText()).trim();
  }

  /** Clicks a button of the modal dialog. */
  async clickDialog(button: string): Promise<void> {
    await this.page
      .locator('.monaco-dialog-box .monaco-button')
      .filter({ hasText: exactly(button) })
      .click();
  }

  /** Waits until a link that matches was opened. */
  async waitForLink(url: string | RegExp): Promise<string> {
    const opened = await eventually(
      `the link ${String(url)} to be opened`,
      () => [...this.openedLinks],
      (all) => all.some((one) => (typeof url === 'string' ? one === url : url.test(one))),
    );
    return opened.find((one) => (typeof url === 'string' ? one === url : url.test(one)))!;
  }

  async clipboard(): Promise<string> {
    return this.page.evaluate<string>('navigator.clipboard.readText()');
  }

  /** Reloads the window. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.waitUntilOpen();
  }

  /** Changes the theme, which reloads the window. */
  async setTheme(theme: Theme): Promise<void> {
    await this.server.updateUserSettings(themeSettings(theme));
    await this.reload();
    await this.page.locator(`.monaco-workbench.${BASE_THEMES[theme]}`).waitFor();
  }

  /** Saves a PNG of the window, or of a part of it, in CSS pixels. */
  async screenshot(file: string, clip?: Clip): Promise<void> {
    await mkdir(path.dirname(file), { recursive: true });
    await this.page.screenshot({ path: file, ...(clip && { clip }) });
  }

  /** Closes the window. The server goes on. */
  async close(): Promise<void> {
    await this.context.close();
  }

  /**
   * Presses the key until the palette opens: it is lost while another tab has the focus, or before the workbench
   * listens.
   */
  private async openPalette(): Promise<void> {
    await eventually(
      'the command palette',
      async () => {
        await this.page.bringToFront();
        await this.page.keyboard.press('F1');
        return this.quickInput.waitFor('Type the name of a command to run', 2_000).catch(String);
      },
      (shown) => typeof shown !== 'string',
    );
  }

  private statusItem(text: string | RegExp) {
    return this.page.locator('.part.statusbar .statusbar-item').filter({ hasText: text }).first();
  }

  private async waitUntilOpen(): Promise<void> {
    await this.page.locator('.monaco-workbench .part.statusbar .statusbar-item').first().waitFor({ timeout: OPEN_MS });
  }

  /** Whether the request comes from a frame of the workbench's page. */
  private isOurs(request: Request): boolean {
    try {
      return request.frame().page() === this.page;
    } catch {
      // A page that is just being opened has no frame yet.
      return false;
    }
  }

  /**
   * Answers links that open in a new page, and aborts all other requests to other servers, such as VS Code's for its
   * gallery.
   */
  private async stayOnThisMachine(): Promise<void> {
    const origin = `http://${this.server.authority}`;
    await this.context.route(
      (url) => url.protocol.startsWith('http') && url.origin !== origin,
      async (route) => {
        const request = route.request();
        if (request.isNavigationRequest() && !this.isOurs(request)) {
          this.openedLinks.push(request.url());
          await route.fulfill({ contentType: 'text/html', body: '<title>Opened</title>' });
        } else {
          await route.abort();
        }
      },
    );
    this.context.on(
      'page',
      (opened) =>
        void opened.waitForLoadState().then(
          () => opened.close(),
          () => undefined,
        ),
    );
  }
}
