import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { sanitizeLine } from '../../core/common/sanitize';
import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import { plainLabel } from '../common/plainMessage';
import { presentRow } from '../rows/rowPresentation';
import { isSessionNode } from '../rows/treeModel';

/**
 * @param argument a session's id, its task's id, or the row itself
 * @throws `session-not-found` if there is no such row
 */
export function rowOfArgument(store: Pick<SessionStore, 'find'>, argument: unknown): SessionRow | undefined {
  const id = typeof argument === 'string' ? argument : isSessionNode(argument) ? argument.key : undefined;
  if (id === undefined) {
    return undefined;
  }
  const row = store.find(id);
  if (row === undefined) {
    throw new CloudSessionsError(
      'session-not-found',
      l10n.t('There is no session with the id {0}.', sanitizeLine(id).slice(0, 100)),
      { nextStep: l10n.t('Refresh the list of sessions and choose one of them.') },
    );
  }
  return row;
}

/**
 * Lets the user choose among the sessions to which the command applies.
 *
 * @param isLost the user has chosen one, but the list changed at that moment. The list of sessions then stays open until
 * it is answered: if it closed on a change of focus, the click would be lost without a word.
 */
export async function pickRow(
  store: SessionStore,
  title: string,
  isApplicable: (row: SessionRow) => boolean,
  isLost = false,
): Promise<SessionRow | undefined> {
  const items = store.rows
    .filter((row) => isApplicable(row))
    .map((row) => {
      const { label, description, icon } = presentRow(row, new Date(), vscode.env.language);
      return { label: `$(${icon}) ${plainLabel(label)}`, description: plainLabel(description), row };
    });
  if (items.length === 0) {
    void vscode.window.showInformationMessage(l10n.t('{0}: no session is available for this command.', title));
    return undefined;
  }
  const chosen = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: isLost
      ? l10n.t('The list changed while you clicked. Choose the session here.')
      : l10n.t('Choose a session'),
    matchOnDescription: true,
    ignoreFocusOut: isLost,
  });
  return chosen?.row;
}
