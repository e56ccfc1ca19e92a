import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { sanitizeLine } from '../../core/common/sanitize';
import type { SessionStore } from '../../core/store/sessionStore';
import { Command } from '../../manifest';
import type { ArrangementMemory } from './arrangementMemory';
import { byHand, readFilterArgument, readWord } from '../commands/commandArguments';
import { registerCommand } from '../commands/registerCommand';
import {
  collatorFor,
  isFiltered,
  NO_FILTER,
  placeOf,
  PLACES,
  readArrangement,
  repositoryId,
  type Grouping,
  type Place,
  type RowFilter,
  type Sorting,
} from '../rows/arrangement';
import { STATUS_NAMES } from '../rows/statusNames';
import { SESSION_STATUSES } from '../../core/activity/activity';

const GROUPING_LABELS: Readonly<Record<Grouping, string>> = {
  none: l10n.t({ message: 'None', comment: ['How the list of sessions is grouped'] }),
  state: l10n.t({ message: 'State', comment: ['How the list of sessions is grouped'] }),
  repository: l10n.t({ message: 'Repository', comment: ['How the list of sessions is grouped'] }),
  date: l10n.t({ message: 'Date', comment: ['How the list of sessions is grouped'] }),
};
const SORTING_LABELS: Readonly<Record<Sorting, string>> = {
  changed: l10n.t({ message: 'Last Change', comment: ['How the list of sessions is sorted'] }),
  created: l10n.t({ message: 'Created', comment: ['How the list of sessions is sorted'] }),
  title: l10n.t({ message: 'Title', comment: ['How the list of sessions is sorted'] }),
};

const PLACE_LABELS: Readonly<Record<Place, string>> = {
  cloud: l10n.t('In the cloud'),
  machine: l10n.t('On another machine'),
  local: l10n.t('On this machine'),
};

/** A value of the filter; separators have none. */
interface FilterItem extends vscode.QuickPickItem {
  readonly part?: keyof RowFilter;
  readonly value?: string;
}

/** Commands that filter, group and sort the list. With an argument, they ask nothing. */
export class ArrangementCommands {
  constructor(
    private readonly store: SessionStore,
    private readonly memory: ArrangementMemory,
  ) {}

  register(): vscode.Disposable {
    const register = (id: string, run: (argument: unknown) => unknown): vscode.Disposable => registerCommand(id, run);
    return vscode.Disposable.from(
      register(Command.filter, (argument) => this.filter(argument)),
      register(Command.clearFilter, () => this.memory.change({ filter: NO_FILTER })),
      register(Command.groupBy, async (argument) => {
        const { grouping } = this.memory.current;
        const chosen = await choose(Command.groupBy, l10n.t('Group Sessions By'), GROUPING_LABELS, grouping, argument);
        this.memory.change({ grouping: chosen ?? grouping });
      }),
      register(Command.sortBy, async (argument) => {
        const { sorting } = this.memory.current;
        const chosen = await choose(Command.sortBy, l10n.t('Sort Sessions By'), SORTING_LABELS, sorting, argument);
        this.memory.change({ sorting: chosen ?? sorting });
      }),
    );
  }

  private async filter(argument: unknown): Promise<void> {
    if (!byHand(argument)) {
      this.memory.change({ filter: readFilterArgument(argument) });
      return;
    }
    const items = this.filterItems(this.memory.current.filter);
    const chosen = await vscode.window.showQuickPick(items, {
      title: l10n.t('Filter Sessions'),
      placeHolder: l10n.t('Select what to show. Where nothing is selected, everything is shown.'),
      canPickMany: true,
      matchOnDescription: true,
    });
    if (chosen === undefined) {
      return;
    }
    const valuesOf = (part: keyof RowFilter): string[] =>
      chosen.filter((item) => item.part === part).flatMap(({ value }) => value ?? []);
    const filter = readArrangement({
      filter: { statuses: valuesOf('statuses'), repositories: valuesOf('repositories'), places: valuesOf('places') },
    }).filter;
    this.memory.change({ filter });
    if (!isFiltered(filter)) {
      vscode.window.setStatusBarMessage(`$(check) ${l10n.t('All sessions are shown')}`, 3_000);
    }
  }

  private filterItems(filter: RowFilter): FilterItem[] {
    const { rows } = this.store;
    const repositories = new Map<string, string>(
      filter.repositories.map((id) => [id, id === '' ? l10n.t('No repository') : id]),
    );
    for (const row of rows) {
      repositories.set(
        repositoryId(row),
        row.repository === undefined ? l10n.t('No repository') : sanitizeLine(row.repository),
      );
    }
    const count = (matching: number): string =>
      matching === 0
        ? l10n.t({ message: 'none now', comment: ['No session has this property at present'] })
        : matching.toLocaleString(vscode.env.language);
    const collator = collatorFor(vscode.env.language);
    const separator = (label: string): FilterItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
    return [
      separator(l10n.t({ message: 'State', comment: ['A heading: what to filter by'] })),
      ...SESSION_STATUSES.map((status) => ({
        label: STATUS_NAMES[status],
        description: count(rows.filter((row) => row.status === status).length),
        part: 'statuses' as const,
        value: status,
        picked: filter.statuses.includes(status),
      })),
      separator(l10n.t({ message: 'Where', comment: ['A heading: where the agent runs'] })),
      ...PLACES.map((place) => ({
        label: PLACE_LABELS[place],
        description: count(rows.filter((row) => placeOf(row) === place).length),
        part: 'places' as const,
        value: place,
        picked: filter.places.includes(place),
      })),
      separator(l10n.t({ message: 'Repository', comment: ['A heading: what to filter by'] })),
      ...[...repositories]
        .sort(([a, nameA], [b, nameB]) => Number(a === '') - Number(b === '') || collator.compare(nameA, nameB))
        .map(([id, label]) => ({
          label,
          description: count(rows.filter((row) => repositoryId(row) === id).length),
          part: 'repositories' as const,
          value: id,
          picked: filter.repositories.includes(id),
        })),
    ];
  }
}

/** Lets the user choose a value; the current one has a check mark. */
async function choose<Value extends string>(
  command: string,
  title: string,
  labels: Readonly<Record<Value, string>>,
  current: Value,
  argument: unknown,
): Promise<Value | undefined> {
  const values = Object.keys(labels) as Value[];
  if (!byHand(argument)) {
    return readWord(argument, command, values);
  }
  const items = values.map((value) => ({
    label: `${value === current ? '$(check)' : '$(blank)'} ${labels[value]}`,
    // Screen readers read it instead of the check mark.
    description:
      value === current ? l10n.t({ message: 'current', comment: ['The value that is chosen at present'] }) : '',
    value,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: l10n.t({
      message: 'Now: {0}',
      args: [labels[current]],
      comment: ['The value that is chosen at present'],
    }),
  });
  return chosen?.value;
}
