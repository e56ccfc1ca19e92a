import type { SessionEvent } from '@github/copilot-sdk';

/** The status that a row shows. A code: `ui/rows` has the words for it. */
export type SessionStatus =
  'queued' | 'starting' | 'working' | 'stopping' | 'needs input' | 'idle' | 'done' | 'failed' | 'disconnected';

/** All of them, in the order in which they are offered and grouped: first those that need the user's attention. */
export const SESSION_STATUSES: readonly SessionStatus[] = [
  // eslint-disable-next-line texts/localized -- a code
  'needs input',
  'failed',
  'starting',
  'queued',
  'working',
  'stopping',
  'disconnected',
  'idle',
  'done',
];

/** A question that the agent waits for. */
export interface OpenQuestion {
  readonly requestId: string;
  readonly kind:
    'permission' | 'input' | 'elicitation' | 'plan' | 'autoMode' | 'oauth' | 'sampling' | 'tool' | 'limits';
  readonly event: SessionEvent;
}

/** The state of a session, computed from its events. */
export interface SessionActivity {
  readonly status: Exclude<SessionStatus, 'starting' | 'stopping' | 'disconnected'>;
  /** `status` without the open questions. */
  readonly progress: Exclude<SessionActivity['status'], 'needs input'>;
  /** The agent itself has started: before that, the runtime may swallow a prompt. */
  readonly agentStarted: boolean;
  /** Open questions by request id, oldest first. */
  readonly questions: ReadonlyMap<string, OpenQuestion>;
  /** The agent's last intent. */
  readonly activity: string | undefined;
  readonly title: string | undefined;
  /** The first prompt of a user. */
  readonly firstPrompt: string | undefined;
  /** Why it failed. */
  readonly failure: string | undefined;
  /** Where the agent works, from its own events: its folder, repository (`owner/name`) and branch. */
  readonly folder: string | undefined;
  readonly repository: string | undefined;
  readonly branch: string | undefined;
  /** Names of the tools that run, by call id. */
  readonly runningTools: ReadonlyMap<string, string>;
  /** Call ids of the sub-agents that run: while there are any, the end of a turn is not the end of the work. */
  readonly runningAgents: ReadonlySet<string>;
  /** What runs in the background while the agent itself is idle, by agent or shell id. */
  readonly backgroundTasks: ReadonlySet<string>;
  /** The turn asked for tools, so another turn follows it. */
  readonly turnContinues: boolean;
  /** Between two turns: autopilot continues, or something runs in the background. */
  readonly resting: boolean;
  /** The agent's mode; `undefined` until an event names it. */
  readonly mode: string | undefined;
  /** Autopilot does not continue with the last prompt. */
  readonly autopilotStopped: boolean;
  /** The last prompt of a person; the event of the end of autopilot names its id. */
  readonly prompt: { readonly text: string; readonly ids: readonly string[] } | undefined;
  /** Ids of the prompts before it, the newest last. */
  readonly earlierPrompts: readonly string[];
  /** How often work has ended, so that an end between two reads is noticed. */
  readonly endings: number;
  /** The last end was an abort: late events of the aborted turn are no new work. */
  readonly aborted: boolean;
  /** When the session was requested, or started. */
  readonly startTime: Date | undefined;
  /** When the agent, or somebody who works with it, last did something, by the timestamps of the events. */
  readonly lastEventTime: Date | undefined;
  /** When the agent itself last did something: an older question is obsolete. */
  readonly lastAgentTime: Date | undefined;
  /** The id of the last new event that is not ephemeral: an event that names it as its parent came after it. */
  readonly lastId: string | undefined;
  /** Since when it works without a pause. */
  readonly workingSince: Date | undefined;
}

export const INITIAL_ACTIVITY: SessionActivity = {
  status: 'queued',
  progress: 'queued',
  agentStarted: false,
  questions: new Map(),
  activity: undefined,
  title: undefined,
  firstPrompt: undefined,
  failure: undefined,
  folder: undefined,
  repository: undefined,
  branch: undefined,
  runningTools: new Map(),
  runningAgents: new Set(),
  backgroundTasks: new Set(),
  turnContinues: false,
  resting: false,
  mode: undefined,
  autopilotStopped: false,
  prompt: undefined,
  earlierPrompts: [],
  endings: 0,
  aborted: false,
  startTime: undefined,
  lastEventTime: undefined,
  lastAgentTime: undefined,
  lastId: undefined,
  workingSince: undefined,
};

/** The agent works, or waits for an answer to continue. */
export function isBusy(status: SessionStatus): boolean {
  return status === 'working' || status === 'needs input' || status === 'stopping';
}
