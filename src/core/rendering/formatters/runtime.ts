import * as l10n from '@vscode/l10n';
import { formatDuration, type EventFormatter, words } from '../renderState';
import { dots, type Entry } from '../entry';

/** Formatters of events that are in the runtime's own schema and not in the SDK's types. */

export const modelDeselected: EventFormatter = (data) => ({
  label: 'model',
  summary: l10n.t('{0} is not available any more · a default model is used from now on', data.text('previousModel')),
});

/** Each event has the whole state: the same state is shown once. */
export const permissionRecovery: EventFormatter = (data, { memory }): Entry | undefined => {
  const episode = data.text('episodeId');
  const status = data.text('status');
  const before = memory.recoveries.get(episode);
  memory.recoveries.set(episode, status);
  // While it recovers there is nothing for the user to do, and a question to the user has an event of its own.
  if (status !== 'blocked' || before === status) {
    return undefined;
  }
  return {
    label: 'warning',
    summary: dots(l10n.t('Autopilot is blocked by a permission'), words(data.text('reason'))),
  };
};

export const oauthRecovered: EventFormatter = (data) => {
  const server = data.text('serverName');
  const outcome = data.text('outcome');
  return outcome === 'succeeded'
    ? { label: 'info', summary: l10n.t('The sign-in to the MCP server {0} was renewed', server) }
    : {
        label: 'warning',
        summary: dots(l10n.t('The sign-in to the MCP server {0} was not renewed', server), words(outcome)),
      };
};

export const pluginProgress: EventFormatter = (data) => {
  const phase = data.text('phase');
  const names = data.texts('pluginSpecs').join(', ');
  switch (phase) {
    case 'installing':
      return { label: 'progress', summary: l10n.t('installing plug-ins that the organization requires: {0}', names) };
    case 'updating':
      return { label: 'progress', summary: l10n.t('updating plug-ins that the organization requires: {0}', names) };
    default:
      return undefined;
  }
};

export const workflowStarted: EventFormatter = (data) => ({
  label: 'session',
  summary: l10n.t('workflow {0} started', data.text('workflowName')),
});

export const workflowSettled: EventFormatter = (data) => ({
  label: 'session',
  summary: dots(
    l10n.t({ message: 'workflow: {0}', args: [words(data.text('status'))], comment: ['{0}: how the workflow ended'] }),
    data.optionalText('failureType'),
    formatDuration(data.number('elapsedMs')),
  ),
});
