import { setImmediate as nextTurn } from 'node:timers/promises';
import type * as vscode from 'vscode';
import { defined } from '../../core/common/defined';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import type { DocumentHead, DocumentRecord } from '../../core/rendering/markdown/documentRenderer';
import { sanitizeLine } from '../../core/common/sanitize';
import type { CloudSession } from '../../core/session/session';
import type { SessionStore } from '../../core/store/sessionStore';
import { notesByEvent, recordsOf } from '../../storage/mergeTranscripts';
import type { TranscriptInfo, Transcripts } from '../../storage/transcripts';

/** How long the extension host works on without giving others their turn, in milliseconds. */
const SLICE_MS = 8;

/** One session's events and notes, wherever they are. */
export interface TranscriptSource {
  readonly sessionId: string;
  readonly title: string;
  /** Set while the session is open in this window: what it shows may change. */
  readonly session: CloudSession | undefined;
  head(): DocumentHead;
  /** All of it, as it is at the call. */
  records(): Iterable<DocumentRecord> | AsyncIterable<DocumentRecord>;
}

export interface TranscriptSourcesServices {
  readonly store: SessionStore;
  ready(): Promise<void>;
}

/** Where transcripts come from: sessions that are open in this window, those that are kept on disk, and the service. */
export class TranscriptSources {
  constructor(
    readonly services: TranscriptSourcesServices,
    private readonly archive: Pick<Transcripts, 'list' | 'read'>,
  ) {}

  /** What is at hand; `undefined` if nothing is. @param id the session's, its task's, or its row's key */
  async find(id: string): Promise<TranscriptSource | undefined> {
    const { store } = this.services;
    const row = store.find(id);
    const session = store.getSession(id) ?? row?.session;
    if (session !== undefined) {
      return this.ofSession(session);
    }
    const ids = new Set([id, row?.sessionId, row?.taskId]);
    const kept = (await this.archive.list()).find(
      ({ sessionId, taskId }) => ids.has(sessionId) || ids.has(taskId ?? ''),
    );
    return kept && this.ofKept(kept);
  }

  /** As `find`; a session of which nothing is at hand is connected to. */
  async open(id: string): Promise<TranscriptSource> {
    const known = await this.find(id);
    if (known !== undefined) {
      return known;
    }
    const row = this.services.store.find(id);
    if (row === undefined || !row.isRemote || row.sessionId === undefined) {
      throw new CloudSessionsError(
        row === undefined ? 'session-not-found' : 'invalid-argument',
        row === undefined
          ? `There is no transcript of a session with the id ${sanitizeLine(id, 100)}.`
          : `“${sanitizeLine(row.title)}” has no transcript: only cloud sessions have one.`,
        { nextStep: 'Choose a cloud session from the list.' },
      );
    }
    await this.services.ready();
    return this.ofSession(await this.services.store.connect(row.taskId ?? row.sessionId));
  }

  /** All that is at hand: open sessions first, then kept ones, the last changed first. */
  async all(): Promise<readonly TranscriptSource[]> {
    const open = this.services.store.openSessions.filter(({ details }) => details.isRemote);
    const known = new Set(open.map(({ sessionId }) => sessionId));
    const kept = (await this.archive.list()).filter(({ sessionId }) => !known.has(sessionId));
    return [...open.map((session) => this.ofSession(session)), ...kept.map((info) => this.ofKept(info))];
  }

  private ofSession(session: CloudSession): TranscriptSource {
    const { store } = this.services;
    const { sessionId } = session;
    const title = (): string => store.find(sessionId)?.title ?? session.title ?? `Session ${sessionId.slice(0, 8)}`;
    return {
      sessionId,
      title: title(),
      session,
      head: () => {
        const { repository, branch } = session.details;
        return {
          sessionId,
          title: title(),
          isKept: !session.isAttached,
          ...defined({ repository, branch, remoteUrl: session.remoteUrl }),
        };
      },
      records: () => recordsOf(session.events, notesByEvent(session.notes)),
    };
  }

  private ofKept(info: TranscriptInfo): TranscriptSource {
    const { sessionId } = info;
    const title = this.services.store.find(sessionId)?.title ?? info.title ?? `Session ${sessionId.slice(0, 8)}`;
    return {
      sessionId,
      title,
      session: undefined,
      head: () => ({ ...info, title, isKept: true }),
      records: () => this.archive.read(sessionId),
    };
  }
}

/**
 * Calls `visit` with each record, and gives others their turn in between.
 * @returns false if it was ended early: by `visit`, which returned false, or by `token`
 */
export async function forEachRecord(
  source: TranscriptSource,
  visit: (record: DocumentRecord) => boolean,
  token?: vscode.CancellationToken,
): Promise<boolean> {
  let since = performance.now();
  for await (const record of source.records()) {
    if (token?.isCancellationRequested === true || !visit(record)) {
      return false;
    }
    if (performance.now() - since > SLICE_MS) {
      await nextTurn();
      since = performance.now();
    }
  }
  return true;
}
