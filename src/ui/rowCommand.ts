import type { SessionRow } from '../core/sessionRow';
import type { SessionStore } from '../core/sessionStore';
import { CloudSessionsError } from '../core/errors';
import { isRecord } from '../core/json';
import { showError } from './errors';
import { pickRow, rowOfArgument } from './sessionArgument';
import type { SessionNode } from './treeModel';

export interface RowCommandOptions {
  readonly store: SessionStore;
  /** Said above the list to choose from. */
  readonly title: string;
  readonly suits: (row: SessionRow) => boolean;
  readonly run: (row: SessionRow) => unknown;
  /** The row that is selected in the view: meant by key bindings, whose argument is `{"selected": true}`. */
  readonly selected?: () => SessionNode | undefined;
}

/**
 * A command on one session. By id, as code calls it, it asks nothing and rejects on failure; by row or by choice, as a
 * person does, it shows what went wrong.
 */
export function rowCommand({ store, title, suits, run, selected }: RowCommandOptions): (argument: unknown) => unknown {
  return async (argument) => {
    if (typeof argument === 'string') {
      const row = rowOfArgument(store, argument);
      if (row === undefined) {
        throw new CloudSessionsError('invalid-argument', 'This command needs the id of a session.');
      }
      return run(row);
    }
    try {
      const byKey = isRecord(argument) && argument['selected'] === true;
      const node = byKey ? selected?.() : argument;
      const known = rowOfArgument(store, node);
      if (byKey && known !== undefined && !suits(known)) {
        // The menu would not offer it: the key does nothing.
        return undefined;
      }
      const row = known ?? (await pickRow(store, title, suits));
      return row && (await run(row));
    } catch (error) {
      void showError(error);
      return undefined;
    }
  };
}
