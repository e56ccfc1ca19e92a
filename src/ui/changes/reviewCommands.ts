import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import type { ChangedFile, SessionChanges } from '../../core/changes/sessionChanges';
import { isRecord } from '../../core/common/json';
import { sanitizeLine } from '../../core/common/sanitize';
import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import { Command, View } from '../../manifest';
import { never, registerCommand } from '../commands/registerCommand';
import { rowCommand } from '../commands/rowCommand';
import { showMessage } from '../common/errors';
import { fileCount } from '../rows/changePresentation';
import { inTreeOrder, isFileNode, type FileNode } from '../rows/fileNodes';
import type { SelectedNode } from '../rows/treeModel';
import type { FoundChanges } from './changeSources';
import { fileTitle, reviewTitle } from './changeTitles';
import { uriOfPatch, uriOfSide } from './changeUri';
import type { SessionChangesService } from './sessionChangesService';

/** Run by Enter and a click on a file. Not contributed: it is in no menu. */
export const OPEN_CHANGE = '_cloudSessions.openChange';

/** VS Code opens both sides of all files before it shows the first: 2,000 files take half a minute (measured with 1.139). */
const MOST_OPENED = 200;
/** Files whose diffs are checked at once for whether they can be shown as whole files. */
const CONCURRENCY = 8;

/** Shows what sessions have changed in VS Code's diff editors. */
export class ReviewCommands implements vscode.Disposable {
  /** The title of the review that was opened for a row, and the files that it has. */
  private readonly reviews = new Map<string, { readonly title: string; readonly files: string }>();
  /** The keys of the rows whose reader is just told that there are other files. */
  private readonly told = new Set<string>();
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly store: SessionStore,
    private readonly service: SessionChangesService,
    private readonly selected: () => Promise<SelectedNode | undefined>,
  ) {
    this.subscription = service.onDidChange((key) => void this.onChange(key));
  }

  register(): vscode.Disposable {
    const { store } = this;
    return vscode.Disposable.from(
      this,
      registerCommand(
        Command.reviewChanges,
        rowCommand({
          store,
          title: l10n.t('Review Changes'),
          isApplicable: (row) => row.isRemote && row.creation === undefined,
          run: (row) => this.review(row),
          selected: this.selected,
        }),
      ),
      registerCommand(OPEN_CHANGE, async () => this.openChange(await this.selected()), never),
      registerCommand(Command.openChangedFile, (node) => this.openFile(node)),
    );
  }

  dispose(): void {
    this.subscription.dispose();
  }

  private async review(row: SessionRow): Promise<SessionChanges> {
    const found = await vscode.window.withProgress({ location: { viewId: View.sessions } }, () =>
      this.service.read(row, { fetches: true }),
    );
    await this.show(row, found);
    return found.set.changes;
  }

  private async show(row: SessionRow, found: FoundChanges): Promise<void> {
    const { changes } = found.set;
    if (changes.files.length === 0) {
      void showMessage('info', l10n.t('“{0}” has changed nothing yet.', sanitizeLine(row.title, 80)));
      return;
    }
    const title = reviewTitle(row.title, changes);
    await this.close(row.key);
    // As they are below the row.
    const files = inTreeOrder(changes.files, vscode.env.language);
    const { whole, patched } = await divide(found, files.slice(0, MOST_OPENED));
    if (patched.length > 0) {
      await vscode.window.showTextDocument(uriOfPatch(idOf(row), sanitizeLine(row.title, 60)), { preview: false });
    }
    if (whole.length > 0) {
      this.reviews.set(row.key, { title, files: filesIn(changes) });
      await vscode.commands.executeCommand(
        'vscode.changes',
        title,
        whole.map((file) => sidesOf(idOf(row), file)),
      );
    }
    if (changes.files.length > MOST_OPENED) {
      void showMessage(
        'info',
        l10n.t(
          '“{0}” has changed {1}: the editor has the first {2}, the list below the session has all.',
          sanitizeLine(row.title, 80),
          fileCount(changes, vscode.env.language),
          MOST_OPENED,
        ),
      );
    }
  }

  private async openChange(node: unknown): Promise<void> {
    const { file, found } = this.fileOf(node);
    const { of } = node as FileNode;
    const row = this.store.find(of);
    const id = row === undefined ? of : idOf(row);
    if ((await found.set.patch?.(file)) !== undefined) {
      await vscode.window.showTextDocument(uriOfPatch(id, sanitizeLine(row?.title ?? of, 60)), { preview: true });
      return;
    }
    await vscode.commands.executeCommand(
      'vscode.diff',
      uriOfSide(id, file, 'before'),
      uriOfSide(id, file, 'after'),
      fileTitle(file.path, found.set.changes),
      { preview: true },
    );
  }

  /** Opens the file as it is in the clone here. */
  private async openFile(node: unknown): Promise<void> {
    const { file, found } = this.fileOf(node);
    const uri = found.root && vscode.Uri.joinPath(found.root, file.path);
    // A path of the agent may lead out of the repository.
    if (found.root === undefined || uri?.path.startsWith(`${found.root.path.replace(/\/$/, '')}/`) !== true) {
      throw new CloudSessionsError('invalid-argument', l10n.t('The repository of this file is not open here.'));
    }
    try {
      await vscode.workspace.fs.stat(uri);
    } catch (error) {
      throw new CloudSessionsError(
        'invalid-argument',
        l10n.t('{0} is not in the working tree here: it is only on the session’s branch.', sanitizeLine(file.path)),
        { nextStep: l10n.t('Click the file to see the change.'), cause: error },
      );
    }
    await vscode.commands.executeCommand('vscode.open', uri);
  }

  /** @throws `invalid-argument` for a file that is gone, and for what is none */
  private fileOf(node: unknown): { readonly file: ChangedFile; readonly found: FoundChanges } {
    if (!isFileNode(node)) {
      throw new CloudSessionsError(
        'invalid-argument',
        l10n.t('This command is for a changed file in the list of sessions.'),
      );
    }
    const found = this.service.get(node.of);
    const file = found?.set.changes.files.find(({ path }) => path === node.path);
    if (found === undefined || file === undefined) {
      throw new CloudSessionsError('invalid-argument', l10n.t('The session no longer changes this file.'));
    }
    return { file, found };
  }

  /** The files of a review are fixed, but not their contents. When there are others, the reader is told. */
  private async onChange(key: string): Promise<void> {
    const review = this.reviews.get(key);
    const found = this.service.get(key);
    const row = this.store.find(key);
    if (review === undefined || found === undefined || row === undefined) {
      return;
    }
    const files = filesIn(found.set.changes);
    if (files === review.files) {
      return;
    }
    if (tabOf(review.title) === undefined) {
      this.reviews.delete(key);
      return;
    }
    this.reviews.set(key, { ...review, files });
    // While the agent works, the files change all the time.
    if (this.told.has(key)) {
      return;
    }
    this.told.add(key);
    try {
      await showMessage(
        'info',
        l10n.t('“{0}” has changed other files since you opened the review.', sanitizeLine(row.title, 80)),
        { title: l10n.t('Update Review'), run: () => this.update(key) },
      );
    } finally {
      this.told.delete(key);
    }
  }

  /** With the files that there are now. */
  private async update(key: string): Promise<void> {
    const row = this.store.find(key);
    const found = this.service.get(key);
    if (row !== undefined && found !== undefined) {
      await this.show(row, found);
    }
  }

  private async close(key: string): Promise<void> {
    const review = this.reviews.get(key);
    const tab = review && tabOf(review.title);
    this.reviews.delete(key);
    if (tab !== undefined) {
      await vscode.window.tabGroups.close(tab);
    }
  }
}

