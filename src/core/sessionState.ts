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

const QUESTION_KINDS = new Map<string, OpenQuestion['kind']>([
  ['permission.requested', 'permission'],
  ['user_input.requested', 'input'],
  ['elicitation.requested', 'elicitation'],
  ['exit_plan_mode.requested', 'plan'],
  ['auto_mode_switch.requested', 'autoMode'],
  ['session_limits_exhausted.requested', 'limits'],
]);
const ANSWERED =
  /^(permission|user_input|elicitation|exit_plan_mode|auto_mode_switch|session_limits_exhausted)\.completed$/;
/** At most this many open questions and running tools are kept: an agent with more is broken, and memory is not. */
const MAX_OPEN = 10_000;

/** Is this the agent's own beginning? Other producers' `session.start` (the service's, say) do not count. */
export function isAgentStart(event: SessionEvent): boolean {
  return event.type === 'session.start' && readString(event.data, 'producer') === 'copilot-agent';
}

/**
 * The state after these events. Pure: it reads no clock, leaves `state` as it is, and the same events give the same
 * state, one by one or all at once.
 *
 * Sub-agents' events (those with an `agentId`) can ask and fail without the session's own state being about them:
 * of theirs only questions count.
 *
 * @param from index of the first event to apply
 */
export function reduceActivity(state: SessionActivity, events: readonly SessionEvent[], from = 0): SessionActivity {
  const draft = new Draft(state);
  for (let index = from; index < events.length; index++) {
    const event = events[index];
    if (event !== undefined) {
      draft.lastEventTime = eventTime(event) ?? draft.lastEventTime;
      apply(draft, event);
      const busy = draft.status === 'working' || draft.status === 'needs input';
      draft.workingSince = busy ? (draft.workingSince ?? draft.lastEventTime) : undefined;
    }
  }
  return draft.finish();
}

/** A state while events are applied to it: its maps are copied once, however many events change them. */
class Draft implements SessionActivity {
  status: SessionActivity['status'];
  agentStarted: boolean;
  activity: string | undefined;
  title: string | undefined;
  failure: string | undefined;
  lastEventTime: Date | undefined;
  workingSince: Date | undefined;
  private ownQuestions: Map<string, OpenQuestion> | undefined;
  private ownTools: Map<string, string> | undefined;

  constructor(private readonly before: SessionActivity) {
    this.status = before.status;
    this.agentStarted = before.agentStarted;
    this.activity = before.activity;
    this.title = before.title;
    this.failure = before.failure;
    this.lastEventTime = before.lastEventTime;
    this.workingSince = before.workingSince;
  }

  get questions(): ReadonlyMap<string, OpenQuestion> {
    return this.ownQuestions ?? this.before.questions;
  }

  get runningTools(): ReadonlyMap<string, string> {
    return this.ownTools ?? this.before.runningTools;
  }

  changeQuestions(): Map<string, OpenQuestion> {
    return (this.ownQuestions ??= new Map(this.before.questions));
  }

  changeTools(): Map<string, string> {
    return (this.ownTools ??= new Map(this.before.runningTools));
  }

  /** Nothing waits for an answer, and nothing runs. */
  clear(): void {
    this.ownQuestions = new Map();
    this.ownTools = new Map();
  }

  finish(): SessionActivity {
    const { status, agentStarted, questions, activity, title, failure, runningTools, lastEventTime, workingSince } =
      this;
    return {
      status,
      agentStarted,
      questions,
      activity,
      title,
      failure,
      runningTools,
      lastEventTime,
      workingSince,
    };
  }
}

function apply(draft: Draft, event: SessionEvent): void {
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
  if (typeof event.agentId === 'string') {
    return;
  }
  switch (event.type) {
    case 'session.start':
      if (isAgentStart(event)) {
        draft.agentStarted = true;
        draft.status = draft.status === 'queued' ? 'idle' : draft.status;
      }
      break;
    case 'user.message':
    case 'assistant.turn_start':
    case 'assistant.message':
    case 'assistant.message_delta':
    case 'assistant.reasoning':
    case 'assistant.reasoning_delta':
      working(draft);
      break;
    case 'assistant.intent':
      working(draft);
      draft.activity = readText(data, 'intent') ?? draft.activity;
      break;
    case 'tool.execution_start':
      working(draft);
      if (draft.runningTools.size < MAX_OPEN) {
        draft.changeTools().set(readString(data, 'toolCallId') ?? event.id, readText(data, 'toolName') ?? 'tool');
      }
      break;
    case 'tool.execution_complete':
      working(draft);
      if (draft.runningTools.has(readString(data, 'toolCallId') ?? '')) {
        draft.changeTools().delete(readString(data, 'toolCallId') ?? '');
      }
      break;
    case 'session.idle':
      settled(draft, isFinal(draft.status) ? draft.status : 'idle');
      break;
    case 'abort':
      settled(draft, 'idle');
      break;
    case 'session.task_complete':
      settled(draft, isRecord(data) && data['success'] === false ? 'failed' : 'done');
      break;
    case 'session.error':
      draft.failure = readText(data, 'message') ?? 'The session reported an error.';
      settled(draft, 'failed');
      break;
    case 'session.shutdown':
      // A routine one is the runtime letting go of the session, at our own end too (1.0.85): the agent goes on.
      if (readString(data, 'shutdownType') === 'error') {
        draft.failure = readText(data, 'errorReason') ?? 'The session ended with an error.';
        settled(draft, 'failed');
      }
      break;
    case 'session.title_changed':
      draft.title = readText(data, 'title') ?? draft.title;
      break;
    default:
      break;
  }
}

function isFinal(status: SessionActivity['status']): boolean {
  return status === 'done' || status === 'failed';
}

function working(draft: Draft): void {
  draft.status = draft.questions.size > 0 ? 'needs input' : 'working';
  draft.failure = undefined;
}

/** The agent has stopped: nothing runs, and what it asked no longer waits for an answer. */
function settled(draft: Draft, status: SessionActivity['status']): void {
  draft.clear();
  draft.status = status;
  draft.activity = undefined;
  draft.failure = status === 'failed' ? draft.failure : undefined;
}

function ask(draft: Draft, event: SessionEvent, kind: OpenQuestion['kind']): void {
  const data: unknown = event.data;
  const requestId = readString(data, 'requestId');
  // Answered by the runtime's own hook before anybody was asked.
  if (requestId === undefined || (isRecord(data) && data['resolvedByHook'] === true)) {
    return;
  }
  if (draft.questions.size < MAX_OPEN) {
    draft.changeQuestions().set(requestId, { requestId, kind, event });
    draft.status = 'needs input';
  }
}

function answered(draft: Draft, requestId: string | undefined): void {
  if (requestId !== undefined && draft.questions.has(requestId)) {
    draft.changeQuestions().delete(requestId);
    draft.status = draft.questions.size > 0 ? 'needs input' : 'working';
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
