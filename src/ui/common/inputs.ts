import * as vscode from 'vscode';
import { isCancelled } from '../../core/common/async';

/** Properties that every input has, single or a step of several. */
export interface InputFrame {
  readonly title: string;
  /** Starts at 1. Steps after the first have a Back button. */
  readonly step?: number;
  readonly totalSteps?: number;
  /** Closes the input when its subject is gone. */
  readonly token?: vscode.CancellationToken;
}

/** Closes the input with a result. Only the first call has an effect. */
export type End<Result> = ((result: Result) => void) & { readonly isOver: () => boolean };

/**
 * Shows an input until it has a result. Disposing the input removes all its listeners.
 *
 * @param input from `createQuickPick` or `createInputBox`, with its content
 * @param listen registers the listeners that lead to a result
 * @param back the result of the Back button
 * @returns `undefined` if the input was closed, or its subject is gone
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
  // The user may look at other places before answering; a click there must not discard the input.
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
    if (isCancelled(token)) {
      finish(undefined);
    } else {
      input.show();
    }
  });
}
