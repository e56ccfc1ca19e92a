import type { SessionEvent } from '@github/copilot-sdk';
import { readString } from '../common/json';
import { Rpc } from '../rpc/methods';
import { explainRequestError } from '../rpc/rpcErrors';
import type { CloudSession } from '../session/session';
import { answersIn, resolutionOf } from './resolution';
import type { PendingQuestion, Resolution } from './pendingQuestion';
import type { QuestionOwner } from './questionOwner';

interface Listed {
  readonly entry: PendingQuestion;
  /** `SessionActivity.endings` when it was listed: the agent no longer asks after the next end of its work. */
  readonly endings: number;
}

/** Permissions of one session that the runtime lists as open and that no event has: the history may have a gap. */
export class ListedPermissions {
  private readonly listed = new Map<string, Listed>();
  /** The list was requested since the session was attached. */
  private isRequested = false;
  /** Number of the latest reading: the results of earlier ones are ignored. */
  private reading = 0;

  constructor(
    private readonly session: CloudSession,
    private readonly owner: Pick<QuestionOwner, 'add' | 'close' | 'changed' | 'warn'>,
    /** Called with new ones. */
    private readonly added: (entries: readonly PendingQuestion[]) => void,
  ) {}

  get isEmpty(): boolean {
    return this.listed.size === 0;
  }

  /** Call this when anything about the session may have changed. */
  update(): void {
    if (this.listed.size > 0) {
      this.closeEnded();
    }
    const { isCaughtUp } = this.session;
    if (isCaughtUp !== this.isRequested) {
      this.isRequested = isCaughtUp;
      this.reading++;
      if (isCaughtUp) {
        void this.read(this.reading);
      }
    }
    this.count();
  }

  /** Removes one that an event has now. */
  take(requestId: string): PendingQuestion | undefined {
    const entry = this.listed.get(requestId)?.entry;
    if (entry !== undefined) {
      this.close(entry, 'withdrawn');
    }
    return entry;
  }

  dispose(): void {
    this.reading++;
    for (const { entry } of [...this.listed.values()]) {
      this.close(entry, 'unwatched');
    }
  }

  private async read(reading: number): Promise<void> {
    const { session } = this;
    // eslint-disable-next-line texts/localized -- for the log
    await session.keepTrying(`ask for the open permissions of session ${session.sessionId}`, async () => {
      if (reading !== this.reading) {
        return;
      }
      try {
        const pending = await session.request(Rpc.pendingPermissions, { sessionId: session.sessionId });
        if (reading === this.reading) {
          this.merge(pending);
        }
      } catch (error) {
        // eslint-disable-next-line texts/localized -- for the log
        const reason = explainRequestError((why) => `Could not ask for the open permissions: ${why}`, error);
        if (reason.code !== 'not-supported') {
          throw reason;
        }
        // Older runtimes do not support the method; the events still have the questions.
        // eslint-disable-next-line texts/localized -- a line of the log
        this.owner.warn(`The open permissions of ${session.sessionId} could not be asked for: ${reason.message}`);
      }
    });
  }

  private merge(pending: readonly { readonly requestId: string; readonly request: Fields }[]): void {
    const { session } = this;
    const before = this.listed.size;
    const open = new Set(pending.map(({ requestId }) => requestId));
    for (const [requestId, { entry }] of this.listed) {
      if (!open.has(requestId)) {
        // Answered or withdrawn while the session was detached.
        this.close(entry, 'withdrawn');
      }
    }
    // The reducer decides about questions that events have: an abort ends one, and the list still has it.
    const known = pending.length === 0 ? undefined : new Set(session.events.map((event) => permissionIdOf(event)));
    const fresh: PendingQuestion[] = [];
    for (const { requestId, request } of pending) {
      if (known?.has(requestId) === false && !this.listed.has(requestId)) {
        const entry = this.owner.add(session, requestId, { kind: 'list', request });
        this.listed.set(requestId, { entry, endings: session.activity.endings });
        fresh.push(entry);
      }
    }
    if (before > 0 || fresh.length > 0) {
      this.count();
      this.owner.changed();
      this.added(fresh);
    }
  }

  private closeEnded(): void {
    const answers = answersIn(this.session.events);
    const { endings } = this.session.activity;
    for (const [requestId, { entry, endings: before }] of this.listed) {
      const answered = answers.get(requestId);
      // Refused: the runtime listed it, and says now that there is no such question.
      if (answered !== undefined || endings !== before || entry.state === 'refused') {
        this.close(entry, resolutionOf(entry, answered));
        this.owner.changed();
      }
    }
  }

  private close(entry: PendingQuestion, how: Resolution): void {
    this.listed.delete(entry.requestId);
    this.count();
    this.owner.close(entry, how);
  }

  private count(): void {
    this.session.requests.setListed(this.session.isAttached ? this.listed.size : 0);
  }
}

type Fields = Readonly<Record<string, unknown>>;

function permissionIdOf({ type, data }: SessionEvent): string | undefined {
  return type === 'permission.requested' || type === 'permission.completed' ? readString(data, 'requestId') : undefined;
}
