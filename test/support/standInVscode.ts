import { replaceMembers } from './vscodeStub';

/** A message on the screen. It stays until it is closed or one of its buttons is pressed. */
export interface ShownMessage {
  readonly text: string;
  readonly buttons: readonly string[];
  click(title: string): void;
  close(): void;
}

/** The part of VS Code's API that notifications need, for modules that are loaded while it is installed. */
export class StandInVscode {
  readonly messages: ShownMessage[] = [];
  readonly commands: unknown[][] = [];
  private restore: () => void = () => undefined;

  install(): void {
    const show = (text: string, ...items: readonly (string | { readonly title: string })[]): Promise<unknown> =>
      new Promise((resolve) => {
        const titleOf = (item: string | { readonly title: string }): string =>
          typeof item === 'string' ? item : item.title;
        this.messages.push({
          text,
          buttons: items.map(titleOf),
          click: (title) => resolve(items.find((item) => titleOf(item) === title)),
          close: () => resolve(undefined),
        });
      });
    this.restore = replaceMembers({
      window: {
        showInformationMessage: show,
        showWarningMessage: show,
        showErrorMessage: show,
        state: { focused: false },
        visibleTextEditors: [],
      },
      commands: {
        executeCommand: (...command: unknown[]) => {
          this.commands.push(command);
          return Promise.resolve();
        },
      },
      api: {
        workspace: { getConfiguration: () => ({ get: () => true }) },
        env: { language: 'en' },
        CancellationTokenSource: class {
          readonly token = { isCancellationRequested: false };
          cancel(): void {
            this.token.isCancellationRequested = true;
          }
          dispose(): void {
            this.token.isCancellationRequested = true;
          }
        },
      },
    });
  }

  uninstall(): void {
    this.restore();
  }
}
