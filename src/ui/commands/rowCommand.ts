import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { readSessionArgument } from './commandArguments';
import { showError, type Action } from '../common/errors';
import { isCallByCode } from './registerCommand';
import { pickRow, rowOfArgument } from './sessionArgument';
import type { SessionNode } from '../rows/treeModel';

export interface RowCommandOptions {
  readonly store: SessionStore;
  /** Said above the list to choose from. */
  readonly title: string;
  readonly suits: (row: SessionRow) => boolean;
  readonly run: (row: SessionRow) => unknown;
  /** It is about sessions that could not be created, rather than those that were. */
  readonly ofCreations?: boolean;
  /** Buttons for a failure, beside those that always help. */
  readonly remedies?: (row: SessionRow) => readonly Action[];
  /** The row that is selected in the view: meant by key bindings, whose argument is `{"selected": true}`. */
  readonly selected?: () => Promise<SessionNode | undefined>;
}

const LOST_ROW = 'The list was changing as you clicked: choose the session here';

/**
 * A command on one session, to be given to `registerCommand`. By id, as code calls it, it asks nothing and rejects on
 * failure; by row or by choice, as a person does, it shows what went wrong, with what helps this row.
 */
export function rowCommand({
  store,
  title,
  suits,
  run,
  ofCreations = false,
  remedies,
  selected,
}: RowCommandOptions): (...args: readonly unknown[]) => unknown {
  const offered = (row: SessionRow): boolean => (row.creation !== undefined) === ofCreations && suits(row);
  return async (...args) => {
    const [argument] = args;
    const { kind } = readSessionArgument(argument, title);
    if (isCallByCode(args)) {
      const named = rowOfArgument(store, argument);
      if (named === undefined) {
        throw new CloudSessionsError('invalid-argument', 'This command needs the id of a session.');
      }
      return run(named);
    }
    let row: SessionRow | undefined;
    try {
      const byKey = kind === 'selected';
      const node = byKey ? await selected?.() : argument;
      const known = rowOfArgument(store, node);
      if (byKey && known !== undefined && !suits(known)) {
        // The menu would not offer it: the key does nothing.
        return undefined;
      }
      row = known ?? (await pickRow(store, title, offered, isLost(args) ? LOST_ROW : undefined));
      return row && (await run(row));
    } catch (error) {
      void showError(error, ...(row === undefined ? [] : (remedies?.(row) ?? [])));
      return undefined;
    }
  };
}

/**
 * While VS Code fetches the whole tree anew, it knows none of its rows, and the actions of all give `undefined` for
 * theirs. From the palette there is no argument at all.
 */
function isLost(args: readonly unknown[]): boolean {
  return args.length > 0 && args[0] === undefined;
}
