import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { draftsOf, type ReviewThread } from './reviewThread';

/** The ids of a session: any of them names it. */
export interface ReviewedSession {
  readonly sessionId: string | undefined;
  readonly taskId: string | undefined;
}

/** The threads on the changes of all sessions. They are persisted with the window's sessions and prompts. */
export class ReviewThreads implements Disposable {
  private readonly threads = new Map<string, ReviewThread>();
  private readonly changes = new Emitter<ReviewThread>();
  /** A thread was begun, has changed, or was deleted. */
  readonly onDidChange: Event<ReviewThread> = this.changes.event;

  get all(): readonly ReviewThread[] {
    return [...this.threads.values()];
  }

  get(id: string): ReviewThread | undefined {
    return this.threads.get(id);
  }

  of(session: ReviewedSession): readonly ReviewThread[] {
    return this.all.filter((thread) => isOf(thread, session));
  }

  /** How many notes the next review of a session sends. */
  draftCount(session: ReviewedSession): number {
    return this.of(session).reduce((count, thread) => count + draftsOf(thread).length, 0);
  }

  /** Adds a thread, or puts it in the place of the one with its id. One without notes is deleted. */
  put(thread: ReviewThread): void {
    if (thread.notes.length === 0) {
      this.delete(thread.id);
      return;
    }
    this.threads.set(thread.id, thread);
    this.changes.fire(thread);
  }

  delete(id: string): void {
    const thread = this.threads.get(id);
    if (thread !== undefined) {
      this.threads.delete(id);
      this.changes.fire(thread);
    }
  }

  /** The drafts of a session are in a prompt now, which the outbox has. */
  markSent(session: ReviewedSession, sentIn: string): void {
    for (const thread of this.of(session)) {
      const drafts = draftsOf(thread);
      if (drafts.length > 0) {
        this.put({
          ...thread,
          notes: thread.notes.map((note) => (drafts.includes(note) ? { ...note, sentIn } : note)),
        });
      }
    }
  }

  /** The prompt was discarded before it was delivered: its notes are drafts again. */
  unmarkSent(session: ReviewedSession, sentIn: string): void {
    for (const thread of this.of(session)) {
      if (thread.notes.some((note) => note.sentIn === sentIn)) {
        const notes = thread.notes.map(({ sentIn: was, ...note }) =>
          was === undefined || was === sentIn ? note : { ...note, sentIn: was },
        );
        this.put({ ...thread, notes });
      }
    }
  }

  /**
   * Adds persisted threads. Of a thread that several windows had, what was sent counts as sent: nothing is sent twice by
   * itself.
   */
  restore(threads: readonly ReviewThread[]): void {
    for (const thread of threads) {
      const known = this.threads.get(thread.id);
      this.put(known === undefined ? thread : joined(known, thread));
    }
  }

  dispose(): void {
    this.changes.dispose();
  }
}

function isOf(thread: ReviewThread, { sessionId, taskId }: ReviewedSession): boolean {
  return thread.sessionId === sessionId || (taskId !== undefined && (thread.taskId ?? thread.sessionId) === taskId);
}

function joined(one: ReviewThread, other: ReviewThread): ReviewThread {
  const notes = new Map(one.notes.map((note) => [note.id, note]));
  for (const note of other.notes) {
    const known = notes.get(note.id);
    notes.set(note.id, known?.sentIn === undefined ? note : known);
  }
  return { ...one, isResolved: one.isResolved || other.isResolved, notes: [...notes.values()] };
}
