import * as vscode from 'vscode';
import { sanitizeLine } from '../../core/common/sanitize';
import type { SessionStore } from '../../core/store/sessionStore';
import { Command } from '../../manifest';
import type { ArrangementMemory } from './arrangementMemory';
import { byHand, readFilterArgument, readWord } from '../commands/commandArguments';
import { registerCommand } from '../commands/registerCommand';
import {
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
import { SESSION_STATUSES } from '../../core/activity/activity';

const GROUPING_LABELS: Readonly<Record<Grouping, string>> = {
  none: 'None',
  state: 'State',
  repository: 'Repository',
  date: 'Date',
};
const SORTING_LABELS: Readonly<Record<Sorting, string>> = {
  changed: 'Last Change',
  created: 'Created',
  title: 'Title',
};

const PLACE_LABELS: Readonly<Record<Place, string>> = {
  cloud: 'In the cloud',
  machine: 'On another machine',
  local: 'On this machine',
};

/** Adds its value to the filter when it is checked. */
interface FilterItem extends vscode.QuickPickItem {
  readonly part?: keyof RowFilter;
  readonly value?: string;
}

/** Commands that filter, group and sort the list. Given what to do by code, they ask nothing. */
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
        const chosen = await choose(Command.groupBy, 'Group Sessions By', GROUPING_LABELS, grouping, argument);
        this.memory.change({ grouping: chosen ?? grouping });
      }),
      register(Command.sortBy, async (argument) => {
        const { sorting } = this.memory.current;
        const chosen = await choose(Command.sortBy, 'Sort Sessions By', SORTING_LABELS, sorting, argument);
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
      title: 'Filter Sessions',
      placeHolder: 'Check what is to be shown; of what has no check mark at all, everything is shown',
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
      vscode.window.setStatusBarMessage('$(check) All sessions are shown', 3_000);
    }
  }

  private filterItems(filter: RowFilter): FilterItem[] {
    const { rows } = this.store;
    const repositories = new Map<string, string>(
      filter.repositories.map((id) => [id, id === '' ? 'No repository' : id]),
    );
    for (const row of rows) {
      repositories.set(
        repositoryId(row),
        row.repository === undefined ? 'No repository' : sanitizeLine(row.repository),
      );
    }
    const count = (matching: number): string => (matching === 0 ? 'none now' : String(matching));
    const separator = (label: string): FilterItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
    return [
      separator('State'),
      ...SESSION_STATUSES.map((status) => ({
        label: status.charAt(0).toUpperCase() + status.slice(1),
        description: count(rows.filter((row) => row.status === status).length),
        part: 'statuses' as const,
        value: status,
        picked: filter.statuses.includes(status),
      })),
      separator('Where'),
      ...PLACES.map((place) => ({
        label: PLACE_LABELS[place],
        description: count(rows.filter((row) => placeOf(row) === place).length),
        part: 'places' as const,
        value: place,
        picked: filter.places.includes(place),
      })),
      separator('Repository'),
      ...[...repositories]
        .sort(([, a], [, b]) => a.localeCompare(b))
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

/** One of some values, the present one with a check mark. */
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
    // What a screen reader says in place of the check mark.
    description: value === current ? 'as it is now' : '',
    value,
  }));
  const chosen = await vscode.window.showQuickPick(items, { title, placeHolder: `Now: ${labels[current]}` });
  return chosen?.value;
}
