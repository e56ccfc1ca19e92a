import * as l10n from '@vscode/l10n';
import type { SessionEvent } from '@github/copilot-sdk';
import { ActivityDraft, MAX_OPEN } from './activityDraft';
import { observeQuestion } from './questionReducer';
import { observeTask, onIdle, onStopped, settle, settleIfResting, settleMissed } from './taskReducer';
import { roleOf, isAgentStart, provesAgentStart } from './eventRoles';
import { isRecord, readArray, readDate, readRecord, readString, readText } from '../common/json';
import type { SessionActivity } from './activity';

/** The most that is kept of a prompt, in UTF-16 units: rows show one line of it. */
const MAX_PROMPT = 500;
/** At most this many ids of prompts are kept. */
const MAX_PROMPT_IDS = 16;
/** An event that arrives at most this long after its timestamp counts as current, in milliseconds. */
const LATE_MS = 600_000;
/** The timestamp of a current event may be at most this far ahead of this machine's clock, in milliseconds. */
const EARLY_MS = 60_000;

/** What is known of the events beside their content. */
export interface LogFacts {
  /** Milliseconds since the epoch. A current event is not old if the last one is ahead of this clock: a clock was put back. */
  readonly now?: number;
  /** Prompts that the runtime showed and the service does not have: no agent works on them. */
  readonly refuted?: ReadonlySet<SessionEvent>;
  /**
   * The last event before which ephemeral ones may have been missed. No event will tell that work between two turns has
   * ended: a session that rests there is idle until the next turn.
   */
  readonly missedUpTo?: SessionEvent | undefined;
}

const NONE: ReadonlySet<SessionEvent> = new Set();

/**
 * The state after these events. Pure: it reads no clock, does not change `before`, and the same events give the same
 * state, one by one or all at once.
 *
 * Of the events of sub-agents (those with an `agentId`) only questions count: a sub-agent can fail without the session.
 *
 * `session.idle` is in no history. A turn that asked for no tools is the last one of the agent's loop, so its
 * `assistant.turn_end` is the end of the work, unless sub-agents or autopilot continue.
 *
 * Events come in the session's order, so an event that is older than the last work describes an earlier state, and
 * changes neither state nor time. The exception is the end of what is still open: it names its request, tool or agent,
 * and counts unless it is older than what it ends.
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
      // eslint-disable-next-line texts/localized -- a code
      state.status = state.questions.size > 0 ? 'needs input' : state.progress;
      const works = state.progress === 'working';
      // A failure is an end even if the beginning of the work was not seen.
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
  // The title and the place of an event of any age, if nothing else is known.
  if (typeof event.agentId !== 'string') {
    if (event.type === 'user.message') {
      state.firstPrompt ??= readText(event.data, 'content')?.trim().slice(0, MAX_PROMPT);
    } else if (event.type === 'session.title_changed') {
      state.title ??= readText(event.data, 'title');
    } else if (isAgentStart(event) && !(isOld && state.folder !== undefined)) {
      takePlace(state, event.data);
    }
  }
  // Events of others in the meantime, by their own clocks, answer no question.
  const { lastAgentTime } = state;
  if (observeQuestion(draft, event, isOld && !isAfter(readDate(event, 'timestamp'), lastAgentTime))) {
    return;
  }
  observeTask(draft, event, isOld);
  if (typeof event.agentId !== 'string' && !isOld) {
    applyOwn(draft, event);
  }
}

/** An event of the agent itself, or of those who work with it, that is not old. */
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
      // The runtime on this machine reports its own folder, too.
      if (state.folder !== undefined && readText(data, 'cwd') === state.folder) {
        takePlace(state, { context: data });
      }
      break;
    case 'abort':
      settle(draft, 'idle');
      state.aborted = true;
      break;
    case 'session.task_complete':
      // Rejected because there is more to do: the agent continues.
      if (readString(data, 'outcome') !== 'continue') {
        const failed = isRecord(data) && data['success'] === false;
        state.failure = failed ? readText(data, 'summary') : undefined;
        settle(draft, failed ? 'failed' : 'done');
      }
      break;
    case 'session.error':
      state.failure = readText(data, 'message') ?? l10n.t('The session reported an error.');
      settle(draft, 'failed');
      break;
    case 'session.shutdown':
      // With a routine shutdown only the runtime closes the session, also at our own end (1.0.85): the agent continues.
      if (readString(data, 'shutdownType') === 'error') {
        state.failure = readText(data, 'errorReason') ?? l10n.t('The session ended with an error.');
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
    // The service's echo of the runtime's copy is the same prompt under another id.
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

/** A prompt or a turn begins: the agent works now. */
function begin({ state }: ActivityDraft): void {
  state.turnContinues = false;
  state.aborted = false;
  work(state);
}

/** More of the turn. Late events of a turn that was aborted, or that completed the task, are no new work. */
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

/** Events before the start of the session that are older than it were no work of it. */
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

/** An event of the same time is not older: events of one millisecond may come in any order. */
function isOlder({ lastEventTime, startTime }: SessionActivity, time: Date | undefined, now: number): boolean {
  const last = lastEventTime ?? startTime;
  if (last === undefined || time === undefined || time >= last) {
    return false;
  }
  // An event that is ahead of this clock as well shows only that this clock is behind the others.
  const isOfNow = time.getTime() >= now - LATE_MS && time.getTime() <= now + EARLY_MS;
  return !(isOfNow && last.getTime() > now);
}

function isAfter(time: Date | undefined, last: Date | undefined): boolean {
  return time !== undefined && last !== undefined && time >= last;
}

/** The event follows the last one, whatever the clocks are. */
function isNext({ lastId }: SessionActivity, event: SessionEvent): boolean {
  return lastId !== undefined && event.ephemeral !== true && event.parentId === lastId;
}
