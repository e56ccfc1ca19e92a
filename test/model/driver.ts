import { CancellationTokenSource, Emitter, type Disposable } from 'vscode-jsonrpc/node';
import { FrameReader } from '../../src/core/frames/frameReader';
import { Watchdog } from '../../src/core/rpc/watchdog';
import type { Outbox } from '../../src/core/prompts/outbox';
import type { PendingQuestion } from '../../src/core/questions/pendingQuestion';
import { QuestionService } from '../../src/core/questions/questionService';
import { RuntimeClient } from '../../src/core/client/runtimeClient';
import type { CloudSession } from '../../src/core/session/session';
import type { SessionRow } from '../../src/core/store/sessionRow';
import { draftsOf } from '../../src/core/review/reviewThread';
import { sendReview } from '../../src/core/store/sentReviews';
import { SessionStore } from '../../src/core/store/sessionStore';
import { SessionPersistence } from '../../src/storage/sessionPersistence';
import type { MemoryDisk } from './memoryFiles';
import type { ScriptedRuntime } from './scriptedRuntime';
import type { VirtualTime } from './virtualTime';
import type { PromptState, SendMode } from '../../src/core/prompts/prompt';

/*
 * The only file of the model that uses the extension's classes: it composes a window and operates it. The composition
 * is that of `createRuntimeServices` and `PersistedSessions`, without VS Code.
 */

/** Delay before the runtime restarts after a crash, in milliseconds. */
const RESTART_MS = 1_000;
const FOLDER = '/storage';

/** A prompt that an outbox shows as not delivered. */
export interface Pending {
  readonly sessionId: string;
  readonly text: string;
  readonly state: PromptState;
}

/** A prompt with what the user can do with it. */
export interface Actionable extends Pending {
  /** It says that it may have arrived. */
  readonly uncertain: boolean;
  readonly id: number;
  readonly outbox: Outbox;
}

export interface WindowSurroundings {
  readonly time: VirtualTime;
  readonly disk: MemoryDisk;
  /** Links that VS Code remembers across reloads. */
  readonly urls: Map<string, string>;
  readonly startRuntime: () => ScriptedRuntime;
  /** Records a promise that the extension returned. */
  readonly give: (what: string, promise: Promise<unknown>) => void;
}

/** One VS Code window with the extension. */
export class Window {
  readonly warnings: string[] = [];
  /** Sessions that were open in an earlier window and were restored here. */
  readonly restored = new Set<string>();
  private readonly process = { alive: true };
  private readonly store: SessionStore;
  private readonly questionService: QuestionService;
  private readonly persistence: SessionPersistence;
  private current: { client: RuntimeClient; runtime: ScriptedRuntime; watch: Watchdog } | undefined;
  private restart: Disposable | undefined;
  private isConnected = false;
  private closing = false;
  private readonly closed: CloudSession[] = [];

  constructor(
    readonly slot: number,
    private readonly around: WindowSurroundings,
  ) {
    const { time, urls } = around;
    const warn = (message: string): void => {
      this.warnings.push(message);
    };
    this.store = new SessionStore(
      { get: (id) => urls.get(id), set: (id, url) => void urls.set(id, url) },
      warn,
      time.timers,
      time.now,
    );
    this.store.onDidClose((session) => this.closed.push(session));
    this.questionService = new QuestionService(this.store, time.timers, warn);
    this.persistence = new SessionPersistence(this.store, {
      folder: FOLDER,
      workspace: 'harbor',
      bounds: () => ({ maxAgeDays: 30, maxSizeMB: 200 }),
      disk: { failed: (error) => warn(`disk: ${String(error)}`), recovered: () => undefined },
      warn,
      files: around.disk.seenBy(this.process),
    });
  }

  /** As `activate`: waits for nothing. */
  open(): void {
    const restoring = this.persistence.restore().then(() => {
      this.sessions.forEach(({ sessionId }) => this.restored.add(sessionId));
    });
    this.around.give('restore', restoring);
    this.startRuntime();
  }

