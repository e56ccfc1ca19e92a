import { randomUUID } from 'node:crypto';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { draftsOf, placeIn, type LineRange, type ReviewNote, type ReviewThread } from '../../core/review/reviewThread';
import { defined } from '../../core/common/defined';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import type { SessionStore } from '../../core/store/sessionStore';
import { ThreadFlag } from '../../manifest';
import type { ChangeFiles } from './changeFiles';
import { CHANGE_SCHEME, pathIn, readUri, uriOfSide } from './changeUri';
import type { SessionChangesService } from './sessionChangesService';

/** A comment in an editor, with what it shows. */
export interface EditorComment extends vscode.Comment {
  readonly threadId: string;
  readonly noteId: string;
}

interface Shown {
  readonly editor: vscode.CommentThread;
  readonly thread: ReviewThread;
  readonly place: LineRange | undefined;
}

/**
 * Shows the comments on changes in VS Code's diff editors. A comment keeps its place by the lines that it is on; when the
 * agent changes them, the thread says so.
 */
export class ReviewComments implements vscode.Disposable {
  private readonly controller = vscode.comments.createCommentController(
    'cloudSessions.review',
    l10n.t({
      message: 'Cloud Session Review',
      comment: ['The group of the comments on changes, in the Comments panel'],
    }),
  );
  private readonly shown = new Map<string, Shown>();
  /** The ids of notes that the person is changing: what was typed is in the editor alone. */
  private readonly edited = new Set<string>();
  private isDisposed = false;
  private readonly disposables: { dispose(): unknown }[];

  constructor(
    private readonly store: Pick<SessionStore, 'find' | 'reviews' | 'beforeSend'>,
    private readonly service: Pick<SessionChangesService, 'filesOf' | 'onDidChange'>,
    private readonly files: Pick<ChangeFiles, 'textOf'>,
  ) {
    this.controller.commentingRangeProvider = {
      provideCommentingRanges: (document) =>
        isCommentable(document.uri) ? [new vscode.Range(0, 0, Math.max(0, document.lineCount - 1), 0)] : [],
    };
    this.controller.options = {
      prompt: l10n.t('Comment on this change'),
      placeHolder: l10n.t('What should the agent do differently? It gets all comments as one prompt: “Send Review”.'),
    };
    this.disposables = [
      this.controller,
      store.reviews.onDidChange(({ id }) => void this.show(id)),
      service.onDidChange((key) => this.showAllOf(key)),
    ];
    store.reviews.all.forEach(({ id }) => void this.show(id));
  }

  /** Where the lines of a thread are now, as last shown; `undefined` if its file no longer has them. */
  placeOf(thread: ReviewThread): LineRange | undefined {
    const shown = this.shown.get(thread.id);
    return shown === undefined ? thread : shown.place;
  }

  /**
   * Adds what was written in an editor: to the thread that is shown there, or as a new one. Resolves when it is on disk.
   */
  async add({ thread: editor, text }: vscode.CommentReply): Promise<void> {
    const body = text.trim();
    if (body === '') {
      throw new CloudSessionsError('invalid-argument', l10n.t('The comment is empty.'));
    }
    const note: ReviewNote = { id: randomUUID(), body, writtenAt: new Date() };
    const known = this.threadOf(editor);
    const thread =
      known === undefined
        ? await this.begin(editor, note)
        : { ...known, isResolved: false, notes: [...known.notes, note] };
    this.store.reviews.put(thread);
    await this.store.beforeSend();
  }

  /** Lets the person change a draft. */
  edit({ threadId, noteId }: EditorComment): void {
    const editor = this.shown.get(threadId)?.editor;
    if (editor !== undefined) {
      this.edited.add(noteId);
      editor.comments = editor.comments.map((comment) =>
        (comment as EditorComment).noteId === noteId ? { ...comment, mode: vscode.CommentMode.Editing } : comment,
      );
    }
  }

  /** Shows a comment as it is kept: what was typed into it is saved, or dropped. */
  endEdit({ threadId, noteId }: EditorComment): void {
    this.edited.delete(noteId);
    void this.show(threadId);
  }

  /** The thread that an editor shows. */
  threadOf(editor: vscode.CommentThread): ReviewThread | undefined {
    const id = [...this.shown].find(([, shown]) => shown.editor === editor)?.[0];
    return id === undefined ? undefined : this.store.reviews.get(id);
  }

  dispose(): void {
    this.isDisposed = true;
    for (const { editor } of this.shown.values()) {
      editor.dispose();
    }
    for (const disposable of this.disposables) {
      disposable.dispose();
    }
  }

