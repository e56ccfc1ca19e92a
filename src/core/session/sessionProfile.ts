import type { SessionEvent } from '@github/copilot-sdk';
import * as l10n from '@vscode/l10n';
import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { isAgentStart } from '../activity/eventRoles';
import { readRecord, readText } from '../common/json';
import { parseSessionUrl, sessionUrlCandidate } from '../events/sessionUrl';
import { Rpc } from '../rpc/methods';
import { explainRequestError } from '../rpc/rpcErrors';
import type { Attachment, SessionTransport } from './attachment';
import type { CalledSession, SessionCalls } from './sessionCalls';
import { isSameNote, type SessionHistory } from './sessionHistory';

export interface SessionDetails {
  readonly isRemote: boolean;
  readonly taskId?: string;
  readonly repository?: string;
  /** The branch that was chosen here. */
  readonly branch?: string;
}

/** The parts of a session that its profile needs. */
export interface ProfileParts {
  readonly sessionId: string;
  readonly attachment: Attachment<SessionTransport>;
  readonly calls: Pick<SessionCalls<CalledSession>, 'request'>;
  readonly history: SessionHistory;
  /** Something that a row shows of the profile has changed. */
  changed(): void;
}

/** What a session is called, what it works on, and its link to the web. */
export class SessionProfile implements Disposable {
  private readonly urlChanges = new Emitter<string>();
  private url: string | undefined;
  private newName: string | undefined;

  readonly onDidChangeRemoteUrl: Event<string> = this.urlChanges.event;

  constructor(
    private known: SessionDetails,
    private readonly parts: ProfileParts,
  ) {}

  get details(): SessionDetails {
    return this.known;
  }

  get remoteUrl(): string | undefined {
    return this.url;
  }

  /** The name that it was given here, until the session tells of another one. */
  get givenName(): string | undefined {
    return this.newName;
  }

  update(details: Partial<SessionDetails>): void {
    this.known = { ...this.known, ...details };
    this.parts.changed();
  }

  /** See `CloudSession.offerRemoteUrl`. */
  offerRemoteUrl(candidate: unknown): void {
    if (candidate === undefined || candidate === null || this.url !== undefined) {
      return;
    }
    const { attachment, history, sessionId } = this.parts;
    const url = parseSessionUrl(candidate);
    if (url === undefined) {
      history.addNote(
        'warning',
        l10n.t('The runtime sent a link for this session that is not a web address. The link is ignored.'),
      );
      // eslint-disable-next-line texts/localized -- a line of the log
      attachment.connection?.warn(`Session ${sessionId}: unusable link ${JSON.stringify(candidate).slice(0, 200)}`);
      return;
    }
    this.url = url;
    this.urlChanges.fire(url);
    this.parts.changed();
  }

  /** See `CloudSession.rename`. */
  async rename(name: string): Promise<void> {
    try {
      await this.parts.calls.request(Rpc.setName, { sessionId: this.parts.sessionId, name });
    } catch (error) {
      throw explainRequestError((reason) => l10n.t('Could not rename the session: {0}', reason), error);
    }
    this.newName = name;
    this.parts.changed();
  }

  /** Takes the link from an event that has one. */
  observeLink(event: SessionEvent): void {
    this.offerRemoteUrl(sessionUrlCandidate(event));
  }

  observe(event: SessionEvent): void {
    if (event.type === 'session.title_changed') {
      this.newName = undefined;
    }
    if (isAgentStart(event)) {
      this.compareBranch(event);
    }
  }

  dispose(): void {
    this.urlChanges.dispose();
  }

  /** Notes, once, that the agent has begun on another branch than the one that was chosen. */
  private compareBranch(event: SessionEvent): void {
    const { attachment, history } = this.parts;
    const chosen = this.known.branch;
    const actual = readText(readRecord(event.data, 'context'), 'branch');
    // What is kept was noted when it came.
    if (attachment.connection === undefined || chosen === undefined || actual === undefined || actual === chosen) {
      return;
    }
    const text = l10n.t('The agent started on the branch {0}, not on {1}, which was chosen.', actual, chosen);
    const code = `branch-${actual}`;
    if (!history.notes.some((note) => isSameNote(note, { text, code }))) {
      history.addNote('warning', text, code);
    }
  }
}
