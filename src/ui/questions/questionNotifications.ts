import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { PendingQuestion } from '../../core/questions/pendingQuestion';
import type { QuestionService } from '../../core/questions/questionService';
import { sanitizeLine } from '../../core/common/sanitize';
import { Command, Setting } from '../../manifest';
import { showMessage } from '../common/errors';
import { plainMessage } from '../common/plainMessage';
import type { Answering } from './answering';
import { buttonsOf, choicesOf, type Choice } from './choices';
import type { EntryTexts } from './entryTexts';

/** Most notifications at a time; one more tells of all further questions together. */
const MAX_WAITING = 5;

interface Button extends vscode.MessageItem {
  readonly choice?: Choice;
}

/**
 * A notification for each question, with the buttons that answer it. Closing a notification answers nothing.
 *
 * VS Code cannot withdraw a message, and a message with the same text as one on the screen replaces that. So a button
 * first checks whether the question is still open (see `Answering.ask`), no two messages that may be on the screen have
 * the same text, and a message whose questions are all closed does not count towards the limit. A progress notification
 * could be closed by code, but has no buttons.
 */
export class QuestionNotifications implements vscode.Disposable {
  private readonly subscriptions: readonly { dispose(): void }[];
  /** Open questions whose notification is still on the screen. */
  private readonly waiting = new Set<PendingQuestion>();
  /** The open questions of the message about several; empty if there is no such message, or it has become useless. */
  private readonly summarised = new Set<PendingQuestion>();
  /** Texts on the screen, also those of closed questions, which VS Code shows until somebody closes them. */
  private readonly texts = new Set<string>();
  private summaries = 0;

  constructor(
    private readonly questionService: QuestionService,
    private readonly answering: Answering,
    private readonly sentences: EntryTexts,
    private readonly titleOf: (entry: PendingQuestion) => string,
  ) {
    this.subscriptions = [
      questionService.onDidAsk((entries) => this.notify(entries)),
      questionService.onDidStall((entry) => this.notifyStalled(entry)),
      questionService.onDidClose(({ entry, how }) => {
        this.waiting.delete(entry);
        this.summarised.delete(entry);
        if (how === 'contradicted') {
          void showMessage(
            'warning',
            l10n.t(
              'Somebody else answered “{0}” first, with a different answer. That answer counts.',
              this.titleOf(entry),
            ),
            showLog(entry),
          );
        }
      }),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) {
      subscription.dispose();
    }
    for (const entries of [this.waiting, this.summarised, this.texts]) {
      entries.clear();
    }
  }

  private notify(entries: readonly PendingQuestion[]): void {
    if (vscode.workspace.getConfiguration().get(Setting.notifications) === false) {
      return;
    }
    for (const entry of entries) {
      if (!this.isOpen(entry)) {
        continue;
      }
      if (this.waiting.size >= MAX_WAITING) {
        void this.notifyOfMore();
        return;
      }
      void this.notifyOfOne(entry);
    }
  }

  private async notifyOfOne(entry: PendingQuestion): Promise<void> {
    const { buttons, hasMore } = buttonsOf(choicesOf(entry.question));
    const items: Button[] = buttons.map((choice) => ({ title: plainTitle(choice.title), choice }));
    const more: Button = { title: l10n.t('More…') };
    const text = this.distinct(plainMessage(this.textOf(entry)));
    this.waiting.add(entry);
    this.texts.add(text);
    let chosen: Button | undefined;
    try {
      chosen = await vscode.window.showInformationMessage(text, ...items, ...(hasMore ? [more] : []));
    } finally {
      this.waiting.delete(entry);
      this.texts.delete(text);
    }
    if (chosen !== undefined) {
      await this.answering.ask(entry, chosen.choice);
    }
  }

  /** The text of a notification. If the same text is on the screen, it gets the time, and a number if need be. */
  private distinct(text: string): string {
    if (!this.texts.has(text)) {
      return text;
    }
    const timed = `${text} (${new Date().toLocaleTimeString(vscode.env.language)})`;
    let distinct = timed;
    for (let number = 2; this.texts.has(distinct); number++) {
      distinct = `${timed} (${number})`;
    }
    return distinct;
  }

  private async notifyOfMore(): Promise<void> {
    if (this.summarised.size > 0) {
      return;
    }
    // More than the maximum of notifications, so always several.
    const open = this.questionService.list();
    open.forEach((entry) => this.summarised.add(entry));
    const summary = ++this.summaries;
    try {
      await showMessage('info', l10n.t('{0} questions of agents are open.', open.length), {
        title: l10n.t('Show Questions'),
        run: () => vscode.commands.executeCommand(Command.questions),
      });
    } finally {
      if (summary === this.summaries) {
        this.summarised.clear();
      }
    }
  }

  private textOf(entry: PendingQuestion): string {
    return l10n.t({
      message: '“{0}”: {1}',
      args: [this.titleOf(entry), this.sentences.sentenceOf(entry)],
      comment: ['{0} is the title of a session, {1} what its agent asks'],
    });
  }

  private isOpen(entry: PendingQuestion): boolean {
    return this.questionService.get(entry.key) === entry;
  }

  private notifyStalled(entry: PendingQuestion): void {
    if (!this.isOpen(entry)) {
      return;
    }
    void showMessage(
      'warning',
      l10n.t(
        'The session “{0}” has not shown your answer within 10 s. The agent may not have it.',
        this.titleOf(entry),
      ),
      { title: l10n.t('Answer Again…'), run: () => this.answering.ask(entry) },
      showLog(entry),
    );
  }
}

function showLog({ session }: PendingQuestion): { title: string; run(): unknown } {
  return { title: l10n.t('Show Log'), run: () => vscode.commands.executeCommand(Command.showLog, session.sessionId) };
}

function plainTitle(title: string): string {
  return sanitizeLine(title, 60);
}
