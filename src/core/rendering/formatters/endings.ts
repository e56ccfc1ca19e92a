import * as l10n from '@vscode/l10n';
import { isRecord } from '../../common/json';
import { agentOf, formatDuration, type EventFormatter, INTERRUPTED, type RenderState, words } from '../renderState';
import { dots, type Body, type Entry } from '../entry';

/** Formatters of the ends of the agent's work, its turn, autopilot and the session. */

export const taskComplete: EventFormatter = (data, { memory }) => {
  const text = [data.optionalText('summary'), data.optionalText('reason')].filter((part) => part !== undefined);
  const body: readonly Body[] = [{ kind: 'prose', text: text.join('\n\n') }];
  const outcome = data.optionalText('outcome');
  const success = data.flag('success');
  if (outcome === 'continue') {
    // The agent said that it is complete; the reviewer did not accept that (1.0.102).
    return { label: 'session', summary: l10n.t('the task is not complete yet · the agent goes on'), body };
  }
  memory.autopilotStopped = true;
  if (outcome !== undefined && outcome !== 'completed' && outcome !== 'blocked' && success !== true) {
    const summary = l10n.t({ message: 'the task: {0}', args: [outcome], comment: ['{0}: how the task ended'] });
    return { label: 'session', summary, body, group: 'message' };
  }
  if (outcome === 'blocked') {
    return { label: 'stopped', summary: l10n.t('the task is blocked'), body, group: 'message' };
  }
  if (success === false) {
    return { label: 'stopped', summary: l10n.t('the task was not completed'), body, group: 'message' };
  }
  const more = outcome !== 'completed' && outcome;
  return { label: 'finished', summary: dots(l10n.t('the task is complete'), more), body, group: 'message' };
};

/**
 * A routine shutdown ends only the runtime's own session: the runtime closes a session that nobody watches, and an agent
 * in the cloud continues (measured on 1.0.85).
 */
export const shutdown: EventFormatter = (data) => {
  const changes = data.optionalFields('codeChanges');
  const files = changes?.list('filesModified').length ?? 0;
  const lines = `+${changes?.number('linesAdded') ?? 0} -${changes?.number('linesRemoved') ?? 0}`;
  const failed = data.text('shutdownType') === 'error';
  return {
    label: failed ? 'error' : 'ended',
    summary: dots(
      failed ? l10n.t('the session ended with an error') : l10n.t('the runtime has closed the session'),
      data.optionalText('errorReason'),
      files > 0 && changedFiles(files, lines),
    ),
  };
};

function changedFiles(count: number, lines: string): string {
  return count === 1
    ? l10n.t({ message: '1 file changed {0}', args: [lines], comment: ['{0}: lines added and removed: +3 -1'] })
    : l10n.t({
        message: '{0} files changed {1}',
        args: [count, lines],
        comment: ['{1}: lines added and removed: +3 -1'],
      });
}

/**
 * The end of a turn is not the end of the work while something runs in the background, and in autopilot, where the
 * agent continues after each turn until `session.autopilot_stopped` (1.0.102; older runtimes have no such event).
 */
export const idle: EventFormatter = (data, { memory, agentId }) => {
  if (agentId !== '') {
    return undefined; // the end of a sub-agent has events of its own
  }
  const tasks = countTasks(data.get('backgroundTasks'));
  const background = tasks > 0 && backgroundTasks(tasks);
  const isAborted = data.flag('aborted') === true;
  memory.autopilotStopped ||= isAborted;
  const goesOn = data.optionalText('mode') === 'autopilot' && !memory.autopilotStopped;
  memory.isAtRest = tasks === 0 && !goesOn;
  if (isAborted) {
    const summary = dots(l10n.t('the agent has stopped and waits'), background);
    return once(`aborted ${tasks}`, { label: 'stopped', summary, group: 'message' }, memory);
  }
  if (tasks > 0) {
    const summary = dots(l10n.t('the agent has ended its turn'), background);
    return once(`background ${tasks}`, { label: 'session', summary }, memory);
  }
  if (goesOn) {
    const summary = l10n.t('the agent has ended its turn · autopilot may go on');
    return once('autopilot', { label: 'session', summary }, memory);
  }
  const summary = l10n.t('the agent has finished its turn and waits');
  return once('idle', { label: 'idle', summary, group: 'message' }, memory);
};

function backgroundTasks(count: number): string {
  return count === 1 ? l10n.t('1 background task goes on') : l10n.t('{0} background tasks go on', count);
}

