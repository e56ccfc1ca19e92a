import type { SessionEvent } from '@github/copilot-sdk';
import type { CancellationToken, Disposable, Event } from 'vscode';

/**
 * What `activate()` returns to other extensions:
 *
 * ```ts
 * const api = await vscode.extensions.getExtension<CloudSessionsApi>('cloudsessions.cloud-sessions')?.activate();
 * ```
 *
 * Failures reject with an `Error` that has a stable `code` (see `ErrorCode` in `src/core/errors/cloudSessionsError.ts`), and
 * a `message` and a `nextStep` for people, in VS Code's language. Additions do not change `version`; breaking changes do.
 */
export interface CloudSessionsApi {
  readonly version: 1;
  readonly runtimeState: RuntimeState;
  readonly onDidChangeRuntimeState: Event<RuntimeState>;
  /** Reads the list from the runtime. Contains all known sessions, local and in the cloud. */
  listSessions(): Promise<readonly SessionInfo[]>;
  readonly onDidChangeSessions: Event<void>;
  /**
   * Creates a cloud session; resolves once it is registered. The prompt is sent when the agent has started.
   * Rejects with `invalid-argument`, before anything is sent, without `cloud`, with a `sessionId` or `provider`, and for
   * any member that is unknown or has the wrong type.
   */
  createCloudSession(options: CreateCloudSessionOptions, token?: CancellationToken): Promise<CloudSession>;
  /** Attaches to an existing cloud session, by its own id or its task's. */
  connect(sessionId: string): Promise<CloudSession>;
  /** A session that is open in this window. */
  getSession(sessionId: string): CloudSession | undefined;
}

export type RuntimeState = 'stopped' | 'starting' | 'running' | 'restarting' | 'failed';

export interface CreateCloudSessionOptions {
  /** The branch is added to the first prompt, unless that names it: no runtime up to 1.0.102 passes it on. */
  readonly cloud: { readonly repository?: { readonly owner: string; readonly name: string; readonly branch?: string } };
  readonly prompt?: string;
  /**
   * Requested from the agent once it has started, before the first prompt is sent: `CloudSession.modelChoice` has the
   * result. Only the agent knows which models are available.
   */
  readonly model?: string;
  /** Requested like `model`; without a `model`, for the one that the agent uses. */
  readonly reasoningEffort?: string;
}

export interface SessionInfo {
  readonly sessionId: string;
  readonly taskId?: string;
  readonly isRemote: boolean;
  readonly title: string;
  /** queued, starting, working, stopping, needs input, idle, done, failed or disconnected. */
  readonly state: string;
  readonly repository?: string;
  readonly branch?: string;
  readonly remoteUrl?: string;
  /** Its pull request, as it was last read: known for sessions that were in view in this window. */
  readonly pullRequest?: {
    readonly url: string;
    readonly number?: number;
    readonly state?: 'draft' | 'open' | 'merged' | 'closed';
  };
  /** The model that the agent reports: known for sessions that are open in this window. */
  readonly model?: AgentModel;
  readonly startTime: Date;
  readonly modifiedTime: Date;
}

export interface AgentModel {
  readonly model: string;
  readonly reasoningEffort?: string;
}

/**
 * none: nothing was chosen. waiting: for the agent's start, or for a connection. applying: the choice was sent to the
 * agent, and prompts wait for its answer, at most 30 s. applied: the agent confirmed the choice. refused: it did not; the
 * session's log says why, and prompts are sent nevertheless.
 */
export type ModelChoiceState = 'none' | 'waiting' | 'applying' | 'applied' | 'refused';

export interface CloudSession {
  readonly sessionId: string;
  readonly remoteUrl: string | undefined;
  readonly onDidChangeRemoteUrl: Event<string>;
  /**
   * Every event from the first one on: a late listener first gets those that it missed, in order. Parts of a streamed text
   * (`assistant.message_delta` and similar events) are delivered as they arrive; once the whole text has arrived, a later
   * listener gets only that.
   */
  onEvent(listener: (event: SessionEvent) => void): Disposable;
  /** Counts of the messages that arrived before the session was registered. */
  readonly routing: { readonly buffered: number; readonly dropped: number; readonly rejected: number };
  /**
   * The model that the agent reports, whoever chose it; `undefined` until then. Never the requested one: see
   * `modelChoice`.
   */
  readonly model: AgentModel | undefined;
  /** The state of the `model` and `reasoningEffort` that the session was created with. */
  readonly modelChoice: ModelChoiceState;
  /** Resolves to the runtime's message id: the prompt was accepted, which does not prove that the agent has it. */
  send(prompt: string, mode?: 'enqueue' | 'immediate'): Promise<string>;
  abort(): Promise<void>;
  /**
   * What the session has changed, from the best source that there is. It may fetch the session's branch into a clone that
   * is open in this window. Rejects with `session-not-ready` if nothing is known.
   */
  getChanges(): Promise<SessionChanges>;
}

export interface SessionChanges {
  /** The pushed branch in a clone that is open here, the agent's machine, or GitHub. */
  readonly source: 'git' | 'agent' | 'github';
  /** The branches that are compared, by their merge base. */
  readonly base: string;
  readonly head?: string;
  /** The commits that are compared: the merge base, and the head if everything is committed. */
  readonly baseCommit?: string;
  readonly headCommit?: string;
  /** In the order of their paths. */
  readonly files: readonly ChangedFile[];
  /** The source has more files than it lists. */
  readonly isIncomplete?: true;
  /** Until when this was known to be true. */
  readonly readAt: Date;
}

export interface ChangedFile {
  /** Relative to the root of the repository, with `/`. */
  readonly path: string;
  readonly oldPath?: string;
  readonly status: 'added' | 'modified' | 'deleted' | 'renamed';
  /** Numbers of lines, as `git diff --numstat` counts them; 0 for a binary file, and for one that is truncated. */
  readonly additions: number;
  readonly deletions: number;
  readonly isBinary?: true;
  /** The source left out its content. */
  readonly isTruncated?: true;
}
