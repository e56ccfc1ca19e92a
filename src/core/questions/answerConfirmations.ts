import type { Disposable } from 'vscode-jsonrpc/node';
import type { PendingQuestion } from './pendingQuestion';
import type { Timers } from '../common/timers';

/** How long a session may take to show an answer before the answer counts as unconfirmed, in milliseconds. */
const UNCONFIRMED_AFTER_MS = 10_000;

/** Timers of the answers that were given here and that the session does not show yet. */
export class AnswerConfirmations implements Disposable {
  private readonly waiting = new Map<PendingQuestion, Disposable>();

  constructor(private readonly timers: Timers) {}

  start(entry: PendingQuestion, onLate: () => void): void {
    this.stop(entry);
    const timer = this.timers(() => {
      this.waiting.delete(entry);
      onLate();
    }, UNCONFIRMED_AFTER_MS);
    this.waiting.set(entry, timer);
  }

  stop(entry: PendingQuestion): void {
    this.waiting.get(entry)?.dispose();
    this.waiting.delete(entry);
  }

  dispose(): void {
    for (const timer of this.waiting.values()) {
      timer.dispose();
    }
    this.waiting.clear();
  }
}
