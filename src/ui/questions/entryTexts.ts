import type { PendingQuestion } from '../../core/questions/pendingQuestion';
import type { QuestionService } from '../../core/questions/questionService';
import { sentenceOf } from './choices';

/**
 * The sentence of a question, as notifications and lists show it. Two open questions of one session never have the same
 * one: the later gets a number, which it keeps. One that the agent asks again, although it was answered, says so.
 */
export class EntryTexts {
  /** Open questions that were shown, by what they say. Of those that are closed nothing is kept. */
  private readonly keys = new Map<PendingQuestion, string>();
  private readonly numbers = new Map<string, Map<PendingQuestion, number>>();
  private readonly subscription: { dispose(): void };

  constructor(questionService: Pick<QuestionService, 'onDidClose'>) {
    this.subscription = questionService.onDidClose(({ entry }) => this.forget(entry));
  }

  sentenceOf(entry: PendingQuestion): string {
    const number = this.numberOf(entry);
    const again = entry.isAskedAgain ? 'Asked again: ' : '';
    return `${again}${sentenceOf(entry.question)}${number > 1 ? ` (question ${number} of this kind)` : ''}`;
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
