import path from 'node:path';
import type { Disposable } from 'vscode-jsonrpc/node';
import { defined } from '../core/common/defined';
import type { TranscriptGate } from '../core/history/transcriptGate';
import type { CloudSession } from '../core/session/session';
import type { SessionStore } from '../core/store/sessionStore';
import { prune, type Bounds } from './retention';
import { DiskTrouble, type DiskListener } from './diskHealth';
import { realFiles, type Files } from './files';
import { historyOf, mergeTranscripts } from './mergeTranscripts';
import type { TranscriptHeader } from './transcriptFormat';
import { summaryOf, Transcripts, type FileContent, type FileSummary } from './transcripts';
import { TranscriptWriter } from './transcriptWriter';
import { WindowFile } from './windowState';
import type { DamagedState } from './windowTakeover';
import { textOf } from '../core/redaction/secrets';

export interface KeeperOptions {
  /** Absolute path of the extension's own folder. */
  readonly folder: string;
  /** Identifies the workspace, so that its next window finds the files. */
  readonly workspace: string;
  readonly bounds: () => Bounds;
  readonly disk: DiskListener;
  /** Receives lines for the log. */
  readonly warn: (message: string) => void;
  /** Called for state of an earlier window that cannot be read. */
  readonly onDamaged?: (damaged: DamagedState) => void;
  readonly files?: Files;
  /** The transcripts in the folder; by default read and written with `files`. */
  readonly transcripts?: Transcripts;
}

/** The absolute path of the folder of the transcripts. @param folder as in {@link KeeperOptions} */
export function transcriptsFolder(folder: string): string {
  return path.join(folder, 'transcripts');
}

interface Unread {
  readonly writer: TranscriptWriter;
  readonly kept: TranscriptGate;
}

/** The interval for deleting old transcripts, in milliseconds. */
const PRUNE_MS = 3_600_000;

/**
 * Persists what must outlive the window: which sessions are open, their prompts, and their transcripts. A failure is
 * reported once, and the sessions continue without persistence.
 */
export class SessionPersistence {
  readonly transcripts: Transcripts;
  private readonly disk: DiskTrouble;
  private readonly window: WindowFile;
  private readonly writers = new Map<CloudSession, TranscriptWriter>();
  /** Writers that are closing, by session id: the next writer of the session waits for them. */
  private readonly ending = new Map<string, Promise<void>>();
  /** Restored sessions whose transcripts have not been read yet. */
  private readonly unread = new Map<CloudSession, Unread>();
  private isRestoring = false;
  private readonly subscriptions: Disposable[] = [];
  private pruneTimer: NodeJS.Timeout | undefined;
  private restored = false;
  private closed = false;
  private becomeReady: () => void = () => undefined;
  private readonly ready = new Promise<void>((resolve) => {
    this.becomeReady = resolve;
  });
  /** The last known titles and start times: a closed session may have no row. */
  private readonly known = new WeakMap<CloudSession, Pick<TranscriptHeader, 'title' | 'startTime'>>();

  constructor(
    private readonly store: SessionStore,
    private readonly options: KeeperOptions,
  ) {
    const files = options.files ?? realFiles;
    this.transcripts = options.transcripts ?? new Transcripts(transcriptsFolder(options.folder), files);
    this.disk = new DiskTrouble(options.disk);
    this.window = new WindowFile(
      path.join(options.folder, 'windows'),
      options.workspace,
      files,
      this.disk,
      (damaged) => {
        const { file, reason, outcome } = damaged;
        // eslint-disable-next-line texts/localized -- a line of the log
        options.warn(`What was open before cannot be read (${outcome}): ${reason}: ${file}`);
        options.onDamaged?.(damaged);
      },
    );
    store.beforeSend = () => this.ready.then(() => this.save());
    this.subscriptions.push(
      store.onDidOpen((session) => this.onDidOpen(session)),
      store.onDidClose((session) => this.onDidClose(session)),
      store.onDidChange(() => void this.save()),
    );
  }

  /**
   * Opens the sessions again that were open when the last window of this workspace ended, then reads their transcripts
   * in the background.
   * @returns resolves when all transcripts are read; never rejects
   */
  async restore(): Promise<void> {
    try {
      const state = await this.window.takeOver();
      this.isRestoring = true;
      this.store.restore(state);
    } catch (error) {
      this.disk.failed(this, error);
    } finally {
      this.isRestoring = false;
      this.restored = true;
      this.becomeReady();
    }
    await this.save();
    await this.readTranscripts();
    await this.prune();
    this.pruneTimer = setInterval(() => void this.prune(), PRUNE_MS);
    this.pruneTimer.unref();
  }

