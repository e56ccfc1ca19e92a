import type { StoryChoice } from './stories/choose';
import type { Repository, TaskState } from './task';
import type { Speed } from './timeline';

/** Settings of tasks that are created later. */
export interface Settings {
  readonly speed: Speed;
  readonly story: StoryChoice;
  /** Whether the agents' texts are also sent in pieces while they are written. */
  readonly streaming: boolean;
  /** `false`: there are no agents. Tests append every event themselves, including the first ones. */
  readonly autoplay: boolean;
  /** How long an agent's machine takes to start, in milliseconds at human speed. 0: no `session.requested`. */
  readonly startsAfterMs: number;
  /**
   * The link that a task reports, with `{id}` standing for its id; `null`: none. A value that is not a string is sent
   * unchanged. Tests set links that must never be opened.
   */
  readonly remoteUrl: unknown;
}

export const DEFAULT_SETTINGS: Settings = {
  speed: 'full',
  story: 'full',
  streaming: true,
  autoplay: true,
  startsAfterMs: 2_500,
  remoteUrl: 'https://github.com/copilot/tasks/{id}',
};

/** A task as if it had been started on the web. */
export interface CreateTaskOptions {
  readonly name?: string;
  readonly repository?: Repository;
  readonly archived?: boolean;
  /** The first message. Without one, the agent waits. */
  readonly prompt?: string;
  /** The task was started this many milliseconds ago, and its events since then are there. */
  readonly beganMsAgo?: number;
  /** Whether the agent's earlier questions were answered. Default: it still waits for the answer. */
  readonly approved?: boolean;
  /** The state until the agent changes it. Default: `queued`. */
  readonly state?: TaskState;
  readonly settings?: Partial<Settings>;
}
