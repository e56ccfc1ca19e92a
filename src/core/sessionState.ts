import type { SessionEvent } from '@github/copilot-sdk';
import { ActivityDraft, MAX_OPEN } from './activityDraft';
import { observeQuestion } from './activityQuestions';
import { observeTask, onIdle, onStopped, settle, settleIfResting, settleMissed } from './activityRest';
import { roleOf } from './eventRoles';
import { isRecord, readArray, readDate, readRecord, readString, readText } from './json';

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

/** Longest beginning of a prompt that is kept, in characters: rows show one line of it. */
const MAX_PROMPT = 500;
/** At most this many ids of prompts are kept. */
const MAX_PROMPT_IDS = 16;
/** How long after its timestamp an event may arrive and still be taken for one of now, in milliseconds. */
const LATE_MS = 600_000;
/** How far the timestamp of an event of now may be ahead of this machine's clock, in milliseconds. */
const EARLY_MS = 60_000;

/** Is this the agent's own beginning? Other producers' `session.start` (the service's, say) do not count. */
export function isAgentStart(event: SessionEvent): boolean {
  return event.type === 'session.start' && readString(event.data, 'producer') === 'copilot-agent';
}

/**
 * Has the agent started, if there is such an event? Its own start says so; so does whatever only a started agent can
 * cause, for the runtime loses first batches (1.0.102). Prompts, the service's and the runtime's notes prove nothing.
 */
export function provesAgentStart(event: SessionEvent): boolean {
  const type: unknown = event.type;
  return (
    isAgentStart(event) || roleOf(event) === 'agent' || (typeof type === 'string' && type.startsWith('assistant.'))
  );
}

/** What is known of the events beside what they say. */
export interface LogFacts {
  /**
   * Milliseconds since the epoch; an event of now is not old where the last one is ahead of the clock, for then a clock
   * was put back.
   */
  readonly now?: number;
  /** Prompts that the runtime showed and the service does not have: nobody works on them. */
  readonly refuted?: ReadonlySet<SessionEvent>;
  /**
   * The last event before which ephemeral ones may have been missed. Nothing will tell that what went on between two
   * turns has ended: a session that rests there is idle, until the next turn.
   */
  readonly missedUpTo?: SessionEvent | undefined;
}

const NONE: ReadonlySet<SessionEvent> = new Set();

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
 * its `assistant.turn_end` is the end of the work, unless sub-agents or autopilot go on.
 *
 * Events come in the session's order, so one that is older than the last work says what was so before, and changes
 * neither state nor time. Except for the end of what is still open: that it names its request, tool or agent makes it
 * news, as long as it is not older than what it ends.
 *
 * @param from index of the first event to apply
 */
export function reduceActivity(
  before: SessionActivity,
  events: readonly SessionEvent[],
  from = 0,
  { now = Number.POSITIVE_INFINITY, refuted = NONE, missedUpTo }: LogFacts = {},
): SessionActivity {
  const draft = new ActivityDraft(before);
  const { state } = draft;
  for (let index = from; index < events.length; index++) {
    const event = events[index];
    if (event !== undefined) {
      const { progress } = state;
      const time = readDate(event, 'timestamp');
      takeStart(draft, event, time);
      const isOld = refuted.has(event) || (isOlder(state, time, now) && !isNext(state, event));
      if (time !== undefined && !isOld && (roleOf(event) !== 'note' || isAgentStart(event))) {
        state.lastEventTime = time;
      }
      apply(draft, event, isOld);
      if (time !== undefined && !isOld && provesAgentStart(event)) {
        state.lastAgentTime = time;
      }
      if (!isOld && event.ephemeral !== true && typeof event.id === 'string') {
        state.lastId = event.id;
      }
      if (event === missedUpTo) {
        settleMissed(draft);
      }
      state.status = state.questions.size > 0 ? 'needs input' : state.progress;
      const works = state.progress === 'working';
      // A failure is an end, also where nobody saw the work begin.
      if (!works && (progress === 'working' || (state.progress === 'failed' && progress !== 'failed'))) {
        state.endings++;
      }
      state.workingSince = works ? (state.workingSince ?? state.lastEventTime) : undefined;
    }
  }
  return state;
}

function apply(draft: ActivityDraft, event: SessionEvent, isOld: boolean): void {
  const { state } = draft;
  if (provesAgentStart(event)) {
    state.agentStarted = true;
    state.progress = state.progress === 'queued' ? 'idle' : state.progress;
  }
  // Whatever its time, if nothing else is known: what it is called, and where the agent works.
  if (typeof event.agentId !== 'string') {
    if (event.type === 'user.message') {
      state.firstPrompt ??= readText(event.data, 'content')?.trim().slice(0, MAX_PROMPT);
    } else if (event.type === 'session.title_changed') {
      state.title ??= readText(event.data, 'title');
    } else if (isAgentStart(event) && !(isOld && state.folder !== undefined)) {
      takePlace(state, event.data);
    }
  }
  // What others did meanwhile, by their own clocks, answers no question.
  const { lastAgentTime } = state;
  if (observeQuestion(draft, event, isOld && !isAfter(readDate(event, 'timestamp'), lastAgentTime))) {
    return;
  }
  observeTask(draft, event, isOld);
  if (typeof event.agentId !== 'string' && !isOld) {
    applyOwn(draft, event);
  }
}

