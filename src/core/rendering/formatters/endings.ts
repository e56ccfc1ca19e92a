import { isRecord } from '../../common/json';
import {
  agentTag,
  dots,
  formatDuration,
  type EventFormatter,
  INTERRUPTED,
  type RenderState,
  plural,
  words,
} from '../renderState';
import type { Body, Entry } from '../entry';

/** Handlers of events that say that the agent, its turn, autopilot or the session comes to an end. */

export const taskComplete: EventFormatter = (data, { memory }) => {
  const text = [data.optionalText('summary'), data.optionalText('reason')].filter((part) => part !== undefined);
  const body: readonly Body[] = [{ kind: 'prose', text: text.join('\n\n') }];
  const outcome = data.optionalText('outcome');
  const success = data.flag('success');
  if (outcome === 'continue') {
    // The agent said that it is complete; the reviewer did not accept that (1.0.102).
    return { label: 'Session', summary: 'the task is not complete yet · the agent goes on', body };
  }
  memory.autopilotStopped = true;
  if (outcome !== undefined && outcome !== 'completed' && outcome !== 'blocked' && success !== true) {
    return { label: 'Session', summary: `the task: ${outcome}`, body, group: 'message' };
  }
  if (outcome === 'blocked') {
    return { label: 'Stopped', summary: 'the task is blocked', body, group: 'message' };
  }
  if (success === false) {
    return { label: 'Stopped', summary: 'the task was not completed', body, group: 'message' };
  }
  const more = outcome !== 'completed' && outcome;
  return { label: 'Finished', summary: dots('the task is complete', more), body, group: 'message' };
};

/**
 * A routine one is the end of the runtime's own session: the runtime lets go of a session when nobody watches it, and
 * an agent in the cloud goes on (measured on 1.0.85).
 */
export const shutdown: EventFormatter = (data) => {
  const changes = data.optionalFields('codeChanges');
  const files = changes?.list('filesModified').length ?? 0;
  const lines = `+${changes?.number('linesAdded') ?? 0} -${changes?.number('linesRemoved') ?? 0}`;
  const failed = data.text('shutdownType') === 'error';
  return {
    label: failed ? 'Error' : 'Ended',
    summary: dots(
      failed ? 'the session ended with an error' : 'the runtime has closed the session',
      data.optionalText('errorReason'),
      files > 0 && `${plural(files, 'file')} changed ${lines}`,
    ),
  };
};

/**
 * The end of a turn is not the end of the work while something runs in the background, and in autopilot, where the
 * agent goes on after each turn until `session.autopilot_stopped` (1.0.102; older runtimes do not say when it stops).
 */
export const idle: EventFormatter = (data, { memory, agentId }) => {
  if (agentId !== '') {
    return undefined; // a sub-agent's: its end has events of its own
  }
  const tasks = countTasks(data.get('backgroundTasks'));
  const background = tasks > 0 && `${plural(tasks, 'background task')} ${tasks === 1 ? 'goes' : 'go'} on`;
  let entry: Entry;
  const isAborted = data.flag('aborted') === true;
  memory.autopilotStopped ||= isAborted;
  const goesOn = data.optionalText('mode') === 'autopilot' && !memory.autopilotStopped;
  memory.isAtRest = tasks === 0 && !goesOn;
  if (isAborted) {
    entry = { label: 'Stopped', summary: dots('the agent has stopped and waits', background), group: 'message' };
  } else if (tasks > 0) {
    entry = { label: 'Session', summary: dots('the agent has ended its turn', background) };
  } else if (goesOn) {
    entry = { label: 'Session', summary: 'the agent has ended its turn · autopilot may go on' };
  } else {
    entry = { label: 'Idle', summary: 'the agent has finished its turn and waits', group: 'message' };
  }
  return once(entry, memory);
};

/** How many there are, in a list or in an object of lists. */
function countTasks(tasks: unknown): number {
  if (Array.isArray(tasks)) {
    return tasks.length;
  }
  const lists = isRecord(tasks) ? Object.values(tasks).slice(0, 20) : [];
  return lists.reduce<number>((count, list) => count + (Array.isArray(list) ? list.length : 0), 0);
}

/** `undefined` if this was said already, and the agent has not worked since. */
function once(entry: Entry, { rest }: RenderState): Entry | undefined {
  const line = `${entry.label} ${entry.summary ?? ''}`;
  if (rest.has(line)) {
    return undefined;
  }
  rest.add(line);
  return entry;
}

/** The main agent stops; the session is idle only when what runs in the background has ended, too. */
export const assistantIdle: EventFormatter = (data, { memory, agentId }) => {
  // That it was interrupted is said by other events as well.
  if (agentId !== '' || data.flag('aborted') !== true || memory.rest.has(INTERRUPTED)) {
    return undefined;
  }
  memory.rest.add(INTERRUPTED);
  return { label: 'Stopped', summary: 'the agent was interrupted' };
};

const ABORTED_BY: ReadonlyMap<string, string> = new Map([
  ['user_initiated', 'by the user'],
  ['user_abort', 'by the user'],
  ['remote_command', 'by a remote command'],
  ['autopilot_credit_limit', 'by the credit limit of autopilot'],
]);

export const abort: EventFormatter = (data, { memory, agentId }) => {
  const reason = data.text('reason');
  const by = ABORTED_BY.get(reason) ?? (reason === '' ? '' : `(${reason})`);
  const entry: Entry = { label: 'Stopped', summary: `the agent's turn was stopped ${by}` };
  if (agentId !== '') {
    return entry;
  }
  memory.autopilotStopped = true;
  memory.rest.add(INTERRUPTED);
  return once(entry, memory);
};

const AUTOPILOT_STOPPED_BY: ReadonlyMap<string, string> = new Map([
  ['aborted', 'it was aborted'],
  ['error', 'an error'],
  ['background_timeout', 'background work took too long'],
]);

/** Work in the background may go on: the session is not idle by this. */
export const autopilotStopped: EventFormatter = (data, { memory }) => {
  memory.autopilotStopped = true;
  const reason = data.text('reason');
  if (reason === 'task_complete') {
    return { label: 'Mode', summary: 'autopilot has stopped · the task is complete' };
  }
  return {
    label: 'Stopped',
    summary: dots('autopilot has stopped', AUTOPILOT_STOPPED_BY.get(reason) ?? words(reason)),
  };
};

const INTERRUPTED_WORK: ReadonlyMap<string, string> = new Map([
  ['model_call', 'a model call'],
  ['retry_backoff', 'the wait before another model call'],
  ['tool_call', 'a tool call'],
  ['background_agent', 'a sub-agent in the background'],
]);

export const agentInterrupted: EventFormatter = (data, context) => {
  const activity = data.text('activity');
  const what = INTERRUPTED_WORK.get(activity) ?? (words(activity) || 'the agent');
  context.memory.rest.add(INTERRUPTED);
  const after = formatDuration(data.number('elapsedMs'));
  const agents = data.number('interruptedAgentCount');
  return {
    label: 'Stopped',
    summary: `${agentTag(context)}${dots(
      `${what} was interrupted by the user`,
      data.texts('toolNames', 10).join(', '),
      after !== undefined && `after ${after}`,
      agents !== undefined && agents > 1 && `${agents} sub-agents`,
    )}`,
  };
};
