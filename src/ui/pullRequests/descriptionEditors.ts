import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { sanitizeLine } from '../../core/common/sanitize';
import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import { Command, ContextKey } from '../../manifest';
import { plainLabel } from '../common/plainMessage';
import { toVSCodeDisposable } from '../common/vscodeEvents';
import type { DocumentTargets } from '../common/documentTargets';

/**
 * Editors for the descriptions of pull requests that are not created yet: untitled Markdown documents, which VS Code
 * restores after a reload. `DocumentTargets` stores their sessions; a code lens and the editor's title have the next step.
 */
export class DescriptionEditors implements vscode.CodeLensProvider {
  private readonly lenses = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.lenses.event;

  constructor(
    private readonly store: Pick<SessionStore, 'find' | 'onDidChange'>,
    private readonly targets: Pick<DocumentTargets, 'get' | 'set' | 'delete' | 'uris'>,
  ) {}

  register(): vscode.Disposable {
    this.showButtons();
    return vscode.Disposable.from(
      this.lenses,
      vscode.languages.registerCodeLensProvider({ language: 'markdown', scheme: 'untitled' }, this),
      vscode.workspace.onDidCloseTextDocument((document) => void this.forget(document)),
      toVSCodeDisposable(this.store.onDidChange(() => this.lenses.fire())),
    );
  }

  /** The one that is open for a session. */
  of(row: SessionRow): vscode.TextDocument | undefined {
    return vscode.workspace.textDocuments.find((document) => this.rowOf(document)?.key === row.key);
  }

  /** The session of a document; `undefined` if it is none of these, or the session is gone. */
  rowOf({ uri }: Pick<vscode.TextDocument, 'uri'>): SessionRow | undefined {
    const sessionId = this.targets.get(uri.toString());
    return sessionId === undefined ? undefined : this.store.find(sessionId);
  }

  /** Shows the description of a session's pull request for editing. @param text unless it is open already */
  async open(row: SessionRow, text: () => Promise<string>): Promise<void> {
    const known = this.of(row);
    const document =
      known ?? (await vscode.workspace.openTextDocument({ language: 'markdown', content: await text() }));
    if (known === undefined) {
      await this.targets.set(document.uri.toString(), row.sessionId ?? row.key);
      this.showButtons();
    }
    await vscode.window.showTextDocument(document, { preview: false });
    this.lenses.fire();
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    if (this.targets.get(document.uri.toString()) === undefined) {
      return [];
    }
    const row = this.rowOf(document);
    const title =
      row === undefined
        ? l10n.t('Create Pull Request…')
        : l10n.t('Create Pull Request for “{0}”…', plainLabel(sanitizeLine(row.title, 80)));
    const command = { title: `$(git-pull-request-create) ${title}`, command: Command.createDescribed };
    return [new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), { ...command, arguments: [document.uri] })];
  }

  private async forget({ uri }: vscode.TextDocument): Promise<void> {
    if (this.targets.get(uri.toString()) !== undefined) {
      await this.targets.delete(uri.toString());
      this.showButtons();
    }
  }

  /** In the titles of these editors. */
  private showButtons(): void {
    void vscode.commands.executeCommand('setContext', ContextKey.descriptions, this.targets.uris);
  }
}