/** An event of the agent itself, or of those who work with it, that is news. */
function applyOwn(draft: ActivityDraft, event: SessionEvent): void {
  const { state } = draft;
  const type: string = event.type;
  const data: unknown = event.data;
  switch (type) {
    case 'user.message':
      takePrompt(draft, data);
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
      state.activity = state.progress === 'working' ? (readText(data, 'intent') ?? state.activity) : undefined;
      break;
    case 'tool.execution_start':
      goOn(draft);
      state.turnContinues = true;
      if (state.progress === 'working' && state.runningTools.size < MAX_OPEN) {
        draft.changeTools().set(readString(data, 'toolCallId') ?? event.id, readText(data, 'toolName') ?? 'tool');
      }
      break;
    case 'assistant.turn_end':
      state.resting = state.progress === 'working' && !state.turnContinues;
      settleIfResting(draft);
      break;
    case 'session.idle':
      onIdle(draft, data);
      break;
    case 'session.autopilot_stopped':
      onStopped(draft, data);
      break;
    case 'session.mode_changed':
      state.mode = readText(data, 'newMode') ?? state.mode;
      settleIfResting(draft);
      break;
    case 'session.context_changed':
      // The runtime on this machine tells of its own folder, too.
      if (state.folder !== undefined && readText(data, 'cwd') === state.folder) {
        takePlace(state, { context: data });
      }
      break;
    case 'abort':
      settle(draft, 'idle');
      state.aborted = true;
      break;
    case 'session.task_complete':
      // Rejected because there is more to do: the agent goes on.
      if (readString(data, 'outcome') !== 'continue') {
        const failed = isRecord(data) && data['success'] === false;
        state.failure = failed ? readText(data, 'summary') : undefined;
        settle(draft, failed ? 'failed' : 'done');
      }
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

function takePlace(state: ActivityDraft['state'], data: unknown): void {
  const context = readRecord(data, 'context');
  const repository = readText(context, 'repository');
  state.folder = readText(context, 'cwd') ?? state.folder;
  state.branch = readText(context, 'branch') ?? state.branch;
  // Elsewhere than on GitHub a repository has three names.
  state.repository = repository !== undefined && /^[^/\s]+\/[^/\s]+$/.test(repository) ? repository : state.repository;
}

function takePrompt(draft: ActivityDraft, data: unknown): void {
  const { state } = draft;
  if (!(isRecord(data) && data['isAutopilotContinuation'] === true)) {
    const text = readText(data, 'content')?.trim().slice(0, MAX_PROMPT) ?? '';
    const id = readText(data, 'messageId');
    // The service's echo of the runtime's own copy is the same prompt under another id.
    const known = state.prompt?.text === text ? state.prompt.ids : [];
    if (known.length === 0) {
      state.earlierPrompts = [...state.earlierPrompts, ...(state.prompt?.ids ?? [])].slice(-MAX_PROMPT_IDS);
    }
    state.prompt = { text, ids: [...known, ...(id === undefined ? [] : [id])].slice(-MAX_PROMPT_IDS) };
  }
  state.mode = readText(data, 'agentMode') ?? state.mode;
  state.autopilotStopped = false;
  begin(draft);
}

/** A prompt or a turn: whatever was before, the agent works now. */
function begin({ state }: ActivityDraft): void {
  state.turnContinues = false;
  state.aborted = false;
  work(state);
}

/** More of the turn. What comes late of a turn that was aborted, or that completed the task, is no new work. */
function goOn({ state }: ActivityDraft): void {
  if (!state.aborted && state.progress !== 'done') {
    work(state);
  }
}

function work(state: ActivityDraft['state']): void {
  state.progress = 'working';
  state.resting = false;
  state.failure = undefined;
}

/** What is older than the session, and stands before its beginning in the log, was no work of it. */
function takeStart(draft: ActivityDraft, event: SessionEvent, time: Date | undefined): void {
  const { state } = draft;
  const type: string = event.type;
  if ((type !== 'session.requested' && !isAgentStart(event)) || state.startTime !== undefined) {
    return;
  }
  state.startTime = time;
  if (time !== undefined && state.lastEventTime !== undefined && state.lastEventTime < time) {
    settle(draft, state.agentStarted ? 'idle' : 'queued');
    state.lastEventTime = undefined;
  }
}

/** Of the same time counts: what happens in one millisecond may come in any order. */
function isOlder({ lastEventTime, startTime }: SessionActivity, time: Date | undefined, now: number): boolean {
  const last = lastEventTime ?? startTime;
  if (last === undefined || time === undefined || time >= last) {
    return false;
  }
  // What is ahead of this clock, too, shows only that this clock is behind the others.
  const isOfNow = time.getTime() >= now - LATE_MS && time.getTime() <= now + EARLY_MS;
  return !(isOfNow && last.getTime() > now);
}

function isAfter(time: Date | undefined, last: Date | undefined): boolean {
  return time !== undefined && last !== undefined && time >= last;
}

/** It follows the last one, whatever the clocks say. */
function isNext({ lastId }: SessionActivity, event: SessionEvent): boolean {
  return lastId !== undefined && event.ephemeral !== true && event.parentId === lastId;
}
