import * as l10n from '@vscode/l10n';
import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { readSessionArgument } from './commandArguments';
import { showError, type Action } from '../common/errors';
import { isCallByCode } from './registerCommand';
import { pickRow, rowOfArgument } from './sessionArgument';
import { isSessionNode, type SelectedNode } from '../rows/treeModel';

export interface RowCommandOptions {
  readonly store: SessionStore;
  /** Title of the list to choose from. */
  readonly title: string;
  readonly isApplicable: (row: SessionRow) => boolean;
  readonly run: (row: SessionRow) => unknown;
  /** The command works on failed creations, rather than on sessions. */
  readonly ofCreations?: boolean;
  /** Additional buttons for a failure. */
  readonly remedies?: (row: SessionRow) => readonly Action[];
  /** The selected row of the view: used by key bindings, whose argument is `{"selected": true}`. */
  readonly selected?: () => Promise<SelectedNode | undefined>;
}

/**
 * A handler for `registerCommand` of a command on one session. Called by code with an id, it asks nothing and rejects on
 * failure. Used by a person, on a row or after a choice, it shows the failure with the buttons for that row.
 */
export function rowCommand({
  store,
  title,
  isApplicable,
  run,
  ofCreations = false,
  remedies,
  selected,
}: RowCommandOptions): (...args: readonly unknown[]) => unknown {
  const offered = (row: SessionRow): boolean => (row.creation !== undefined) === ofCreations && isApplicable(row);
  return async (...args) => {
    const [argument] = args;
    const { kind } = readSessionArgument(argument, title);
    if (isCallByCode(args)) {
      const named = rowOfArgument(store, argument);
      if (named === undefined) {
        throw new CloudSessionsError('invalid-argument', l10n.t('This command needs the id of a session.'));
      }
      return run(named);
    }
    let row: SessionRow | undefined;
    try {
      const byKey = kind === 'selected';
      const node = byKey ? await selected?.() : argument;
      if (byKey && node !== undefined && !isSessionNode(node)) {
        // A key that is for sessions does nothing on a file.
        return undefined;
      }
      const known = rowOfArgument(store, node);
      if (byKey && known !== undefined && !isApplicable(known)) {
        // The menu does not offer the command for this row: the key does nothing.
        return undefined;
      }
      row = known ?? (await pickRow(store, title, offered, isLost(args)));
      return row && (await run(row));
    } catch (error) {
      void showError(error, ...(row === undefined ? [] : (remedies?.(row) ?? [])));
      return undefined;
    }
  };
}

/**
 * While VS Code reloads the whole tree, it knows no rows, and the actions of rows pass `undefined` as their row. From the
 * palette there is no argument at all.
 */
function isLost(args: readonly unknown[]): boolean {
  return args.length > 0 && args[0] === undefined;
}