function idOf({ sessionId, key }: SessionRow): string {
  return sessionId ?? key;
}

function filesIn({ files }: SessionChanges): string {
  return files.map(({ path, status }) => `${status} ${path}`).join('\n');
}

/** The multi-file diff editor with this title: the API has no class for it, and its kind is known only once it was shown. */
function tabOf(title: string): vscode.Tab | undefined {
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .find(({ label, input }) => {
      const isMultiDiff = isRecord(input) && Array.isArray(input['textDiffs']);
      // VS Code adds the number of files.
      return (
        (isMultiDiff && label === title) || ((isMultiDiff || input === undefined) && label.startsWith(`${title} (`))
      );
    });
}

/** For VS Code's multi-file diff editor: the file, and its sides. */
function sidesOf(id: string, file: ChangedFile): [vscode.Uri, vscode.Uri | undefined, vscode.Uri | undefined] {
  const before = file.status === 'added' ? undefined : uriOfSide(id, file, 'before');
  const after = file.status === 'deleted' ? undefined : uriOfSide(id, file, 'after');
  return [uriOfSide(id, file, 'after'), before, after];
}

/** Divides files into those with two sides, and those of which only the diff can be had. */
async function divide(
  { set }: FoundChanges,
  files: readonly ChangedFile[],
): Promise<{ whole: readonly ChangedFile[]; patched: readonly ChangedFile[] }> {
  const isPatched: boolean[] = [];
  for (let start = 0; start < files.length && set.patch !== undefined; start += CONCURRENCY) {
    const part = files.slice(start, start + CONCURRENCY);
    isPatched.push(...(await Promise.all(part.map(async (file) => (await set.patch?.(file)) !== undefined))));
  }
  return {
    whole: files.filter((_file, index) => isPatched[index] !== true),
    patched: files.filter((_file, index) => isPatched[index] === true),
  };
}