  /** Writes everything, and ends. The sessions may be closed after it. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.pruneTimer);
    for (const subscription of this.subscriptions.splice(0)) {
      subscription.dispose();
    }
    await Promise.all([
      this.save().then(() => this.window.close()),
      ...[...this.writers.values()].map((writer) => writer.close()),
      ...this.ending.values(),
    ]);
    this.store.beforeSend = () => Promise.resolve();
  }

  private async save(): Promise<void> {
    // Before the restore, the state of the last window is in its file only.
    if (this.restored) {
      await this.window.save(this.store.kept);
    }
  }

  private onDidOpen(session: CloudSession): void {
    const writer = new TranscriptWriter(this.transcripts, session, () => this.headerOf(session), this.disk);
    this.writers.set(session, writer);
    if (this.isRestoring) {
      this.unread.set(session, { writer, kept: session.awaitKept() });
    } else {
      void this.join(session, writer);
    }
    void this.save();
  }

  /** One after another, the last changed first, so that the first of thirty long ones is complete at once. */
  private async readTranscripts(): Promise<void> {
    const changed = new Map<CloudSession, number>();
    for (const session of this.unread.keys()) {
      changed.set(session, await this.transcripts.lastChange(session.sessionId).catch(() => 0));
    }
    while (this.unread.size > 0) {
      const newest = [...this.unread.keys()].sort((a, b) => (changed.get(b) ?? 0) - (changed.get(a) ?? 0));
      const session = newest.find(({ isWanted }) => isWanted) ?? newest[0];
      const next = session && this.unread.get(session);
      if (session === undefined || next === undefined) {
        return;
      }
      this.unread.delete(session);
      try {
        if (!this.closed) {
          next.kept.begin();
          await this.join(session, next.writer);
        }
      } finally {
        next.kept.end();
      }
    }
  }

  /** Adds the transcript to the session, whether it was restored or is opened here for the first time. */
  private async join(session: CloudSession, writer: TranscriptWriter): Promise<void> {
    await this.ending.get(session.sessionId);
    const found = await this.contents(session.sessionId);
    const isOpen = (): boolean => this.writers.get(session) === writer && !this.closed;
    if (!isOpen()) {
      return;
    }
    const joined = await mergeTranscripts(found.map(({ records }) => records));
    await session.absorb(historyOf(joined));
    if (isOpen()) {
      await this.begin(session, writer, found.map(summaryOf));
    }
  }

  private async begin(session: CloudSession, writer: TranscriptWriter, found: readonly FileSummary[]): Promise<void> {
    const headers = found.flatMap(({ header }) => header ?? []);
    const [oldest] = headers.sort((a, b) => a.startTime.getTime() - b.startTime.getTime());
    if (oldest !== undefined) {
      this.known.set(session, oldest);
    }
    await writer.start(found);
  }

  private onDidClose(session: CloudSession): void {
    const writer = this.writers.get(session);
    this.writers.delete(session);
    if (writer !== undefined) {
      const ended = writer.close().finally(() => {
        if (this.ending.get(session.sessionId) === ended) {
          this.ending.delete(session.sessionId);
        }
      });
      this.ending.set(session.sessionId, ended);
    }
    void this.save();
  }

  private async contents(sessionId: string): Promise<readonly FileContent[]> {
    try {
      return await this.transcripts.contents(sessionId);
    } catch (error) {
      // eslint-disable-next-line texts/localized -- a line of the log
      this.options.warn(`The transcript of ${sessionId} cannot be read: ${textOf(error)}`);
      return [];
    }
  }

  private headerOf(session: CloudSession): TranscriptHeader {
    const { sessionId, details, remoteUrl } = session;
    const before = this.known.get(session);
    const row = this.store.getSession(sessionId) === session ? this.store.find(sessionId) : undefined;
    const title = row?.title ?? before?.title;
    const startTime = before?.startTime ?? row?.startTime ?? new Date();
    this.known.set(session, { startTime, ...defined({ title }) });
    return {
      sessionId,
      ...defined({ taskId: details.taskId, title, repository: details.repository, branch: details.branch, remoteUrl }),
      startTime,
    };
  }

  private async prune(): Promise<void> {
    try {
      const deleted = await prune(this.transcripts, this.options.bounds());
      if (deleted > 0) {
        // eslint-disable-next-line texts/localized -- a line of the log
        this.options.warn(`${deleted} old transcripts were deleted, as the settings say.`);
      }
    } catch (error) {
      // eslint-disable-next-line texts/localized -- a line of the log
      this.options.warn(`Old transcripts could not be deleted: ${textOf(error)}`);
    }
  }
}
