import * as l10n from '@vscode/l10n';
import type { SessionEvent } from '@github/copilot-sdk';
import { MAX_OPEN, type ActivityDraft } from './activityDraft';
import { isRecord, readArray, readRecord, readString, readText } from '../common/json';
import { isFinal, statusOfTask } from './taskStatus';
import type { SessionActivity } from './activity';

const AUTOPILOT = 'autopilot';
/** Members of a background task, and of a notice of its end, that name it. */
const TASK_IDS = ['agentId', 'shellId', 'taskId', 'toolCallId', 'id'] as const;

/** The agent has stopped: nothing runs, and its questions no longer wait for answers. */
export function settle(draft: ActivityDraft, progress: SessionActivity['progress']): void {
  const { state } = draft;
  draft.clear();
  state.progress = progress;
  state.activity = undefined;
  state.turnContinues = false;
  state.resting = false;
  state.failure = progress === 'failed' ? state.failure : undefined;
}

/** Settles if a turn is over and nothing is left that continues by itself. */
export function settleIfResting(draft: ActivityDraft): void {
  const { state } = draft;
  const isLeft =
    state.questions.size > 0 ||
    state.runningAgents.size > 0 ||
    state.backgroundTasks.size > 0 ||
    (state.mode === AUTOPILOT && !state.autopilotStopped && !state.aborted);
  if (state.progress === 'working' && state.resting && !isLeft) {
    settle(draft, 'idle');
  }
}

/** The end of autopilot or of a background task may have been missed. */
export function settleMissed(draft: ActivityDraft): void {
  const { state } = draft;
  if (state.backgroundTasks.size > 0) {
    draft.changeTasks().clear();
  }
  if (state.progress === 'working' && state.resting && state.questions.size === 0 && state.runningAgents.size === 0) {
    settle(draft, 'idle');
  }
}

/**
 * `session.idle` is the end of the work, with three exceptions. With background tasks, the agent waits for these. In
 * autopilot it is the boundary between two rounds (schema of 1.0.85), until `session.autopilot_stopped` (1.0.102), an
 * error or the end of the task. After an end it has nothing new.
 */
export function onIdle(draft: ActivityDraft, data: unknown): void {
  const { state } = draft;
  const mode = readText(data, 'mode');
  state.mode = mode ?? state.mode;
  const aborted = isRecord(data) && data['aborted'] === true;
  state.aborted ||= aborted;
  if (isFinal(state.progress)) {
    settle(draft, state.progress);
    return;
  }
  const tasks = aborted ? [] : backgroundTasksOf(data);
  const goesOn = mode === AUTOPILOT && !state.autopilotStopped && !state.aborted && state.progress !== 'queued';
  if (tasks.length === 0 && !goesOn) {
    settle(draft, 'idle');
    return;
  }
  if (tasks.length > 0) {
    // They may ask.
    draft.clearRunning();
    tasks.forEach((task) => draft.changeTasks().add(task));
  } else {
    draft.clear();
  }
  state.progress = 'working';
  state.activity = undefined;
  state.turnContinues = false;
  state.resting = true;
}

/** Autopilot does not continue; what runs in the background may. */
export function onStopped(draft: ActivityDraft, data: unknown): void {
  const { state } = draft;
  const requestId = readText(data, 'requestId');
  if (requestId !== undefined && state.earlierPrompts.includes(requestId)) {
    // It is about an earlier prompt.
    return;
  }
  const reason = readText(data, 'reason');
  state.autopilotStopped = true;
  state.aborted ||= reason === 'aborted';
  if (state.progress !== 'working') {
    return;
  }
  if (reason === 'error') {
    state.failure = l10n.t('Autopilot has stopped because of an error.');
    settle(draft, 'failed');
    return;
  }
  state.turnContinues = false;
  state.resting = true;
  settleIfResting(draft);
}

/** The beginning and the end of a sub-agent, and the end of a background task, each by its id. */
export function observeTask(draft: ActivityDraft, event: SessionEvent, isOld: boolean): void {
  const { state } = draft;
  const toolCallId = readString(event.data, 'toolCallId');
  if (event.type === 'subagent.started') {
    if (toolCallId !== undefined && !isOld && state.progress === 'working' && state.runningAgents.size < MAX_OPEN) {
      draft.changeAgents().add(toolCallId);
    }
    return;
  }
  if (event.type === 'subagent.completed' || event.type === 'subagent.failed') {
    if (toolCallId !== undefined && state.runningAgents.has(toolCallId)) {
      draft.changeAgents().delete(toolCallId);
    }
    forget(draft, [toolCallId, event.agentId]);
    settleIfResting(draft);
  } else if (event.type === 'system.notification') {
    const kind = readRecord(event.data, 'kind');
    if (readString(kind, 'type')?.endsWith('_completed') === true) {
      forget(draft, idsOf(kind));
      settleIfResting(draft);
    }
  }
}

function forget(draft: ActivityDraft, ids: readonly (string | undefined)[]): void {
  for (const id of ids) {
    if (id !== undefined && draft.state.backgroundTasks.has(id)) {
      draft.changeTasks().delete(id);
    }
  }
}

/** Ids of what runs: `{agents: [{agentId}], shells: [{shellId}]}`, or a list of such. */
function backgroundTasksOf(data: unknown): readonly string[] {
  const tasks = isRecord(data) ? data['backgroundTasks'] : undefined;
  const list = isRecord(tasks)
    ? Object.keys(tasks).flatMap((key) => readArray(tasks, key))
    : readArray(data, 'backgroundTasks');
  return list
    .filter((task) => !isFinal(statusOfTask(readText(task, 'status'))))
    .slice(0, MAX_OPEN)
    .map((task, index) => (typeof task === 'string' ? task : (idsOf(task)[0] ?? `task ${index}`)));
}

function idsOf(task: unknown): readonly string[] {
  return TASK_IDS.flatMap((key) => readText(task, key) ?? []);
}
