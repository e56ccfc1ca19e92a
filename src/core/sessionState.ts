import type { SessionEvent } from '@github/copilot-sdk';
import { ActivityDraft } from './activityDraft';
import { isRecord, readArray, readString, readText } from './json';

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
  /** Names of the tools that run, by call id. */
  readonly runningTools: ReadonlyMap<string, string>;
  /** Call ids of the sub-agents at work: while there are any, the end of a turn is not the end of the work. */
  readonly runningAgents: ReadonlySet<string>;
  /** The turn asked for tools, so that another one follows it. */
  readonly turnContinues: boolean;
  /** How often work has come to an end: whoever looks now and then sees that there was an end in between. */
  readonly endings: number;
  /** The last end was an abort: what comes late of the aborted turn is no new work. */
  readonly aborted: boolean;
  /** When the agent or somebody who works with it last did something, as the events say. */
  readonly lastEventTime: Date | undefined;
  /** Since when it has been working without a pause. */
  readonly workingSince: Date | undefined;
}

export const INITIAL_ACTIVITY: SessionActivity = {
  status: 'queued',
  agentStarted: false,
  questions: new Map(),
  activity: undefined,
  title: undefined,
  firstPrompt: undefined,
  failure: undefined,
  runningTools: new Map(),
  runningAgents: new Set(),
  turnContinues: false,
  endings: 0,
  aborted: false,
  lastEventTime: undefined,
  workingSince: undefined,
};

const QUESTION_KINDS = new Map<string, OpenQuestion['kind']>([
  ['permission.requested', 'permission'],
  ['user_input.requested', 'input'],
  ['elicitation.requested', 'elicitation'],
  ['exit_plan_mode.requested', 'plan'],
  ['auto_mode_switch.requested', 'autoMode'],
  ['session_limits_exhausted.requested', 'limits'],
  ['mcp.oauth_required', 'oauth'],
  ['sampling.requested', 'sampling'],
  ['external_tool.requested', 'tool'],
]);
const ANSWERED =
  /^((permission|user_input|elicitation|exit_plan_mode|auto_mode_switch|session_limits_exhausted|sampling|external_tool)\.completed|mcp\.oauth_completed)$/;
/** At most this many open questions, tools and sub-agents are kept: an agent with more is broken, and memory is not. */
const MAX_OPEN = 10_000;
/** Longest beginning of a prompt that is kept, in characters: rows show one line of it. */
const MAX_PROMPT = 500;

/** Is this the agent's own beginning? Other producers' `session.start` (the service's, say) do not count. */
export function isAgentStart(event: SessionEvent): boolean {
  return event.type === 'session.start' && readString(event.data, 'producer') === 'copilot-agent';
}

const ENDS = new Set<unknown>(['session.idle', 'session.task_complete', 'session.error']);

/**
 * The runtime adds notes of its own whenever a window attaches ("Connected to …"): were they to count, then each reload
 * would make old sessions new, and move their rows.
 */
function isWork(event: SessionEvent): boolean {
  const type: unknown = event.type;
  return typeof type === 'string' && (!type.startsWith('session.') || ENDS.has(type) || isAgentStart(event));
}

/** Does the agent work, or wait for an answer to go on? */
export function isBusy(status: SessionStatus): boolean {
  return status === 'working' || status === 'needs input' || status === 'stopping';
}

/**
 * The state after these events. Pure: it reads no clock, leaves `state` as it is, and the same events give the same
 * state, one by one or all at once.
 *
 * Sub-agents' events (those with an `agentId`) can ask and fail without the session's own state being about them:
 * of theirs only questions count.
 *
 * `session.idle` is in no history. What is: a turn that asked for no tools is the last one of the agent's loop, and so
 * its `assistant.turn_end` is the end of the work, unless sub-agents go on in the background.
 *
 * @param from index of the first event to apply
 */
export function reduceActivity(before: SessionActivity, events: readonly SessionEvent[], from = 0): SessionActivity {
  const draft = new ActivityDraft(before);
  const { state } = draft;
  for (let index = from; index < events.length; index++) {
    const event = events[index];
    if (event !== undefined) {
      state.lastEventTime = (isWork(event) ? eventTime(event) : undefined) ?? state.lastEventTime;
      const { status } = state;
      apply(draft, event);
      const busy = isBusy(state.status);
      // A failure is an end, also where nobody saw the work begin.
      if (!busy && (isBusy(status) || (state.status === 'failed' && status !== 'failed'))) {
        state.endings++;
      }
      state.workingSince = busy ? (state.workingSince ?? state.lastEventTime) : undefined;
    }
  }
  return state;
}

