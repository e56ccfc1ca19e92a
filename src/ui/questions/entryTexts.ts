import * as l10n from '@vscode/l10n';
import type { PendingQuestion } from '../../core/questions/pendingQuestion';
import type { QuestionService } from '../../core/questions/questionService';
import { sentenceOf } from './questionTexts';

/**
 * The text of a question in notifications and lists. No two open questions of one session have the same text: the later
 * one gets a number, which it keeps. A question that the agent asks again, although it was answered, says so.
 */
export class EntryTexts {
  /** The keys of open questions that were shown. Closed questions are removed. */
  private readonly keys = new Map<PendingQuestion, string>();
  private readonly numbers = new Map<string, Map<PendingQuestion, number>>();
  private readonly subscription: { dispose(): void };

  constructor(questionService: Pick<QuestionService, 'onDidClose'>) {
    this.subscription = questionService.onDidClose(({ entry }) => this.forget(entry));
  }

  sentenceOf(entry: PendingQuestion): string {
    const number = this.numberOf(entry);
    const sentence = sentenceOf(entry.question);
    const text = entry.isAskedAgain ? l10n.t('Asked again: {0}', sentence) : sentence;
    return number > 1
      ? l10n.t({
          message: '{0} (question {1} of this kind)',
          args: [text, number],
          comment: ['{0} is a question, {1} a number that tells it from others with the same text'],
        })
      : text;
  }

  dispose(): void {
    this.subscription.dispose();
    this.numbers.clear();
    this.keys.clear();
  }

  private numberOf(entry: PendingQuestion): number {
    const key = this.keys.get(entry) ?? keyOf(entry);
    let entries = this.numbers.get(key);
    const known = entries?.get(entry);
    if (known !== undefined) {
      return known;
    }
    const number = entries === undefined ? 1 : Math.max(...entries.values()) + 1;
    if (entry.closed === undefined) {
      entries ??= new Map<PendingQuestion, number>();
      this.numbers.set(key, entries.set(entry, number));
      this.keys.set(entry, key);
    }
    return number;
  }

  private forget(entry: PendingQuestion): void {
    const key = this.keys.get(entry);
    if (key === undefined) {
      return;
    }
    this.keys.delete(entry);
    const entries = this.numbers.get(key);
    entries?.delete(entry);
    if (entries?.size === 0) {
      this.numbers.delete(key);
    }
  }
}

function keyOf({ session, question, isAskedAgain }: PendingQuestion): string {
  return `${session.sessionId}\n${isAskedAgain}\n${sentenceOf(question)}`;
}
