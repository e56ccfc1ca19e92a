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

/** Notifications that wait at a time; what is asked beyond that is told of together. */
const MAX_WAITING = 5;

interface Button extends vscode.MessageItem {
  readonly choice?: Choice;
}

/**
 * A notification for each question, with the buttons that answer it. Whoever closes one has answered nothing.
 *
 * VS Code cannot take a message back, and one that is shown again in the same words replaces the one before. So a button
 * looks first at what is so now (see `Answering.ask`), no two messages that may be on the screen together say the same,
 * and a message whose questions are all closed takes no place from another one. A progress notification could be closed by
 * code, but has no buttons to answer with.
 */
export class QuestionNotifications implements vscode.Disposable {
  private readonly subscriptions: readonly { dispose(): void }[];
  /** Open questions whose notification nobody has closed. */
  private readonly waiting = new Set<PendingQuestion>();
  /** Open questions that the message about several of them was about; empty: no such message is of use any more. */
  private readonly summarised = new Set<PendingQuestion>();
  /** Texts on the screen, also of questions that are closed: VS Code shows those until somebody closes them. */
  private readonly texts = new Set<string>();
  private summaries = 0;

  constructor(
    private readonly questionService: QuestionService,
    private readonly answering: Answering,
    private readonly sentences: EntryTexts,
    private readonly titleOf: (entry: PendingQuestion) => string,
  ) {
    this.subscriptions = [
      questionService.onDidAsk((entries) => this.tell(entries)),
      questionService.onDidStall((entry) => this.tellStalled(entry)),
      questionService.onDidClose(({ entry, how }) => {
        this.waiting.delete(entry);
        this.summarised.delete(entry);
        if (how === 'contradicted') {
          void showMessage(
            'warning',
            `Somebody else answered “${this.titleOf(entry)}” before you, and otherwise: their answer counts.`,
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

  private tell(entries: readonly PendingQuestion[]): void {
    if (vscode.workspace.getConfiguration().get(Setting.notifications) === false) {
      return;
    }
    for (const entry of entries) {
      if (!this.isOpen(entry)) {
        continue;
      }
      if (this.waiting.size >= MAX_WAITING) {
        void this.tellOfMore();
        return;
      }
      void this.tellOne(entry);
    }
  }

  private async tellOne(entry: PendingQuestion): Promise<void> {
    const { buttons, hasMore } = buttonsOf(choicesOf(entry.question));
    const items: Button[] = buttons.map((choice) => ({ title: plainTitle(choice.title), choice }));
    const more: Button = { title: 'More…' };
    const text = this.distinct(plainMessage(`“${this.titleOf(entry)}”: ${this.sentences.sentenceOf(entry)}`));
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

  /** A later question in the same words as one on the screen says when it was told of. */
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

  private async tellOfMore(): Promise<void> {
    if (this.summarised.size > 0) {
      return;
    }
    const open = this.questionService.list();
    open.forEach((entry) => this.summarised.add(entry));
    const summary = ++this.summaries;
    try {
      await showMessage('info', `${open.length} questions of agents are open.`, {
        title: 'Show Questions',
        run: () => vscode.commands.executeCommand(Command.questions),
      });
    } finally {
      if (summary === this.summaries) {
        this.summarised.clear();
      }
    }
  }

  private isOpen(entry: PendingQuestion): boolean {
    return this.questionService.get(entry.key) === entry;
  }

  private tellStalled(entry: PendingQuestion): void {
    if (!this.isOpen(entry)) {
      return;
    }
    void showMessage(
      'warning',
      `The session “${this.titleOf(entry)}” has not shown your answer within 10 s: the agent may not have it.`,
      { title: 'Answer Again…', run: () => this.answering.ask(entry) },
      showLog(entry),
    );
  }
}

function showLog({ session }: PendingQuestion): { title: string; run(): unknown } {
  return { title: 'Show Log', run: () => vscode.commands.executeCommand(Command.showLog, session.sessionId) };
}

function plainTitle(title: string): string {
  return sanitizeLine(title, 60);
}
