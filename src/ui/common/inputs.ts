import * as vscode from 'vscode';

/** What all inputs have, be they one or a step of several. */
export interface InputFrame {
  readonly title: string;
  /** From 1 on. From the second step on there is a button that leads back. */
  readonly step?: number;
  readonly totalSteps?: number;
  /** Ends the input when what it is about is gone. */
  readonly token?: vscode.CancellationToken;
}

/** One result, and the end of the input with it. Later ones are of no effect. */
export type End<Result> = ((result: Result) => void) & { readonly isOver: () => boolean };

/**
 * Shows an input until it has a result, and leaves nothing behind: its disposal takes all its listeners along.
 *
 * @param input as `createQuickPick` or `createInputBox` made it, with what is shown in it
 * @param listen is to listen for what gives a result
 * @param back the result of the button that leads back
 * @returns `undefined` if it was closed, or is about something that is gone
 */
export function showInput<Result>(
  input: vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox,
  { title, step, totalSteps, token }: InputFrame,
  listen: (end: End<Result>) => void,
  back?: () => Result,
): Promise<Result | undefined> {
  input.title = title;
  input.step = step;
  input.totalSteps = totalSteps;
  // One looks at other places before one answers; what was typed is not lost to a click there.
  input.ignoreFocusOut = true;
  input.buttons = [...((step ?? 1) > 1 ? [vscode.QuickInputButtons.Back] : []), ...input.buttons];
  return new Promise((resolve) => {
    let isOver = false;
    const finish = (result: Result | undefined): void => {
      if (!isOver) {
        isOver = true;
        resolve(result);
        gone?.dispose();
        input.dispose();
      }
    };
    const gone = token?.onCancellationRequested(() => finish(undefined));
    input.onDidTriggerButton((button) => {
      if (button === vscode.QuickInputButtons.Back) {
        finish(back?.());
      }
    });
    input.onDidHide(() => finish(undefined));
    listen(Object.assign(finish as (result: Result) => void, { isOver: () => isOver }));
    if (token?.isCancellationRequested === true) {
      finish(undefined);
    } else {
      input.show();
    }
  });
}