/** The number of tasks in a list, or in an object of lists. */
function countTasks(tasks: unknown): number {
  if (Array.isArray(tasks)) {
    return tasks.length;
  }
  const lists = isRecord(tasks) ? Object.values(tasks).slice(0, 20) : [];
  return lists.reduce<number>((count, list) => count + (Array.isArray(list) ? list.length : 0), 0);
}

/** `undefined` if an entry of this code was shown already, and the agent has not worked since. */
function once(code: string, entry: Entry, { rest }: RenderState): Entry | undefined {
  if (rest.has(code)) {
    return undefined;
  }
  rest.add(code);
  return entry;
}

/** The main agent stops. The session is idle only when all that runs in the background has ended, too. */
export const assistantIdle: EventFormatter = (data, { memory, agentId }) => {
  // Other events report the interruption as well.
  if (agentId !== '' || data.flag('aborted') !== true || memory.rest.has(INTERRUPTED)) {
    return undefined;
  }
  memory.rest.add(INTERRUPTED);
  return { label: 'stopped', summary: l10n.t('the agent was interrupted') };
};

const ABORTS: ReadonlyMap<string, string> = new Map([
  ['user_initiated', l10n.t("the agent's turn was stopped by the user")],
  ['user_abort', l10n.t("the agent's turn was stopped by the user")],
  ['remote_command', l10n.t("the agent's turn was stopped by a remote command")],
  ['autopilot_credit_limit', l10n.t("the agent's turn was stopped by the credit limit of autopilot")],
  ['', l10n.t("the agent's turn was stopped")],
]);

export const abort: EventFormatter = (data, { memory, agentId }) => {
  const reason = data.text('reason');
  const summary =
    ABORTS.get(reason) ??
    l10n.t({ message: "the agent's turn was stopped ({0})", args: [reason], comment: ['{0}: a code of the reason'] });
  const entry: Entry = { label: 'stopped', summary };
  if (agentId !== '') {
    return entry;
  }
  memory.autopilotStopped = true;
  memory.rest.add(INTERRUPTED);
  // Of two reasons with one text, one is shown.
  return once(`abort ${reason === 'user_abort' ? 'user_initiated' : reason}`, entry, memory);
};

const AUTOPILOT_STOPS: ReadonlyMap<string, string> = new Map([
  ['aborted', l10n.t('autopilot has stopped · it was aborted')],
  ['error', l10n.t('autopilot has stopped · an error')],
  ['background_timeout', l10n.t('autopilot has stopped · background work took too long')],
]);

/** Work in the background may continue: this does not make the session idle. */
export const autopilotStopped: EventFormatter = (data, { memory }) => {
  memory.autopilotStopped = true;
  const reason = data.text('reason');
  if (reason === 'task_complete') {
    return { label: 'mode', summary: l10n.t('autopilot has stopped · the task is complete') };
  }
  return {
    label: 'stopped',
    summary: AUTOPILOT_STOPS.get(reason) ?? dots(l10n.t('autopilot has stopped'), words(reason)),
  };
};

const INTERRUPTIONS: ReadonlyMap<string, string> = new Map([
  ['model_call', l10n.t('a model call was interrupted by the user')],
  ['retry_backoff', l10n.t('the wait before another model call was interrupted by the user')],
  ['tool_call', l10n.t('a tool call was interrupted by the user')],
  ['background_agent', l10n.t('a sub-agent in the background was interrupted by the user')],
  ['', l10n.t('the agent was interrupted by the user')],
]);

export const agentInterrupted: EventFormatter = (data, context) => {
  const activity = data.text('activity');
  const interruption =
    INTERRUPTIONS.get(activity) ??
    l10n.t({
      message: '{0} was interrupted by the user',
      args: [words(activity)],
      comment: ['{0}: a code of what the agent did'],
    });
  context.memory.rest.add(INTERRUPTED);
  const after = formatDuration(data.number('elapsedMs'));
  const agents = data.number('interruptedAgentCount');
  return {
    label: 'stopped',
    agent: agentOf(context),
    summary: dots(
      interruption,
      data.texts('toolNames', 10).join(', '),
      after !== undefined && l10n.t({ message: 'after {0}', args: [after], comment: ['{0}: a duration'] }),
      agents !== undefined && agents > 1 && l10n.t('{0} sub-agents', agents),
    ),
  };
};
