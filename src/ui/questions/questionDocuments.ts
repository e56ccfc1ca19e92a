import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { sanitizeMarkdown } from '../../core/rendering/markdown/sanitizeMarkdown';
import type { PendingQuestion } from '../../core/questions/pendingQuestion';
import type { FileChange } from '../../core/questions/permission';
import { MAX_QUESTION_TEXT } from '../../core/questions/question';
import { sidesOfDiff } from '../../core/questions/unifiedDiff';
import { BoundedMap } from '../../core/common/bounded';
import { sanitizeLine, sanitizeText } from '../../core/common/sanitize';

const QUESTION_SCHEME = 'cloud-session-question';
/** Most documents that are retained; older ones belong to questions that were answered long ago. */
const MAX_DOCUMENTS = 60;
/** Longest side of a diff that is shown, in UTF-16 units. */
const MAX_SIDE = 2_000_000;

/** Read-only documents with what a question is about: a change of a file, a plan, a long command. */
export class QuestionDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new BoundedMap<string, string>(MAX_DOCUMENTS);
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(QUESTION_SCHEME, this);
  /** Keeps an editor that VS Code restores from another question's text: the keys of questions restart in each window. */
  private readonly window = Date.now().toString(36);

  provideTextDocumentContent({ query }: vscode.Uri): string {
    return (
      this.texts.get(query) ??
      `${l10n.t('This was asked before the window was reloaded, or long ago. “Cloud Sessions: Questions…” lists the open questions.')}\n`
    );
  }

  /** Shows all that is known of a question. The focus stays where it is answered. */
  async show(entry: PendingQuestion): Promise<void> {
    const { question, key } = entry;
    switch (question.kind) {
      case 'permission':
        if (question.change === undefined || !(await this.showChange(key, question.change))) {
          await this.showText(
            this.retain(
              key,
              `${l10n.t({ message: 'Request', comment: ['The name of a file, without its extension'] })}.txt`,
              `${question.what}\n\n${question.details}\n`,
            ),
          );
        }
        return;
      case 'plan':
        await this.showMarkdown(
          this.retain(
            key,
            `${l10n.t({ message: 'Plan', comment: ['The name of a file, without its extension'] })}.md`,
            sanitizeMarkdown(question.plan, MAX_QUESTION_TEXT),
          ),
        );
        return;
      case 'input':
      case 'elicitation':
        await this.showText(
          this.retain(
            key,
            `${l10n.t({ message: 'Question', comment: ['The name of a file, without its extension'] })}.txt`,
            `${question.text}\n`,
          ),
        );
        return;
      default:
    }
  }

  dispose(): void {
    this.registration.dispose();
    this.texts.clear();
  }

  /** @returns `false` if the change cannot be compared */
  private async showChange(key: string, { fileName, diff, newContents }: FileChange): Promise<boolean> {
    const sides =
      sidesOfDiff(diff, newContents) ??
      (diff.trim() === '' && newContents !== undefined
        ? { before: '', after: newContents, isPartial: false }
        : undefined);
    if (sides === undefined) {
      return false;
    }
    const name = fileName.split(/[\\/]/).at(-1) ?? '';
    // Both sides are sanitised: characters that change the direction of the text would hide a change.
    const before = this.retain(key, name, sanitizeText(sides.before, MAX_SIDE), 'before');
    const after = this.retain(key, name, sanitizeText(sides.after, MAX_SIDE), 'after');
    const shown = sanitizeLine(fileName, 100);
    const title = sides.isPartial
      ? l10n.t('{0} (what the agent wants to write, changed parts only)', shown)
      : l10n.t('{0} (what the agent wants to write)', shown);
    await vscode.commands.executeCommand('vscode.diff', before, after, title, { preview: true, preserveFocus: true });
    return true;
  }

  private async showText(uri: vscode.Uri): Promise<void> {
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: true, preserveFocus: true });
  }

  private async showMarkdown(uri: vscode.Uri): Promise<void> {
    try {
      await vscode.commands.executeCommand('markdown.showPreview', uri);
    } catch {
      // The built-in Markdown extension is disabled: show the text.
      await this.showText(uri);
    }
  }

  private retain(key: string, name: string, text: string, side = 'text'): vscode.Uri {
    const query = `${this.window}.${key}.${side}`;
    this.texts.set(query, text);
    const file = sanitizeLine(name, 100).replace(/[^\p{L}\p{N} ._-]/gu, '_');
    return vscode.Uri.from({ scheme: QUESTION_SCHEME, path: `/${file === '' ? 'file' : file}`, query });
  }
}
