import * as vscode from 'vscode';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { sanitizeLine } from '../../core/common/sanitize';
import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import { plainLabel } from '../common/plainMessage';
import { presentRow } from '../rows/rowPresentation';
import { isSessionNode } from '../rows/treeModel';

/** A command's argument: a session's id, its task's id, or the row itself. */
export function rowOfArgument(store: SessionStore, argument: unknown): SessionRow | undefined {
  const id = typeof argument === 'string' ? argument : isSessionNode(argument) ? argument.key : undefined;
  if (id === undefined) {
    return undefined;
  }
  const row = store.find(id);
  if (row === undefined) {
    throw new CloudSessionsError(
      'session-not-found',
      `There is no session with the id ${sanitizeLine(id).slice(0, 100)}.`,
      {
        nextStep: 'Refresh the list of sessions and choose one of them.',
      },
    );
  }
  return row;
}

/** Lets the user choose among the sessions that the command can work on. */
export async function pickRow(
  store: SessionStore,
  title: string,
  suits: (row: SessionRow) => boolean,
  placeHolder = 'Choose a session',
): Promise<SessionRow | undefined> {
  const items = store.rows
    .filter((row) => suits(row))
    .map((row) => {
      const { label, description, icon } = presentRow(row, new Date(), vscode.env.language);
      return { label: `$(${icon}) ${plainLabel(label)}`, description: plainLabel(description), row };
    });
  if (items.length === 0) {
    void vscode.window.showInformationMessage(`${title}: there is no session that this could be done with.`);
    return undefined;
  }
  const chosen = await vscode.window.showQuickPick(items, {
    title,
    placeHolder,
    matchOnDescription: true,
  });
  return chosen?.row;
}
