import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { defined } from '../../core/common/defined';
import type { CloudSession } from '../../core/session/session';
import type { LogChange } from '../../core/session/sessionHistory';
import { sanitizeLine } from '../../core/common/sanitize';
import { RunOnceScheduler } from '../../core/common/runOnceScheduler';
import { sharedTurns } from '../../core/common/timeSlices';
import { LogRenderer } from '../../core/rendering/log/logRenderer';
import { LOG_LANGUAGE } from '../../manifest';
import { notesByEvent, recordsOf } from '../../storage/mergeTranscripts';
import type { TranscriptRecord } from '../../storage/transcriptFormat';

/** How long changes are collected before they are rendered, in milliseconds: less than a frame. */
const FLUSH_MS = 10;
/** Pause of a stream after which its held-back text is written, in milliseconds. */
const PAUSE_MS = 500;

/** The output channels of the sessions that are open in this window. */
export class SessionOutputs implements vscode.Disposable {
  private readonly outputs = new Map<string, SessionOutput>();

  /** Makes the session's output channel; its events are rendered once it is shown. */
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

  /** Disposes the channel of a session that is no longer watched. The transcript has its content. */
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

/** The state of rendering a log. */
interface Rendering {
  readonly renderer: LogRenderer;
  /** The records that existed when the rendering began. */
  readonly records: Iterator<TranscriptRecord>;
  /** The changes since then; `next` is the first that is not rendered. */
  changes: Exclude<LogChange, { kind: 'rewritten' }>[];
  next: number;
  /** The next text replaces the channel's content. */
  isFirst: boolean;
}

/**
 * One session's log in its output channel. It is rendered in time slices once it is shown; until then the channel has
 * only the head, whose first line identifies the session.
 */
export class SessionOutput implements vscode.Disposable {
  private readonly channel: vscode.OutputChannel;
  /** `undefined` until the log is shown. */
  private rendering: Rendering | undefined;
  private isRendering = false;
  private readonly flushing = new RunOnceScheduler(() => void this.render(), FLUSH_MS);
  private disposed = false;
  private readonly pause = new RunOnceScheduler(() => this.flushStreams(), PAUSE_MS);
  private readonly disposables: vscode.Disposable[] = [];

  constructor(readonly session: CloudSession) {
    const place =
      session.details.repository ?? (session.details.isRemote ? l10n.t('Cloud Session') : l10n.t('Local Session'));
    this.channel = vscode.window.createOutputChannel(
      sanitizeLine(`${place} · ${session.sessionId.slice(0, 8)}`),
      LOG_LANGUAGE,
    );
    this.channel.replace(this.renderHead(new LogRenderer()));
    this.disposables.push(
      this.channel,
      session.onDidChangeLog((change) => this.onDidChangeLog(change)),
      session.onDidChangeRemoteUrl(() => this.onDidChangeHead()),
      // The user may choose it in the Output view.
      vscode.window.onDidChangeVisibleTextEditors((editors) => this.renderIfShown(editors)),
    );
    this.renderIfShown(vscode.window.visibleTextEditors);
  }

  show(preserveFocus: boolean): void {
    this.begin();
    this.channel.show(preserveFocus);
  }

  dispose(): void {
    this.disposed = true;
    this.pause.dispose();
    this.flushing.dispose();
    for (const disposable of this.disposables) {
      disposable.dispose();
    }
  }

  private renderIfShown(editors: readonly vscode.TextEditor[]): void {
    const isOurs = ({ document }: vscode.TextEditor): boolean =>
      document.languageId === LOG_LANGUAGE && document.lineAt(0).text.includes(this.session.sessionId);
    if (this.rendering === undefined && editors.some(isOurs)) {
      this.begin();
    }
  }

  /** Starts the rendering; the first slice is rendered synchronously. */
  private begin(): void {
    if (this.rendering === undefined) {
      this.restart();
    }
    this.session.want();
    void this.render();
  }

  private onDidChangeLog(change: LogChange): void {
    if (this.rendering === undefined) {
      return;
    }
    if (change.kind === 'rewritten') {
      this.restart();
    } else {
      this.rendering.changes.push(change);
    }
    this.flushing.schedule();
  }

  /** Renders the head again: it contains the link. */
  private onDidChangeHead(): void {
    if (this.rendering === undefined) {
      this.channel.replace(this.renderHead(new LogRenderer()));
    } else {
      this.restart();
      this.flushing.schedule();
    }
  }

  private restart(): void {
    const { events, notes } = this.session;
    this.rendering = {
      renderer: new LogRenderer(),
      records: recordsOf(events, notesByEvent(notes))[Symbol.iterator](),
      changes: [],
      next: 0,
      isFirst: true,
    };
  }

  private async render(): Promise<void> {
    this.flushing.cancel();
    if (this.isRendering) {
      return;
    }
    this.isRendering = true;
    try {
      while (!this.disposed && !this.renderSlice()) {
        await sharedTurns.next();
      }
    } finally {
      this.isRendering = false;
    }
    this.pause.restart();
  }

  /** @returns whether everything is rendered */
  private renderSlice(): boolean {
    const { rendering } = this;
    if (rendering === undefined) {
      return true;
    }
    const isOver = sharedTurns.begin();
    let text = rendering.isFirst ? this.renderHead(rendering.renderer) : '';
    let isDone = false;
    while (!isDone && !isOver()) {
      const next = this.renderNext(rendering);
      isDone = next === undefined;
      text += next ?? '';
    }
    if (rendering.isFirst) {
      rendering.isFirst = false;
      this.channel.replace(text);
    } else if (text !== '') {
      this.channel.append(text);
    }
    return isDone;
  }

  private renderNext(rendering: Rendering): string | undefined {
    const { done, value } = rendering.records.next() as IteratorResult<TranscriptRecord, undefined>;
    if (done !== true) {
      return renderRecord(rendering.renderer, value);
    }
    const change = rendering.changes[rendering.next++];
    if (change === undefined) {
      rendering.changes = [];
      rendering.next = 0;
      return undefined;
    }
    return renderRecord(rendering.renderer, change);
  }

  /** Writes the held-back text of a stream that pauses. */
  private flushStreams(): void {
    const { rendering } = this;
    if (rendering !== undefined && !this.isRendering && !rendering.isFirst) {
      const text = rendering.renderer.flush();
      if (text !== '') {
        this.channel.append(text);
      }
    }
  }

  private renderHead(renderer: LogRenderer): string {
    const { sessionId, details, remoteUrl } = this.session;
    const { taskId, repository, branch } = details;
    return renderer.head({
      sessionId,
      ...defined({ taskId, repository, branch, remoteUrl }),
    });
  }
}

function renderRecord(renderer: LogRenderer, record: TranscriptRecord): string {
  if (record.kind === 'event') {
    return renderer.render(record.event);
  }
  const { level, text, at } = record.note;
  return renderer.note(level, text, at);
}
