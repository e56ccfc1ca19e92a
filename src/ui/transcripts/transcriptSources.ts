import * as l10n from '@vscode/l10n';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type * as vscode from 'vscode';
import { isCancelled } from '../../core/common/async';
import { defined } from '../../core/common/defined';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import type { DocumentHead, DocumentRecord } from '../../core/rendering/markdown/documentRenderer';
import { sanitizeLine } from '../../core/common/sanitize';
import type { CloudSession } from '../../core/session/session';
import type { SessionStore } from '../../core/store/sessionStore';
import { notesByEvent, recordsOf } from '../../storage/mergeTranscripts';
import type { TranscriptInfo, Transcripts } from '../../storage/transcripts';

/** Time slice of reading a transcript before other work gets its turn, in milliseconds. */
const SLICE_MS = 8;

/** One session's events and notes, from an open session or from disk. */
export interface TranscriptSource {
  readonly sessionId: string;
  readonly title: string;
  /** Set while the session is open in this window, so that its records may change. */
  readonly session: CloudSession | undefined;
  head(): DocumentHead;
  /** All records at the time of the call. */
  records(): Iterable<DocumentRecord> | AsyncIterable<DocumentRecord>;
}

export interface TranscriptSourcesServices {
  readonly store: SessionStore;
  ready(): Promise<void>;
}

/** Finds transcripts: of sessions open in this window, stored on disk, or read from the service. */
export class TranscriptSources {
  constructor(
    readonly services: TranscriptSourcesServices,
    private readonly archive: Pick<Transcripts, 'list' | 'read'>,
  ) {}

  /** An open session's or a stored transcript. @param id of the session or its task, or the key of its row */
  async find(id: string): Promise<TranscriptSource | undefined> {
    const { store } = this.services;
    const row = store.find(id);
    const session = store.getSession(id) ?? row?.session;
    if (session !== undefined) {
      return this.ofSession(session);
    }
    const ids = new Set([id, row?.sessionId, row?.taskId]);
    const stored = (await this.archive.list()).find(
      ({ sessionId, taskId }) => ids.has(sessionId) || ids.has(taskId ?? ''),
    );
    return stored && this.ofStored(stored);
  }

  /** As `find`, but connects to a cloud session that has no transcript here. @throws {CloudSessionsError} if it has none */
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
          ? l10n.t('There is no transcript of a session with the id {0}.', sanitizeLine(id, 100))
          : l10n.t('“{0}” has no transcript: only cloud sessions have one.', sanitizeLine(row.title)),
        { nextStep: l10n.t('Choose a cloud session from the list.') },
      );
    }
    await this.services.ready();
    return this.ofSession(await this.services.store.connect(row.taskId ?? row.sessionId));
  }

  /** All transcripts: open sessions first, then stored ones, the last changed first. */
  async all(): Promise<readonly TranscriptSource[]> {
    const open = this.services.store.openSessions.filter(({ details }) => details.isRemote);
    const known = new Set(open.map(({ sessionId }) => sessionId));
    const stored = (await this.archive.list()).filter(({ sessionId }) => !known.has(sessionId));
    return [...open.map((session) => this.ofSession(session)), ...stored.map((info) => this.ofStored(info))];
  }

  private ofSession(session: CloudSession): TranscriptSource {
    const { store } = this.services;
    const { sessionId } = session;
    const title = (): string => store.find(sessionId)?.title ?? session.title ?? untitled(sessionId);
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
          isWhole: session.isWhole,
          ...defined({ repository, branch, remoteUrl: session.remoteUrl }),
        };
      },
      records: () => recordsOf(session.events, notesByEvent(session.notes)),
    };
  }

  private ofStored(info: TranscriptInfo): TranscriptSource {
    const { sessionId } = info;
    const title = this.services.store.find(sessionId)?.title ?? info.title ?? untitled(sessionId);
    return {
      sessionId,
      title,
      session: undefined,
      head: () => ({ ...info, title, isKept: true }),
      records: () => this.archive.read(sessionId),
    };
  }
}

function untitled(sessionId: string): string {
  return l10n.t({
    message: 'Session {0}',
    args: [sessionId.slice(0, 8)],
    comment: ['The title of a session that has none: the first characters of its id'],
  });
}

/**
 * Calls `visit` with each record, in time slices.
 * @returns false if it ended early: `visit` returned false, or `token` was cancelled
 */
export async function forEachRecord(
  source: TranscriptSource,
  visit: (record: DocumentRecord) => boolean,
  token?: vscode.CancellationToken,
): Promise<boolean> {
  let since = performance.now();
  for await (const record of source.records()) {
    if (isCancelled(token) || !visit(record)) {
      return false;
    }
    if (performance.now() - since > SLICE_MS) {
      await nextTurn();
      since = performance.now();
    }
  }
  return true;
}
