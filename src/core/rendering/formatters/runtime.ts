import { dots, formatDuration, type EventFormatter, words } from '../renderState';
import type { Entry } from '../entry';

/** Handlers of events that are in the runtime's own schema and not in the SDK's types. */

export const modelDeselected: EventFormatter = (data) => ({
  label: 'Model',
  summary: dots(`${data.text('previousModel')} is not available any more`, 'a default model is used from now on'),
});

/** Each event has the whole state: a state that was shown is not shown again. */
export const permissionRecovery: EventFormatter = (data, { memory }): Entry | undefined => {
  const episode = data.text('episodeId');
  const status = data.text('status');
  const before = memory.recoveries.get(episode);
  memory.recoveries.set(episode, status);
  // While it recovers there is nothing for anybody to do, and what is asked of a person has its own event.
  if (status !== 'blocked' || before === status) {
    return undefined;
  }
  return { label: 'Warning', summary: dots('Autopilot is blocked by a permission', words(data.text('reason'))) };
};

export const oauthRecovered: EventFormatter = (data) => {
  const server = data.text('serverName');
  const outcome = data.text('outcome');
  return outcome === 'succeeded'
    ? { label: 'Info', summary: `The sign-in to the MCP server ${server} was renewed` }
    : { label: 'Warning', summary: dots(`The sign-in to the MCP server ${server} was not renewed`, words(outcome)) };
};

export const pluginProgress: EventFormatter = (data) => {
  const phase = data.text('phase');
  const names = data.texts('pluginSpecs').join(', ');
  return phase === 'installing' || phase === 'updating'
    ? { label: 'Progress', summary: `${phase} plug-ins that the organization requires: ${names}` }
    : undefined;
};

export const workflowStarted: EventFormatter = (data) => ({
  label: 'Session',
  summary: `workflow ${data.text('workflowName')} started`,
});

export const workflowSettled: EventFormatter = (data) => ({
  label: 'Session',
  summary: dots(
    `workflow: ${words(data.text('status'))}`,
    data.optionalText('failureType'),
    formatDuration(data.number('elapsedMs')),
  ),
});
