import type { SessionEvent } from '@github/copilot-sdk';
import { isRecord, readString, readText } from './json';

/** What a row shows; one of these, always. */
export type SessionStatus =
  'queued' | 'starting' | 'working' | 'needs input' | 'idle' | 'done' | 'failed' | 'disconnected';

/** Something that the agent waits for. */
export interface OpenQuestion {
  readonly requestId: string;
  readonly kind: 'permission' | 'input' | 'elicitation' | 'plan' | 'autoMode' | 'tool' | 'limits';
  readonly event: SessionEvent;
}

/** What the events of a session say of it. */
export interface SessionActivity {
  readonly status: Exclude<SessionStatus, 'starting' | 'disconnected'>;
  /** The agent itself has begun: before that, a prompt may be swallowed. */
  readonly agentStarted: boolean;
  /** Open questions by request id, oldest first. */
  readonly questions: ReadonlyMap<string, OpenQuestion>;
  /** What the agent says it is doing, or the tool that runs. */
  readonly activity: string | undefined;
  readonly title: string | undefined;
  /** Why it failed. */
  readonly failure: string | undefined;
  /** Tools that run, by call id. */
  readonly runningTools: ReadonlyMap<string, string>;
  /** When the last event happened, as the event says. */
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
  failure: undefined,
  runningTools: new Map(),
  lastEventTime: undefined,
  workingSince: undefined,
};

const QUESTION_KINDS: Readonly<Record<string, OpenQuestion['kind']>> = {
  'permission.requested': 'permission',
  'user_input.requested': 'input',
  'elicitation.requested': 'elicitation',
  'exit_plan_mode.requested': 'plan',
  'auto_mode_switch.requested': 'autoMode',
  'session_limits_exhausted.requested': 'limits',
};
const ANSWERED =
  /^(permission|user_input|elicitation|exit_plan_mode|auto_mode_switch|session_limits_exhausted)\.completed$/;
/** At most this many open questions are kept: an agent that asks more is broken, and memory is not. */
const MAX_QUESTIONS = 10_000;

/** Is this the agent's own beginning? Other producers' `session.start` (the service's, say) do not count. */
export function isAgentStart(event: SessionEvent): boolean {
  return event.type === 'session.start' && readString(event.data, 'producer') === 'copilot-agent';
}

/**
 * The state after an event. Pure: it reads no clock, and the same events give the same state.
 *
 * Sub-agents' events (those with an `agentId`) can ask and fail without the session's own state being about them:
 * of theirs only questions count.
 */
export function reduceActivity(state: SessionActivity, event: SessionEvent): SessionActivity {
  const time = eventTime(event) ?? state.lastEventTime;
  const next = reduceEvent(state.lastEventTime === time ? state : { ...state, lastEventTime: time }, event);
  if (next.status === 'working' || next.status === 'needs input') {
    return next.workingSince === undefined ? { ...next, workingSince: time } : next;
  }
  return next.workingSince === undefined ? next : { ...next, workingSince: undefined };
}

function reduceEvent(state: SessionActivity, event: SessionEvent): SessionActivity {
  const data: unknown = event.data;
  const question = QUESTION_KINDS[event.type];
  if (question !== undefined) {
    return ask(state, event, question);
  }
  if (ANSWERED.test(event.type)) {
    return answered(state, readString(data, 'requestId'));
  }
  if (typeof event.agentId === 'string') {
    return state;
  }
  switch (event.type) {
    case 'session.start':
      return isAgentStart(event)
        ? { ...state, agentStarted: true, status: state.status === 'queued' ? 'idle' : state.status }
        : state;
    case 'user.message':
    case 'assistant.turn_start':
      return working(state, {});
    case 'assistant.intent':
      return working(state, { activity: readText(data, 'intent') ?? state.activity });
    case 'assistant.message':
    case 'assistant.message_delta':
    case 'assistant.reasoning':
    case 'assistant.reasoning_delta':
      return working(state, {});
    case 'tool.execution_start': {
      const tools = new Map(state.runningTools);
      const name = readText(data, 'toolName') ?? 'tool';
      tools.set(readString(data, 'toolCallId') ?? event.id, name);
      return working(state, { runningTools: tools });
    }
    case 'tool.execution_complete': {
      const tools = new Map(state.runningTools);
      tools.delete(readString(data, 'toolCallId') ?? '');
      return working(state, { runningTools: tools });
    }
    case 'session.idle':
    case 'abort':
      return settled(state, isFinal(state.status) && event.type === 'session.idle' ? state.status : 'idle');
    case 'session.task_complete':
      return settled(state, isRecord(data) && data['success'] === false ? 'failed' : 'done');
    case 'session.error':
      return settled({ ...state, failure: readText(data, 'message') ?? 'The session reported an error.' }, 'failed');
    case 'session.shutdown':
      return readString(data, 'shutdownType') === 'error'
        ? settled({ ...state, failure: readText(data, 'errorReason') ?? state.failure }, 'failed')
        : settled(state, state.status === 'failed' ? 'failed' : 'done');
    case 'session.title_changed':
      return { ...state, title: readText(data, 'title') ?? state.title };
    default:
      return state;
  }
}

function isFinal(status: SessionActivity['status']): boolean {
  return status === 'done' || status === 'failed';
}

function working(state: SessionActivity, change: Partial<SessionActivity>): SessionActivity {
  const status = state.questions.size > 0 ? 'needs input' : 'working';
  return { ...state, failure: undefined, ...change, status };
}

/** The agent has stopped: nothing runs, and what it asked no longer waits for an answer. */
function settled(state: SessionActivity, status: SessionActivity['status']): SessionActivity {
  return {
    ...state,
    status,
    questions: state.questions.size > 0 ? new Map() : state.questions,
    runningTools: state.runningTools.size > 0 ? new Map() : state.runningTools,
    activity: undefined,
    failure: status === 'failed' ? state.failure : undefined,
  };
}

function ask(state: SessionActivity, event: SessionEvent, kind: OpenQuestion['kind']): SessionActivity {
  const data: unknown = event.data;
  const requestId = readString(data, 'requestId');
  // Answered by the runtime's own hook before anybody was asked.
  if (requestId === undefined || (isRecord(data) && data['resolvedByHook'] === true)) {
    return state;
  }
  if (state.questions.size >= MAX_QUESTIONS) {
    return state;
  }
  const questions = new Map(state.questions);
  questions.set(requestId, { requestId, kind, event });
  return { ...state, questions, status: 'needs input' };
}

function answered(state: SessionActivity, requestId: string | undefined): SessionActivity {
  if (requestId === undefined || !state.questions.has(requestId)) {
    return state;
  }
  const questions = new Map(state.questions);
  questions.delete(requestId);
  return { ...state, questions, status: questions.size > 0 ? 'needs input' : 'working' };
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
