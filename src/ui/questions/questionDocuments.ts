import * as vscode from 'vscode';
import { sanitizeMarkdown } from '../../core/rendering/markdown/sanitizeMarkdown';
import type { PendingQuestion } from '../../core/questions/pendingQuestion';
import type { FileChange } from '../../core/questions/permission';
import { MAX_QUESTION_TEXT } from '../../core/questions/question';
import { sidesOfDiff } from '../../core/questions/unifiedDiff';
import { BoundedMap } from '../../core/common/bounded';
import { sanitizeLine, sanitizeText } from '../../core/common/sanitize';

const QUESTION_SCHEME = 'cloud-session-question';
/** Documents whose text is kept; older ones are those of questions that were answered long ago. */
const MAX_DOCUMENTS = 60;
/** Longest side of a diff that is shown, in UTF-16 units. */
const MAX_SIDE = 2_000_000;

/** What questions are about, as read-only documents: a file's change, a plan, a long command. */
export class QuestionDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new BoundedMap<string, string>(MAX_DOCUMENTS);
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(QUESTION_SCHEME, this);
  /** Keys of questions begin anew with each window: what VS Code restores must not find another question's text. */
  private readonly window = Date.now().toString(36);

  provideTextDocumentContent({ query }: vscode.Uri): string {
    return (
      this.texts.get(query) ??
      'This was asked before the window was reloaded, or long ago. “Cloud Sessions: Questions…” has what is open now.\n'
    );
  }

  /** Shows all that is known of a question, without taking the focus from where it is answered. */
  async show(entry: PendingQuestion): Promise<void> {
    const { question, key } = entry;
    switch (question.kind) {
      case 'permission':
        if (question.change === undefined || !(await this.showChange(key, question.change))) {
          await this.showText(this.keep(key, 'Request.txt', `${question.what}\n\n${question.details}\n`));
        }
        return;
      case 'plan':
        await this.showMarkdown(this.keep(key, 'Plan.md', sanitizeMarkdown(question.plan, MAX_QUESTION_TEXT)));
        return;
      case 'input':
      case 'elicitation':
        await this.showText(this.keep(key, 'Question.txt', `${question.text}\n`));
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
    const name = fileName.split(/[\\/]/).at(-1) ?? 'file';
    // Sanitised on both sides: characters that turn the text around would hide what is changed.
    const before = this.keep(key, name, sanitizeText(sides.before, MAX_SIDE), 'before');
    const after = this.keep(key, name, sanitizeText(sides.after, MAX_SIDE), 'after');
    const part = sides.isPartial ? ', the changed parts' : '';
    const title = `${sanitizeLine(fileName, 100)} (what the agent wants to write${part})`;
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
      // Whoever has the built-in Markdown extension disabled reads the text.
      await this.showText(uri);
    }
  }

  private keep(key: string, name: string, text: string, side = 'text'): vscode.Uri {
    const query = `${this.window}.${key}.${side}`;
    this.texts.set(query, text);
    const file = sanitizeLine(name, 100).replace(/[^\p{L}\p{N} ._-]/gu, '_');
    return vscode.Uri.from({ scheme: QUESTION_SCHEME, path: `/${file === '' ? 'file' : file}`, query });
  }
}