  private async begin(editor: vscode.CommentThread, note: ReviewNote): Promise<ReviewThread> {
    const place = readUri(editor.uri);
    const row = place && this.store.find(place.id);
    const file = row && this.service.filesOf(row.key).find((each) => pathIn(each, 'after') === place.path);
    if (row?.sessionId === undefined || file === undefined || editor.range === undefined) {
      throw new CloudSessionsError('invalid-argument', l10n.t('The session no longer changes this file.'));
    }
    const [startLine, endLine] = [editor.range.start.line + 1, editor.range.end.line + 1];
    // The text that the person sees: the agent may have another one by now.
    const text = textIn(editor.uri) ?? (await this.files.textOf(editor.uri));
    if (text === undefined) {
      throw new CloudSessionsError('invalid-argument', l10n.t('The lines of this comment cannot be read.'), {
        nextStep: l10n.t('Open the change again, and try again.'),
      });
    }
    const lines = text.split(/\r?\n/);
    const thread: ReviewThread = {
      id: randomUUID(),
      sessionId: row.sessionId,
      ...defined({ taskId: row.taskId }),
      path: file.path,
      startLine,
      endLine,
      code: lines.slice(startLine - 1, endLine).join('\n'),
      isResolved: false,
      notes: [note],
    };
    this.shown.set(thread.id, { editor, thread, place: thread });
    return thread;
  }

  private showAllOf(key: string): void {
    for (const { id, sessionId } of this.store.reviews.all) {
      if (this.store.find(sessionId)?.key === key) {
        void this.show(id);
      }
    }
  }

  private async show(id: string): Promise<void> {
    const thread = this.store.reviews.get(id);
    const known = this.shown.get(id);
    if (thread === undefined) {
      known?.editor.dispose();
      this.shown.delete(id);
      return;
    }
    const uri = uriOfSide(thread.sessionId, { path: thread.path }, 'after');
    const text = this.isRead(thread) ? await this.files.textOf(uri) : undefined;
    if (this.isDisposed || this.store.reviews.get(id) !== thread) {
      return;
    }
    // Lines that cannot be read now have not changed for that.
    const place = text === undefined ? this.placeOf(thread) : placeIn(text, thread);
    const range = rangeOf(place ?? thread);
    const editor = this.shown.get(id)?.editor ?? this.controller.createCommentThread(uri, range, []);
    this.shown.set(id, { editor, thread, place });
    editor.range = range;
    editor.comments = thread.notes.map((note) => this.commentOf(editor, thread, note));
    editor.state = thread.isResolved ? vscode.CommentThreadState.Resolved : vscode.CommentThreadState.Unresolved;
    editor.collapsibleState = thread.isResolved
      ? vscode.CommentThreadCollapsibleState.Collapsed
      : vscode.CommentThreadCollapsibleState.Expanded;
    editor.contextValue = flagsOf(thread);
    editor.label = labelOf(thread, place);
  }

  /** To VS Code, another object is another comment: one that is being changed has to stay the same. */
  private commentOf(editor: vscode.CommentThread, thread: ReviewThread, note: ReviewNote): EditorComment {
    const isThis = (comment: vscode.Comment): boolean => (comment as EditorComment).noteId === note.id;
    const same = this.edited.has(note.id) ? editor.comments.find(isThis) : undefined;
    return (same as EditorComment | undefined) ?? commentOf(thread, note);
  }

  private isRead({ sessionId }: ReviewThread): boolean {
    return this.service.filesOf(sessionId).length > 0;
  }
}

/** The text of a document that is open. */
function textIn(uri: vscode.Uri): string | undefined {
  return vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString())?.getText();
}

function isCommentable(uri: vscode.Uri): boolean {
  return uri.scheme === CHANGE_SCHEME && readUri(uri)?.view === 'after';
}

function flagsOf(thread: ReviewThread): string {
  return [
    thread.isResolved ? ThreadFlag.resolved : ThreadFlag.open,
    ...(draftsOf(thread).length === 0 ? [] : [ThreadFlag.draft]),
  ].join(' ');
}

function rangeOf({ startLine, endLine }: LineRange): vscode.Range {
  return new vscode.Range(startLine - 1, 0, endLine - 1, 0);
}

/** A comment's text is Markdown of the person who wrote it; it is not trusted. */
function commentOf(thread: ReviewThread, note: ReviewNote): EditorComment {
  return {
    threadId: thread.id,
    noteId: note.id,
    body: new vscode.MarkdownString(note.body),
    mode: vscode.CommentMode.Preview,
    author: { name: l10n.t({ message: 'You', comment: ['The author of a comment'] }) },
    label:
      note.sentIn === undefined
        ? l10n.t({ message: 'draft', comment: ['Beside a comment that was not sent yet'] })
        : l10n.t({ message: 'sent', comment: ['Beside a comment that was sent'] }),
    contextValue: note.sentIn === undefined ? ThreadFlag.draft : ThreadFlag.sent,
    timestamp: note.writtenAt,
  };
}

/** What became of the thread: above its comments. */
function labelOf({ isResolved, notes }: ReviewThread, place: LineRange | undefined): string {
  const isSent = notes.every(({ sentIn }) => sentIn !== undefined);
  if (isResolved) {
    return l10n.t({ message: 'Resolved', comment: ['Above the comments on some lines'] });
  }
  if (place === undefined) {
    return isSent
      ? l10n.t('Sent; addressed? The lines have changed.')
      : l10n.t('Outdated: the lines have changed since.');
  }
  return isSent ? l10n.t('Sent to the agent') : l10n.t('Draft: not sent yet');
}
