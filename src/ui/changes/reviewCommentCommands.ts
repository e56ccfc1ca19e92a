import { randomUUID } from 'node:crypto';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import type { ReviewNote, ReviewThread } from '../../core/review/reviewThread';
import { isRecord } from '../../core/common/json';
import { sanitizeLine } from '../../core/common/sanitize';
import { sendReview, type SentReview } from '../../core/store/sentReviews';
import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import { Command } from '../../manifest';
import { namesSession, readReviewArgument } from '../commands/commandArguments';
import { never, registerCommand } from '../commands/registerCommand';
import { pickRow, rowOfArgument } from '../commands/sessionArgument';
import { showError, showMessage, type Action } from '../common/errors';
import { askMode } from '../prompts/sendPrompt';
import type { EditorComment, ReviewComments } from './reviewComments';

/** The commands on the comments of a review, and the one that sends them. */
export class ReviewCommentCommands {
  constructor(
    private readonly store: SessionStore,
    private readonly comments: ReviewComments,
  ) {}

  register(): vscode.Disposable {
    const { comments } = this;
    return vscode.Disposable.from(
      onlyWith(Command.addComment, isReply, (reply) => keepText(reply.text, () => comments.add(reply))),
      onlyWith(Command.editComment, isComment, (comment) => comments.edit(comment)),
      onlyWith(Command.cancelComment, isComment, (comment) => comments.endEdit(comment)),
      onlyWith(Command.saveComment, isComment, (comment) => keepText(textOf(comment), () => this.save(comment))),
      onlyWith(Command.deleteComment, isComment, (comment) => this.delete(comment)),
      onlyWith(Command.resolveThread, isThread, (thread) => this.resolve(thread, true)),
      onlyWith(Command.reopenThread, isThread, (thread) => this.resolve(thread, false)),
      onlyWith(Command.sendThreadsReview, isThread, (thread) => this.ask(comments.threadOf(thread)?.sessionId)),
      registerCommand(Command.sendReview, (argument) => this.run(argument)),
    );
  }

  private async run(argument: unknown): Promise<SentReview | undefined> {
    if (typeof argument !== 'string' && namesSession(argument, Command.sendReview)) {
      await this.ask(argument);
      return undefined;
    }
    const row = rowOfArgument(this.store, readReviewArgument(argument).sessionId);
    return row && this.send(row, 'enqueue');
  }

  private async ask(argument: unknown): Promise<void> {
    const hasDrafts = (row: SessionRow): boolean => this.store.reviews.draftCount(row) > 0;
    const row = rowOfArgument(this.store, argument) ?? (await pickRow(this.store, l10n.t('Send Review'), hasDrafts));
    const mode = row && (await askMode(row));
    if (row === undefined || mode === undefined) {
      return;
    }
    // Some may have been added or resolved until they were sent.
    const { comments: count } = await this.send(row, mode);
    void showMessage(
      'info',
      count === 1
        ? l10n.t('1 comment was sent to “{0}”.', sanitizeLine(row.title, 60))
        : l10n.t('{0} comments were sent to “{1}”.', count, sanitizeLine(row.title, 60)),
      { title: l10n.t('Show Log'), run: () => vscode.commands.executeCommand(Command.showLog, row.sessionId) },
    );
  }

  private async send(row: SessionRow, mode: 'enqueue' | 'immediate'): Promise<SentReview> {
    const session = row.session ?? (await this.store.connect(row.taskId ?? row.sessionId ?? row.key));
    return sendReview(this.store.reviews, session, (thread) => this.comments.placeOf(thread), mode);
  }

  private async save(comment: EditorComment): Promise<void> {
    const { threadId, noteId } = comment;
    const body = textOf(comment).trim();
    if (body === '') {
      throw new CloudSessionsError('invalid-argument', l10n.t('The comment is empty.'), {
        nextStep: l10n.t('Write what the agent should do, or delete the comment.'),
      });
    }
    const thread = this.store.reviews.get(threadId);
    const note = thread?.notes.find(({ id }) => id === noteId);
    if (thread === undefined) {
      throw new CloudSessionsError('invalid-argument', l10n.t('The comment was deleted in the meantime.'));
    }
    this.comments.endEdit(comment);
    if (note !== undefined && note.sentIn === undefined) {
      await this.change(threadId, withNotes(thread.notes.map((each) => (each === note ? { ...note, body } : each))));
    } else if (note?.body !== body) {
      // What the agent has cannot be changed any more.
      const draft: ReviewNote = { id: randomUUID(), body, writtenAt: new Date() };
      await this.change(threadId, withNotes([...thread.notes, draft]));
      void showMessage('info', l10n.t('The comment was sent or deleted in the meantime: your text is a new draft.'));
    }
  }

  private async delete({ threadId, noteId }: EditorComment): Promise<void> {
    const thread = this.store.reviews.get(threadId);
    await this.change(threadId, withNotes(thread?.notes.filter(({ id }) => id !== noteId) ?? []));
  }

  private async resolve(editor: vscode.CommentThread, isResolved: boolean): Promise<void> {
    const id = this.comments.threadOf(editor)?.id;
    if (id !== undefined) {
      await this.change(id, (thread) => ({ ...thread, isResolved }));
    }
  }

  /** Resolves when the change is on disk. */
  private async change(id: string, change: (thread: ReviewThread) => ReviewThread): Promise<void> {
    const thread = this.store.reviews.get(id);
    if (thread !== undefined) {
      this.store.reviews.put(change(thread));
      await this.store.beforeSend();
    }
  }
}

function withNotes(notes: readonly ReviewNote[]): (thread: ReviewThread) => ReviewThread {
  return (thread) => ({ ...thread, notes });
}

function textOf({ body }: EditorComment): string {
  return typeof body === 'string' ? body : body.value;
}

/** VS Code empties its box whatever happens: on a failure, the message has the text. */
async function keepText(text: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    const copy: Action = { title: l10n.t('Copy Comment'), run: () => vscode.env.clipboard.writeText(text) };
    void showError(error, ...(text.trim() === '' ? [] : [copy]));
  }
}

/** A command whose argument only the comments of a diff editor have. */
function onlyWith<T>(id: string, is: (value: unknown) => value is T, run: (value: T) => unknown): vscode.Disposable {
  return registerCommand(
    id,
    (argument) => {
      if (!is(argument)) {
        throw new CloudSessionsError('invalid-argument', l10n.t('This command is for the comments in a review.'), {
          nextStep: l10n.t('Open a session’s changes with “Review Changes”, and use the buttons of the comment there.'),
        });
      }
      return run(argument);
    },
    never,
  );
}

function isThread(value: unknown): value is vscode.CommentThread {
  return isRecord(value) && value['uri'] instanceof vscode.Uri && Array.isArray(value['comments']);
}

function isReply(value: unknown): value is vscode.CommentReply {
  return isRecord(value) && typeof value['text'] === 'string' && isThread(value['thread']);
}

function isComment(value: unknown): value is EditorComment {
  return isRecord(value) && typeof value['threadId'] === 'string' && typeof value['noteId'] === 'string';
}
