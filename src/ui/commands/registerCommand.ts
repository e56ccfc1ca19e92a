import * as vscode from 'vscode';
import { isRecord } from '../../core/common/json';
import { USER_TWINS } from '../../manifest';
import { runAndReport } from '../common/errors';
import { isSessionNode } from '../rows/treeModel';
import { isViewNode } from '../rows/viewNodes';

export type CommandHandler = (...args: readonly unknown[]) => unknown;

/**
 * Registers a command. All commands of this extension are registered here, so that each failure is reported once.
 *
 * - Code calls a command with an argument (valid or not): the command asks nothing, and rejects on failure.
 * - A person uses it without an argument (palette, view title, welcome view, status bar), on a row, by a key (whose
 *   argument is `{"selected": true}`), or on a document (a `Uri`): the command shows its failure with the buttons that
 *   help, and resolves. VS Code would show a rejection as "Command … resulted in an error".
 * - A command of the contract without an argument (`refresh`, `restartRuntime`, `showRuntimeLog`, `diagnose`) cannot
 *   distinguish the two: VS Code passes the same from the palette as another extension does. Its own id is for code, and
 *   always rejects; people use its twin, `cloudSessions.user.…`, which has the same title. A test checks that menus,
 *   keys, welcome views and the status bar use the twins.
 *
 * @param isCall whether the arguments come from code
 */
export function registerCommand(
  id: string,
  handler: CommandHandler,
  isCall: (args: readonly unknown[]) => boolean = isCallByCode,
): vscode.Disposable {
  return vscode.commands.registerCommand(id, (...args: readonly unknown[]) => {
    const run = (): Promise<unknown> => new Promise((resolve) => resolve(handler(...args)));
    return isCall(args) ? run() : runAndReport(run);
  });
}

const TWINS: ReadonlyMap<string, string> = new Map(USER_TWINS);

/** Registers commands, and the twins for people of those that have one. */
export function registerCommands(table: Readonly<Record<string, CommandHandler>>): vscode.Disposable {
  const registrations = Object.entries(table).flatMap(([id, handler]) => {
    const twin = TWINS.get(id);
    return twin === undefined
      ? [registerCommand(id, handler)]
      : [registerCommand(id, handler, always), registerCommand(twin, () => handler(), never)];
  });
  return vscode.Disposable.from(...registrations);
}

/** `isCall` of commands that only people use, whatever the argument. */
export const never = (): boolean => false;
/** `isCall` of commands that have a twin for people. */
export const always = (): boolean => true;

export function isCallByCode([argument]: readonly unknown[]): boolean {
  // `undefined` may become `null` on its way from the window.
  if (argument === undefined || argument === null) {
    return false;
  }
  const isKey = isRecord(argument) && argument['selected'] === true;
  return !isKey && !isSessionNode(argument) && !isViewNode(argument) && !(argument instanceof vscode.Uri);
}
