import * as vscode from 'vscode';
import { isRecord } from '../../core/common/json';
import { USER_TWINS } from '../../manifest';
import { runAndReport } from '../common/errors';
import { isSessionNode } from '../rows/treeModel';

export type CommandHandler = (...args: readonly unknown[]) => unknown;

/**
 * Registers a command; all commands of this extension are registered here, so that each failure is told once, and by
 * whoever can tell it best.
 *
 * - Code calls a command with an argument (an id, an object, or what is none of what it takes): it asks nothing, and
 *   rejects on failure.
 * - A person uses it without an argument (palette, view title, welcome view, status bar), on a row, by a key (whose
 *   argument is `{"selected": true}`), or on a document (a `Uri`): it shows its failure itself, with the buttons that
 *   help, and resolves. What a person's command rejects with, VS Code would show as "Command … resulted in an error".
 * - A command of the contract that takes no argument (`refresh`, `restartRuntime`, `showRuntimeLog`, `diagnose`) cannot
 *   tell the two apart: VS Code passes the same from the palette as another extension does. So its own id is for code,
 *   and always rejects; whatever a person uses runs its twin, `cloudSessions.user.…`, which has the same title. A test
 *   holds menus, keys, welcome views and the status bar to the twins.
 *
 * @param isCall whether these arguments are a call by code
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

/** Registers commands, and with each that has one its twin for people. */
export function registerCommands(table: Readonly<Record<string, CommandHandler>>): vscode.Disposable {
  const registrations = Object.entries(table).flatMap(([id, handler]) => {
    const twin = TWINS.get(id);
    return twin === undefined
      ? [registerCommand(id, handler)]
      : [registerCommand(id, handler, always), registerCommand(twin, () => handler(), never)];
  });
  return vscode.Disposable.from(...registrations);
}

/** For commands that only people use, whatever the argument. */
export const never = (): boolean => false;
/** For commands that have a twin for people. */
export const always = (): boolean => true;

export function isCallByCode([argument]: readonly unknown[]): boolean {
  // On the way from the window, `undefined` may become `null`.
  if (argument === undefined || argument === null) {
    return false;
  }
  const isKey = isRecord(argument) && argument['selected'] === true;
  return !isKey && !isSessionNode(argument) && !(argument instanceof vscode.Uri);
}
