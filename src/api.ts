import type { SessionEvent } from '@github/copilot-sdk';
import type { CancellationToken, Disposable, Event } from 'vscode';

/**
 * What `activate()` returns to other extensions:
 *
 * ```ts
 * const api = await vscode.extensions.getExtension<CloudSessionsApi>('cloudsessions.cloud-sessions')?.activate();
 * ```
 *
 * Failures reject with an `Error` that has a stable `code` (see `ErrorCode` in `src/core/errors/cloudSessionsError.ts`), a `message` for
 * people and a `nextStep`. Additions do not change `version`; anything that breaks callers does.
 */
export interface CloudSessionsApi {
  readonly version: 1;
  readonly runtimeState: RuntimeState;
  readonly onDidChangeRuntimeState: Event<RuntimeState>;
  /** All sessions known, local and in the cloud, read anew from the runtime. */
  listSessions(): Promise<readonly SessionInfo[]>;
  readonly onDidChangeSessions: Event<void>;
  /**
   * Creates a cloud session; resolves once it is registered. The prompt goes out when the agent has started.
   * Rejects with `invalid-argument`, before anything is sent, without `cloud`, with a `sessionId` or `provider`, and for
   * any member that is not known or not of its type.
   */
  createCloudSession(options: CreateCloudSessionOptions, token?: CancellationToken): Promise<CloudSession>;
  /** Attaches to an existing cloud session, by its own id or its task's. */
  connect(sessionId: string): Promise<CloudSession>;
  /** A session that is open in this window. */
  getSession(sessionId: string): CloudSession | undefined;
}

export type RuntimeState = 'stopped' | 'starting' | 'running' | 'restarting' | 'failed';

export interface CreateCloudSessionOptions {
  /** The branch is named in the first prompt, unless that names it: no runtime up to 1.0.102 passes it on. */
  readonly cloud: { readonly repository?: { readonly owner: string; readonly name: string; readonly branch?: string } };
  readonly prompt?: string;
  /**
   * Asked of the agent once it has started, and before the first prompt goes out: `CloudSession.modelChoice` tells what
   * became of it. Which models there are only the agent knows.
   */
  readonly model?: string;
  /** As `model`; without a `model`, of the one that the agent uses. */
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
  /** What the agent says that it uses: known of sessions that are open in this window. */
  readonly model?: AgentModel;
  readonly startTime: Date;
  readonly modifiedTime: Date;
}

export interface AgentModel {
  readonly model: string;
  readonly reasoningEffort?: string;
}

/**
 * none: nothing was chosen here. waiting: for the agent's start, or for a connection. applying: the agent was asked, and
 * prompts wait for its answer, at most 30 s. applied: it confirmed the choice. refused: it did not; the session's log
 * says why, and prompts go out all the same.
 */
export type ModelChoiceState = 'none' | 'waiting' | 'applying' | 'applied' | 'refused';

export interface CloudSession {
  readonly sessionId: string;
  readonly remoteUrl: string | undefined;
  readonly onDidChangeRemoteUrl: Event<string>;
  /**
   * Every event from the first one on: a listener that comes late is first given those it missed, in order. Pieces of a
   * streamed text (`assistant.message_delta` and the like) are given as they come; once the whole text is there they are
   * gone, and a listener that comes later is given that alone.
   */
  onEvent(listener: (event: SessionEvent) => void): Disposable;
  /** What became of the messages that came before the session was registered. */
  readonly routing: { readonly buffered: number; readonly dropped: number; readonly rejected: number };
  /**
   * What the agent says that it uses, whoever chose it; `undefined` until it has said so. Never what was asked for: see
   * `modelChoice`.
   */
  readonly model: AgentModel | undefined;
  /** What became of the `model` and `reasoningEffort` that the session was created with. */
  readonly modelChoice: ModelChoiceState;
  /** Resolves to the runtime's message id: accepted, which does not prove that the agent has it. */
  send(prompt: string, mode?: 'enqueue' | 'immediate'): Promise<string>;
  abort(): Promise<void>;
}
