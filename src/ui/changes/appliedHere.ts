import * as vscode from 'vscode';
import type { SessionRow } from '../../core/store/sessionRow';
import { listRecords, recordsFolderOf, type AppliedChanges } from '../../git/apply/applyRecords';
import { ContextKey } from '../../manifest';
import type { watchWorkingTrees } from '../git/workingTrees';

/** Changes that were applied in one of the working trees that are open here. */
export interface AppliedIn extends AppliedChanges {
  /** Absolute path of the working tree. */
  readonly root: string;
}

/**
 * What was applied in the working trees that are open here and can be undone, by this window or another one. It is read
 * from files: when a repository is opened, and whenever the window is used again. Nothing is started for it.
 */
export class AppliedHere implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<undefined>();
  readonly onDidChange = this.changes.event;
  private readonly interruptions = new vscode.EventEmitter<AppliedIn>();
  /** An apply was found that was interrupted; each once. */
  readonly onDidFindInterrupted = this.interruptions.event;
  private readonly known = new Map<string, readonly AppliedIn[]>();
  private readonly readings = new Map<string, number>();
  private readonly reported = new Set<string>();
  private readonly disposables: readonly vscode.Disposable[];
  private hasAny = false;

  /** @param watch reports the working trees that are open here */
  constructor(watch: typeof watchWorkingTrees) {
    this.disposables = [
      this.changes,
      this.interruptions,
      watch(
        (root) => {
          this.known.set(root, this.known.get(root) ?? []);
          void this.read(root);
        },
        (root) => this.keep(root, undefined),
      ),
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused) {
          void this.refresh();
        }
      }),
    ];
  }

  /** The last ones first. */
  get all(): readonly AppliedIn[] {
    return [...this.known.values()].flat().sort((one, other) => other.at.getTime() - one.at.getTime());
  }

  /** Those of a session, the last ones first. */
  of({ key, sessionId, taskId }: Pick<SessionRow, 'key' | 'sessionId' | 'taskId'>): readonly AppliedIn[] {
    const ids = new Set([key, sessionId, taskId].filter((id) => id !== undefined));
    return this.hasAny
      ? this.all.filter(({ origin }) => origin && [origin.sessionId, origin.taskId ?? ''].some((id) => ids.has(id)))
      : [];
  }

  /** Reads all again. */
  async refresh(): Promise<void> {
    await Promise.all([...this.known.keys()].map((root) => this.read(root)));
  }

  /** Reads the ones of a working tree. Never rejects. */
  async read(root: string): Promise<void> {
    const number = (this.readings.get(root) ?? 0) + 1;
    this.readings.set(root, number);
    const folder = await recordsFolderOf(root).catch(() => undefined);
    const records = folder === undefined ? [] : await listRecords(folder).catch(() => []);
    if (!this.known.has(root) || this.readings.get(root) !== number) {
      // It was closed, or somebody reads it who knows better.
      return;
    }
    this.keep(
      root,
      records.filter(({ state }) => state !== 'running').map((record) => ({ ...record, root })),
    );
    for (const found of this.known.get(root) ?? []) {
      const name = `${root}\n${found.id}`;
      if (found.state === 'partial' && !this.reported.has(name)) {
        this.reported.add(name);
        this.interruptions.fire(found);
      }
    }
  }

  dispose(): void {
    this.disposables.forEach((one) => void one.dispose());
  }

  private keep(root: string, found: readonly AppliedIn[] | undefined): void {
    const before = namesOf(this.known.get(root));
    if (found === undefined) {
      this.known.delete(root);
    } else {
      this.known.set(root, found);
    }
    if (namesOf(found) === before) {
      return;
    }
    const hasAny = [...this.known.values()].some((each) => each.length > 0);
    if (hasAny !== this.hasAny) {
      this.hasAny = hasAny;
      void vscode.commands.executeCommand('setContext', ContextKey.applied, hasAny);
    }
    this.changes.fire(undefined);
  }
}

function namesOf(found: readonly AppliedIn[] = []): string {
  return found.map(({ id, state }) => `${id} ${state}`).join('\n');
}
