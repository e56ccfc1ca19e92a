import * as vscode from 'vscode';
import type { CloudSession } from '../core/session';
import type { LogChange, SessionNote } from '../core/sessionHistory';
import { sanitizeLine } from '../core/sanitize';
import { TranscriptRenderer } from '../core/transcript';
import { LOG_LANGUAGE } from '../manifest';

/** How long text is collected before it goes to the channel, in milliseconds: less than a frame's time. */
const FLUSH_MS = 10;
/** How long a stream may pause before what is held back of it is written all the same, in milliseconds. */
const PAUSE_MS = 500;

/** The output channels of the sessions that are open in this window, one each. */
export class SessionOutputs implements vscode.Disposable {
  private readonly outputs = new Map<string, SessionOutput>();

  /** From here on the session's events are written, those it has already first. */
  open(session: CloudSession): SessionOutput {
    const known = this.outputs.get(session.sessionId);
    if (known?.session === session) {
      return known;
    }
    known?.dispose();
    const output = new SessionOutput(session);
    this.outputs.set(session.sessionId, output);
    return output;
  }

  /** The session is no longer watched: its channel goes. What it showed is in the transcript. */
  close(session: CloudSession): void {
    const output = this.outputs.get(session.sessionId);
    if (output?.session === session) {
      this.outputs.delete(session.sessionId);
      output.dispose();
    }
  }

  dispose(): void {
    for (const output of this.outputs.values()) {
      output.dispose();
    }
    this.outputs.clear();
  }
}

/** One session's log, as a person reads it. */
export class SessionOutput implements vscode.Disposable {
  private readonly channel: vscode.OutputChannel;
  private renderer = new TranscriptRenderer();
  private pending = '';
  private rewrite = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly pause = setTimeout(() => this.append(this.renderer.flush()), PAUSE_MS);
  private readonly disposables: vscode.Disposable[] = [];

  constructor(readonly session: CloudSession) {
    const place = session.details.repository ?? (session.details.isRemote ? 'Cloud Session' : 'Local Session');
    this.channel = vscode.window.createOutputChannel(
      sanitizeLine(`${place} · ${session.sessionId.slice(0, 8)}`),
      LOG_LANGUAGE,
    );
    this.disposables.push(
      this.channel,
      session.onDidChangeLog((change) => this.onDidChangeLog(change)),
      // The link stands in the head, so that is written anew.
      session.onDidChangeRemoteUrl(() => this.scheduleRewrite()),
    );
    this.scheduleRewrite();
    this.flush();
  }

  show(preserveFocus: boolean): void {
    this.flush();
    this.channel.show(preserveFocus);
  }

  dispose(): void {
    clearTimeout(this.pause);
    this.append(this.renderer.flush());
    this.flush();
    for (const disposable of this.disposables) {
      disposable.dispose();
    }
  }

  private onDidChangeLog(change: LogChange): void {
    switch (change.kind) {
      case 'event':
        this.append(this.renderer.render(change.event));
        this.pause.refresh();
        break;
      case 'note':
        this.append(this.renderNote(change.note));
        break;
      case 'rewritten':
        this.scheduleRewrite();
        break;
    }
  }

  private append(text: string): void {
    if (text !== '') {
      this.pending += text;
      this.schedule();
    }
  }

  private scheduleRewrite(): void {
    this.rewrite = true;
    this.schedule();
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.rewrite) {
      this.rewrite = false;
      this.pending = '';
      this.channel.replace(this.renderAll());
    } else if (this.pending !== '') {
      const text = this.pending;
      this.pending = '';
      this.channel.append(text);
    }
  }

  private renderAll(): string {
    const { session } = this;
    this.renderer = new TranscriptRenderer();
    const parts = [
      this.renderer.head({
        sessionId: session.sessionId,
        ...(session.details.taskId === undefined ? {} : { taskId: session.details.taskId }),
        ...(session.details.repository === undefined ? {} : { repository: session.details.repository }),
        ...(session.details.branch === undefined ? {} : { branch: session.details.branch }),
        ...(session.remoteUrl === undefined ? {} : { remoteUrl: session.remoteUrl }),
      }),
    ];
    const notes = new Map<SessionNote['after'], SessionNote[]>();
    for (const note of session.notes) {
      const same = notes.get(note.after);
      if (same === undefined) {
        notes.set(note.after, [note]);
      } else {
        same.push(note);
      }
    }
    const renderNotes = (after: SessionNote['after']): string[] =>
      (notes.get(after) ?? []).map((note) => this.renderNote(note));
    parts.push(...renderNotes(undefined));
    for (const event of session.events) {
      parts.push(this.renderer.render(event), ...renderNotes(event));
    }
    return parts.join('');
  }

  private renderNote({ level, text, at }: SessionNote): string {
    return this.renderer.note(level, text, at);
  }
}