  get runtime(): ScriptedRuntime | undefined {
    return this.current?.runtime;
  }

  get sessions(): readonly CloudSession[] {
    return this.store.openSessions;
  }

  get counts() {
    return this.store.counts;
  }

  get rows(): readonly SessionRow[] {
    return this.store.rows;
  }

  get questions(): readonly PendingQuestion[] {
    return this.questionService.list();
  }

  find(id: string): CloudSession | undefined {
    return this.store.getSession(id);
  }

  /** All prompts that are shown as not delivered, or stored to be shown so, including those of creations. */
  get pending(): readonly Pending[] {
    const open = this.sessions.flatMap(({ sessionId, outbox }) =>
      outbox.pending
        .filter(({ state }) => state !== 'delivered')
        .map(({ text, state }) => ({ sessionId, text, state })),
    );
    const parked = this.store.kept.sessions
      .filter(({ sessionId }) => this.find(sessionId) === undefined)
      .flatMap(({ sessionId, prompts }) =>
        prompts.flatMap(({ text, state }) => (state === 'shown' ? [] : [{ sessionId, text, state }])),
      );
    const creations = this.rows.flatMap(({ key, creation }) =>
      creation?.options.prompt === undefined
        ? []
        : [{ sessionId: key, text: creation.options.prompt, state: 'queued' as const }],
    );
    return [...open, ...parked, ...creations];
  }

  /** Prompts that the runtime showed: only the next history proves that the service has them. */
  get unproven(): readonly Pick<Pending, 'sessionId' | 'text'>[] {
    return this.store.kept.sessions.flatMap(({ sessionId, prompts }) =>
      prompts.filter(({ state }) => state === 'shown').map(({ text }) => ({ sessionId, text })),
    );
  }

  /** Prompts that the user can act on, of watched and unwatched sessions. */
  get actionable(): readonly Actionable[] {
    return this.outboxes.flatMap(([sessionId, outbox]) =>
      outbox.pending.map(({ id, text, state, uncertain = false }) => ({
        sessionId,
        text,
        state,
        uncertain,
        id,
        outbox,
      })),
    );
  }

  /** Commands wait for this. Until then, callers get an error at once, and keep the prompt. */
  get isReady(): boolean {
    return this.isConnected;
  }

  get isListed(): boolean {
    return this.store.list.kind === 'loaded';
  }

  create(prompt: string | undefined): { readonly created: Promise<CloudSession>; readonly cancel: () => void } {
    const source = new CancellationTokenSource();
    const options = {
      cloud: { repository: { owner: 'octo', name: 'harbor' } },
      ...(prompt === undefined ? {} : { prompt }),
    };
    const created = this.store.create(options, source.token);
    return { created, cancel: () => source.cancel() };
  }

  dismissFailed(): readonly string[] {
    return this.rows.flatMap(({ key, creation }) => {
      if (creation?.error === undefined) {
        return [];
      }
      this.store.dismiss(key);
      return creation.options.prompt === undefined ? [] : [creation.options.prompt];
    });
  }

  connect(id: string): Promise<CloudSession> {
    return this.store.connect(id);
  }

  disconnect(id: string): Promise<void> {
    return this.store.disconnect(id);
  }

  delete(id: string): Promise<void> {
    return this.store.delete(id);
  }

  refresh(): Promise<void> {
    return this.store.refresh();
  }

  send(session: CloudSession, text: string, mode: SendMode): Promise<string> {
    return session.send(text, mode);
  }

  /** Writes a comment on the session's changes; resolves when it is on disk. */
  comment({ sessionId, details: { taskId } }: CloudSession, body: string): Promise<void> {
    this.store.reviews.put({
      ...{ id: body, sessionId, path: 'a.ts', startLine: 1, endLine: 1, code: 'a', isResolved: false },
      ...(taskId === undefined ? {} : { taskId }),
      notes: [{ id: body, body, writtenAt: new Date(0) }],
    });
    return this.store.beforeSend();
  }

