import type { SessionEvent } from '@github/copilot-sdk';

/** What a row shows; one of these, always. */
export type SessionStatus =
  'queued' | 'starting' | 'working' | 'stopping' | 'needs input' | 'idle' | 'done' | 'failed' | 'disconnected';

/** All of them, in the order in which they are offered and grouped: first what wants somebody's attention. */
export const SESSION_STATUSES: readonly SessionStatus[] = [
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

/** Something that the agent waits for. */
export interface OpenQuestion {
  readonly requestId: string;
  readonly kind:
    'permission' | 'input' | 'elicitation' | 'plan' | 'autoMode' | 'oauth' | 'sampling' | 'tool' | 'limits';
  readonly event: SessionEvent;
}

/** What the events of a session say of it. */
export interface SessionActivity {
  readonly status: Exclude<SessionStatus, 'starting' | 'stopping' | 'disconnected'>;
  /** `status`, were there no open questions. */
  readonly progress: Exclude<SessionActivity['status'], 'needs input'>;
  /** The agent itself has begun: before that, a prompt may be swallowed. */
  readonly agentStarted: boolean;
  /** Open questions by request id, oldest first. */
  readonly questions: ReadonlyMap<string, OpenQuestion>;
  /** What the agent says it is doing. */
  readonly activity: string | undefined;
  readonly title: string | undefined;
  /** The first thing that a user asked for. */
  readonly firstPrompt: string | undefined;
  /** Why it failed. */
  readonly failure: string | undefined;
  /** Where the agent works, as it says itself: its folder, repository (`owner/name`) and branch. */
  readonly folder: string | undefined;
  readonly repository: string | undefined;
  readonly branch: string | undefined;
  /** Names of the tools that run, by call id. */
  readonly runningTools: ReadonlyMap<string, string>;
  /** Call ids of the sub-agents at work: while there are any, the end of a turn is not the end of the work. */
  readonly runningAgents: ReadonlySet<string>;
  /** What goes on in the background while the agent itself is idle, by agent or shell id. */
  readonly backgroundTasks: ReadonlySet<string>;
  /** The turn asked for tools, so that another one follows it. */
  readonly turnContinues: boolean;
  /** Between two turns, with more to come: what autopilot goes on with, or what runs in the background. */
  readonly resting: boolean;
  /** The agent's mode, as far as it was named. */
  readonly mode: string | undefined;
  /** Autopilot goes on no longer with what it was asked for last. */
  readonly autopilotStopped: boolean;
  /** The last prompt of a person, of which the end of autopilot names the id. */
  readonly prompt: { readonly text: string; readonly ids: readonly string[] } | undefined;
  /** Ids of the prompts before it, the newest last. */
  readonly earlierPrompts: readonly string[];
  /** How often work has come to an end: whoever looks now and then sees that there was an end in between. */
  readonly endings: number;
  /** The last end was an abort: what comes late of the aborted turn is no new work. */
  readonly aborted: boolean;
  /** When the session was asked for, or began: what is older is of no session. */
  readonly startTime: Date | undefined;
  /** When the agent or somebody who works with it last did something, as the events say. */
  readonly lastEventTime: Date | undefined;
  /** When the agent itself last did something: a question that is older was overtaken. */
  readonly lastAgentTime: Date | undefined;
  /** The id of the last event that histories have, and that was news: what names it as its parent came after it. */
  readonly lastId: string | undefined;
  /** Since when it has been working without a pause. */
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

/** Does the agent work, or wait for an answer to go on? */
export function isBusy(status: SessionStatus): boolean {
  return status === 'working' || status === 'needs input' || status === 'stopping';
}
