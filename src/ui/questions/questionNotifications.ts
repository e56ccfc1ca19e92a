import * as vscode from 'vscode';
import type { DeskEntry } from '../../core/questions/deskEntry';
import type { QuestionDesk } from '../../core/questions/questionDesk';
import { sanitizeLine } from '../../core/sanitize';
import { Command, Setting } from '../../manifest';
import { showMessage } from '../errors';
import { plainMessage } from '../plainMessage';
import type { Answering } from './answering';
import { buttonsOf, choicesOf, sentenceOf, type Choice } from './choices';

/** Notifications that wait at a time; what is asked beyond that is told of together. */
const MAX_WAITING = 5;

interface Button extends vscode.MessageItem {
  readonly choice?: Choice;
}

/** A notification for each question, with the buttons that answer it. Whoever closes one has answered nothing. */
export class QuestionNotifications implements vscode.Disposable {
  private readonly subscriptions: readonly { dispose(): void }[];
  private waiting = 0;
  private isSummaryShown = false;

  constructor(
    private readonly desk: QuestionDesk,
    private readonly answering: Answering,
    private readonly titleOf: (entry: DeskEntry) => string,
  ) {
    this.subscriptions = [
      desk.onDidAsk((entries) => this.tell(entries)),
      desk.onDidStall((entry) => this.tellStalled(entry)),
      desk.onDidClose(({ entry, how }) => {
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
  }

  private tell(entries: readonly DeskEntry[]): void {
    if (vscode.workspace.getConfiguration().get(Setting.notifications) === false) {
      return;
    }
    for (const entry of entries) {
      if (this.waiting >= MAX_WAITING) {
        void this.tellOfMore();
        return;
      }
      void this.tellOne(entry);
    }
  }

  private async tellOne(entry: DeskEntry): Promise<void> {
    const { buttons, hasMore } = buttonsOf(choicesOf(entry.question));
    const items: Button[] = buttons.map((choice) => ({ title: plainTitle(choice.title), choice }));
    const more: Button = { title: 'More…' };
    const text = plainMessage(`“${this.titleOf(entry)}”: ${askedAgain(entry)}${sentenceOf(entry.question)}`);
    this.waiting++;
    let chosen: Button | undefined;
    try {
      chosen = await vscode.window.showInformationMessage(text, ...items, ...(hasMore ? [more] : []));
    } finally {
      this.waiting--;
    }
    if (chosen !== undefined) {
      await this.answering.ask(entry, chosen.choice);
    }
  }

  private async tellOfMore(): Promise<void> {
    if (this.isSummaryShown) {
      return;
    }
    this.isSummaryShown = true;
    try {
      await showMessage('info', `${this.desk.list().length} questions of agents are open.`, {
        title: 'Show Questions',
        run: () => vscode.commands.executeCommand(Command.questions),
      });
    } finally {
      this.isSummaryShown = false;
    }
  }

  private tellStalled(entry: DeskEntry): void {
    void showMessage(
      'warning',
      `The session “${this.titleOf(entry)}” has not shown your answer within 10 s: the agent may not have it.`,
      { title: 'Answer Again…', run: () => this.answering.ask(entry) },
      showLog(entry),
    );
  }
}

/** Two notifications with the same words are two questions only if that is said. */
export function askedAgain(entry: Pick<DeskEntry, 'askedAgain'>): string {
  return entry.askedAgain ? 'Asked again: ' : '';
}

function showLog({ session }: DeskEntry): { title: string; run(): unknown } {
  return { title: 'Show Log', run: () => vscode.commands.executeCommand(Command.showLog, session.sessionId) };
}

function plainTitle(title: string): string {
  return sanitizeLine(title, 60);
}