  /**
   * Sends the session's comments.
   * @returns the prompt that they became, unless there was none or the session was closed
   */
  sendReview(
    session: CloudSession,
    mode: SendMode,
  ): { readonly text: string | undefined; readonly sent: Promise<unknown> } {
    const before = new Set(session.outbox.pending);
    const sent = sendReview(this.store.reviews, session, () => undefined, mode);
    return { text: session.outbox.pending.find((prompt) => !before.has(prompt))?.text, sent };
  }

  /** The comments that wait to be sent. */
  get drafts(): readonly string[] {
    return this.store.reviews.all.flatMap((thread) => draftsOf(thread).map(({ body }) => body));
  }

  abort(session: CloudSession): Promise<void> {
    return session.abort();
  }

  answer({ key, question }: PendingQuestion): Promise<unknown> {
    return this.questionService.answer(
      key,
      question.kind === 'permission'
        ? { kind: 'permission', decision: 'once' }
        : { kind: 'input', answer: 'yes', wasFreeform: false },
    );
  }

  /** Events of a session in its transcript on disk. */
  async transcript(sessionId: string): Promise<readonly CloudSession['events'][number][]> {
    const events: CloudSession['events'][number][] = [];
    for await (const record of this.persistence.transcripts.read(sessionId)) {
      if (record.kind === 'event') {
        events.push(record.event);
      }
    }
    return events;
  }

  /** Sessions that are no longer watched but still have listeners. */
  get leaking(): readonly string[] {
    const open = new Set(this.sessions);
    return this.closed
      .filter((session) => !open.has(session))
      .flatMap((session) =>
        Object.entries(session)
          .filter(([, value]) => value instanceof Emitter && listenersOf(value) > 0)
          .map(([name]) => `${session.sessionId}.${name}`),
      );
  }

  /** As `deactivate`. */
  async close(): Promise<void> {
    this.closing = true;
    this.stopRuntime();
    await this.persistence.close();
    this.questionService.dispose();
    this.store.dispose();
  }

  /** Kills the extension host: from now on, nothing it does has an effect. */
  async kill(): Promise<void> {
    this.process.alive = false;
    await this.close();
  }

  private get outboxes(): readonly (readonly [string, Outbox])[] {
    const ids = new Set([...this.sessions, ...this.store.kept.sessions].map(({ sessionId }) => sessionId));
    return [...ids].flatMap((id) => {
      const outbox = this.find(id)?.outbox ?? this.store.outboxOf(id);
      return outbox === undefined ? [] : [[id, outbox] as const];
    });
  }

  private startRuntime(): void {
    const { time } = this.around;
    const runtime = this.around.startRuntime();
    const client = new RuntimeClient(new FrameReader(runtime.reader), runtime.writer, {
      timers: time.timers,
      log: { info: () => undefined, warn: (message) => this.warnings.push(message) },
      handleRequest: (session, request) => this.questionService.handleRequest(session, request),
    });
    const watch = new Watchdog(client, () => runtime.crash(), time.timers);
    this.current = { client, runtime, watch };
    client.onDidClose(() => this.onRuntimeEnd(client));
    client.handshake().then(
      () => {
        if (this.current?.client === client) {
          this.isConnected = true;
          this.store.setClient(client);
        }
      },
      () => undefined,
    );
  }

  private onRuntimeEnd(client: RuntimeClient): void {
    if (this.current?.client !== client) {
      return;
    }
    this.stopRuntime();
    if (!this.closing) {
      this.restart = this.around.time.timers(() => this.startRuntime(), RESTART_MS);
    }
  }

  private stopRuntime(): void {
    this.restart?.dispose();
    this.isConnected = false;
    const { current } = this;
    this.current = undefined;
    current?.watch.dispose();
    current?.client.dispose();
    current?.runtime.dispose();
    this.store.setClient(undefined);
  }
}

function listenersOf(emitter: object): number {
  const { _callbacks } = emitter as { _callbacks?: { _callbacks?: readonly unknown[] } };
  return _callbacks?._callbacks?.length ?? 0;
}