function apply(draft: ActivityDraft, event: SessionEvent): void {
  const { state } = draft;
  const data: unknown = event.data;
  const question = QUESTION_KINDS.get(event.type);
  if (question !== undefined) {
    ask(draft, event, question);
    return;
  }
  if (ANSWERED.test(event.type)) {
    answered(draft, readString(data, 'requestId'));
    return;
  }
  if (event.type === 'subagent.started' || event.type === 'subagent.completed' || event.type === 'subagent.failed') {
    subAgent(draft, event);
    return;
  }
  if (typeof event.agentId === 'string') {
    return;
  }
  switch (event.type) {
    case 'session.start':
      if (isAgentStart(event)) {
        state.agentStarted = true;
        state.status = state.status === 'queued' ? 'idle' : state.status;
      }
      break;
    case 'user.message':
      state.firstPrompt ??= readText(data, 'content')?.trim().slice(0, MAX_PROMPT);
      begin(draft);
      break;
    case 'assistant.turn_start':
      begin(draft);
      break;
    case 'assistant.message':
      state.turnContinues ||= readArray(data, 'toolRequests').length > 0;
      goOn(draft);
      break;
    case 'assistant.message_delta':
    case 'assistant.reasoning':
    case 'assistant.reasoning_delta':
      goOn(draft);
      break;
    case 'assistant.intent':
      goOn(draft);
      state.activity = isBusy(state.status) ? (readText(data, 'intent') ?? state.activity) : undefined;
      break;
    case 'tool.execution_start':
      goOn(draft);
      state.turnContinues = true;
      if (isBusy(state.status) && state.runningTools.size < MAX_OPEN) {
        draft.changeTools().set(readString(data, 'toolCallId') ?? event.id, readText(data, 'toolName') ?? 'tool');
      }
      break;
    case 'tool.execution_complete':
      // Of a tool that outlived its turn this is no new work.
      if (state.runningTools.has(readString(data, 'toolCallId') ?? '')) {
        draft.changeTools().delete(readString(data, 'toolCallId') ?? '');
      }
      break;
    case 'assistant.turn_end':
      endTurn(draft);
      break;
    case 'session.idle':
      settle(draft, isFinal(state.status) ? state.status : 'idle');
      state.aborted ||= isRecord(data) && data['aborted'] === true;
      break;
    case 'abort':
      settle(draft, 'idle');
      state.aborted = true;
      break;
    case 'session.task_complete':
      settle(draft, isRecord(data) && data['success'] === false ? 'failed' : 'done');
      break;
    case 'session.error':
      state.failure = readText(data, 'message') ?? 'The session reported an error.';
      settle(draft, 'failed');
      break;
    case 'session.shutdown':
      // A routine one is the runtime letting go of the session, at our own end too (1.0.85): the agent goes on.
      if (readString(data, 'shutdownType') === 'error') {
        state.failure = readText(data, 'errorReason') ?? 'The session ended with an error.';
        settle(draft, 'failed');
      }
      break;
    case 'session.title_changed':
      state.title = readText(data, 'title') ?? state.title;
      break;
    default:
      break;
  }
}

function isFinal(status: SessionActivity['status']): boolean {
  return status === 'done' || status === 'failed';
}

/** A prompt or a turn: whatever was before, the agent works now. */
function begin({ state }: ActivityDraft): void {
  state.turnContinues = false;
  state.aborted = false;
  work(state);
}

/** More of the turn. What comes late of a turn that was aborted, or that completed the task, is no new work. */
function goOn({ state }: ActivityDraft): void {
  if (!state.aborted && state.status !== 'done') {
    work(state);
  }
}

function work(state: ActivityDraft['state']): void {
  state.status = state.questions.size > 0 ? 'needs input' : 'working';
  state.failure = undefined;
}

function endTurn(draft: ActivityDraft): void {
  const { state } = draft;
  if (state.status === 'working' && !state.turnContinues && state.runningAgents.size === 0) {
    settle(draft, 'idle');
  }
}

function subAgent(draft: ActivityDraft, event: SessionEvent): void {
  const id = readString(event.data, 'toolCallId');
  if (id === undefined || !isBusy(draft.state.status)) {
    return;
  }
  if (event.type === 'subagent.started' && draft.state.runningAgents.size < MAX_OPEN) {
    draft.changeAgents().add(id);
  } else if (event.type !== 'subagent.started') {
    draft.changeAgents().delete(id);
  }
}

/** The agent has stopped: nothing runs, and what it asked no longer waits for an answer. */
function settle(draft: ActivityDraft, status: SessionActivity['status']): void {
  const { state } = draft;
  draft.clear();
  state.status = status;
  state.activity = undefined;
  state.turnContinues = false;
  state.failure = status === 'failed' ? state.failure : undefined;
}

function ask(draft: ActivityDraft, event: SessionEvent, kind: OpenQuestion['kind']): void {
  const data: unknown = event.data;
  const requestId = readString(data, 'requestId');
  // Answered by the runtime's own hook before anybody was asked.
  if (requestId === undefined || (isRecord(data) && data['resolvedByHook'] === true)) {
    return;
  }
  if (draft.state.questions.size < MAX_OPEN) {
    draft.changeQuestions().set(requestId, { requestId, kind, event });
    draft.state.status = 'needs input';
  }
}

function answered(draft: ActivityDraft, requestId: string | undefined): void {
  const { state } = draft;
  if (requestId !== undefined && state.questions.has(requestId)) {
    draft.changeQuestions().delete(requestId);
    state.status = state.questions.size > 0 ? 'needs input' : 'working';
  }
}

function eventTime(event: SessionEvent): Date | undefined {
  const time = new Date(typeof event.timestamp === 'string' ? event.timestamp : Number.NaN);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** What the service's word for a task's state means for a row (source: `GET /agents/tasks`, passed on as it is). */
export function statusOfTask(state: string | undefined): SessionStatus {
  switch (state) {
    case 'queued':
    case 'pending':
      return 'queued';
    case 'in_progress':
    case 'running':
      return 'working';
    case 'waiting_for_user':
    case 'waiting':
      return 'needs input';
    case 'completed':
      return 'done';
    case 'failed':
    case 'timed_out':
    case 'error':
      return 'failed';
    default:
      return 'idle';
  }
}
