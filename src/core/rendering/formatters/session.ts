import * as l10n from '@vscode/l10n';
import { isRecord, readString } from '../../common/json';
import { formatDuration, type EventFormatter, words } from '../renderState';
import type { EventReader } from '../eventReader';
import { dots, type Label } from '../entry';

/** An event that is shown on one line. */
const line =
  (label: Label, summarize: (data: EventReader) => string): EventFormatter =>
  (data) => ({ label, summary: summarize(data) });

export const sessionRequested = line('session', () =>
  l10n.t({ message: 'requested · the agent’s machine is starting', comment: ['Of a session'] }),
);

export const sessionStart = line('session', (data) => {
  const version = data.optionalText('copilotVersion');
  const by = [data.optionalText('producer'), version].filter((part) => part !== undefined).join(' ');
  const model = data.optionalText('selectedModel');
  return dots(
    l10n.t({ message: 'started', comment: ['Of a session'] }),
    by,
    model !== undefined && l10n.t('model {0}', model),
    place(data.optionalFields('context')),
  );
});

export const sessionResume = line('session', (data) => {
  const count = data.number('eventCount');
  const earlier =
    count !== undefined && (count === 1 ? l10n.t('1 earlier event') : l10n.t('{0} earlier events', count));
  return dots(
    l10n.t({ message: 'resumed', comment: ['Of a session'] }),
    earlier,
    place(data.optionalFields('context')),
  );
});

export const contextChanged = line('session', (data) =>
  dots(
    l10n.t({ message: 'works in', comment: ['Of a session; its repository, branch and folder follow'] }),
    place(data),
  ),
);
export const titleChanged = line('title', (data) => data.text('title'));
export const modeChanged = line('mode', (data) => change(data.optionalText('previousMode'), data.text('newMode')));
export const modelChange = line('model', (data) =>
  dots(
    change(data.optionalText('previousModel'), data.text('newModel')),
    effort(data.optionalText('reasoningEffort')),
    data.optionalText('cause'),
  ),
);
export const autoModeResolved = line('model', (data) =>
  dots(data.text('chosenModel'), l10n.t({ message: 'chosen automatically', comment: ['Of a model'] })),
);
export const permissionsChanged = line('mode', (data) =>
  permissions(data.optionalText('previousMode'), data.optionalText('mode')),
);
export const limitsChanged = line('session', (data) => {
  const max = data.optionalFields('sessionLimits')?.number('maxAiCredits');
  if (max !== undefined) {
    return l10n.t('credit limit {0}', max);
  }
  return data.get('sessionLimits') === null ? l10n.t('credit limit removed') : l10n.t('credit limit changed');
});
export const steerableChanged = line('session', (data) => {
  const steerable = data.flag('remoteSteerable');
  if (steerable === undefined) {
    return l10n.t({ message: 'whether it can be steered from outside has changed', comment: ['Of a session'] });
  }
  return steerable
    ? l10n.t({ message: 'can be steered from outside', comment: ['Of a session'] })
    : l10n.t({ message: 'cannot be steered from outside any more', comment: ['Of a session'] });
});

export const handoff: EventFormatter = (data) => {
  const repository = data.get('repository');
  const name = isRecord(repository)
    ? `${readString(repository, 'owner') ?? ''}/${readString(repository, 'name') ?? ''}`
    : undefined;
  const branch = readString(repository, 'branch');
  const where = name !== undefined && branch !== undefined ? `${name} @ ${branch}` : name;
  return {
    label: 'handoff',
    summary: dots(
      l10n.t({ message: 'from a {0} session', args: [data.text('sourceType')], comment: ['{0}: a code: remote'] }),
      where,
      data.optionalText('remoteSessionId'),
    ),
    body: [{ kind: 'output', text: data.optionalText('summary') ?? '', clip: { head: 20, tail: 10 } }],
  };
};

export const compactionStart = line('context', (data) => {
  const trigger = words(data.optionalText('trigger') ?? '');
  return dots(l10n.t('the conversation is being summarised to make room'), trigger);
});

export const compactionComplete: EventFormatter = (data) => {
  const removed = data.number('messagesRemoved');
  const tokens = data.number('tokensRemoved');
  const failed = data.flag('success') === false;
  return {
    label: failed ? 'warning' : 'context',
    summary: dots(
      failed ? l10n.t('The conversation could not be summarised') : l10n.t('the conversation was summarised'),
      data.optionalText('error'),
      removed !== undefined &&
        (removed === 1 ? l10n.t('1 message replaced') : l10n.t('{0} messages replaced', removed)),
      tokens !== undefined &&
        (tokens === 1
          ? l10n.t({ message: '1 token freed', comment: ['Of a model’s context'] })
          : l10n.t({ message: '{0} tokens freed', args: [tokens], comment: ['Of a model’s context'] })),
    ),
  };
};

export const truncation = line('context', (data) => {
  const removed = data.number('messagesRemovedDuringTruncation');
  return dots(l10n.t('the oldest messages were removed to make room'), countMessages(removed));
});
export const contextCleared = line('context', (data) => {
  const cleared = data.number('messagesCleared');
  return dots(l10n.t('the conversation was cleared'), countMessages(cleared));
});
export const rewind = line('context', (data) => {
  const removed = data.number('eventsRemoved');
  const undone =
    removed !== undefined && (removed === 1 ? l10n.t('1 event undone') : l10n.t('{0} events undone', removed));
  return dots(l10n.t('the session was set back'), undone);
});

function countMessages(count: number | undefined): string | undefined {
  if (count === undefined) {
    return undefined;
  }
  return count === 1 ? l10n.t('1 message') : l10n.t('{0} messages', count);
}

export const planChanged = line('plan', (data) => {
  const operation = data.text('operation');
  switch (operation) {
    case 'create':
      return l10n.t('plan created');
    case 'update':
      return l10n.t('plan updated');
    case 'delete':
      return l10n.t('plan deleted');
    default:
      return dots(l10n.t('plan changed'), operation);
  }
});

export const fileChanged = line('session', (data) => {
  const path = data.text('path');
  const operation = data.text('operation');
  switch (operation) {
    case 'create':
      return l10n.t({ message: '{0} created', args: [path], comment: ['{0}: a file'] });
    case 'update':
      return l10n.t({ message: '{0} updated', args: [path], comment: ['{0}: a file'] });
    default:
      return dots(l10n.t({ message: '{0} changed', args: [path], comment: ['{0}: a file'] }), operation);
  }
});

export const objectiveChanged = line('session', (data) =>
  dots(objectiveChange(data.text('operation')), words(data.optionalText('status') ?? '')),
);

function objectiveChange(operation: string): string {
  switch (operation) {
    case 'create':
      return l10n.t('autopilot objective created');
    case 'update':
      return l10n.t('autopilot objective updated');
    case 'delete':
      return l10n.t('autopilot objective deleted');
    default:
      return dots(l10n.t('autopilot objective changed'), operation);
  }
}

export const scheduleCreated = line('session', (data) =>
  dots(
    l10n.t('schedule created'),
    data.optionalText('cron'),
    data.optionalText('displayPrompt') ?? data.text('prompt'),
  ),
);
export const scheduleCancelled = line('session', (data) =>
  l10n.t({ message: 'schedule {0} cancelled', args: [data.number('id') ?? ''], comment: ['{0}: a number'] }),
);
export const commandQueued = line('session', (data) =>
  l10n.t({ message: 'command {0}', args: [data.text('command')], comment: ['{0}: a command of the agent: /compact'] }),
);
export const factoryStarted = line('session', (data) => l10n.t('factory {0} started', data.text('factoryName')));
export const factorySettled = line('session', (data) =>
  dots(
    l10n.t({ message: 'factory: {0}', args: [data.text('status')], comment: ['{0}: how the factory ended'] }),
    data.optionalText('failureType'),
    formatDuration(data.number('elapsedMs')),
  ),
);
export const binaryAsset = line('session', (data) => {
  const size = data.number('byteLength');
  return dots(
    l10n.t({ message: 'attachment {0}', args: [data.text('mimeType')], comment: ['{0}: a MIME type: image/png'] }),
    size !== undefined && (size === 1 ? l10n.t('1 byte') : l10n.t('{0} bytes', size)),
    data.optionalText('description'),
  );
});
export const fusionFailed = line('warning', (data) =>
  dots(
    l10n.t('A model could not be used'),
    data.optionalText('model') ?? data.optionalText('syntheticModel'),
    data.text('reason'),
    data.optionalText('errorMessage'),
  ),
);
export const tierSwitchFailed = line('warning', (data) =>
  dots(l10n.t('The model could not be switched'), data.text('reason')),
);
export const customNotification = line('info', (data) => dots(data.text('name'), data.optionalText('source')));

/** "octo/app @ main · /workspace". */
function place(context: EventReader | undefined): string {
  const repository = context?.optionalText('repository');
  const branch = context?.optionalText('branch');
  return dots(
    repository === undefined ? branch : `${repository}${branch === undefined ? '' : ` @ ${branch}`}`,
    context?.optionalText('cwd'),
  );
}

function change(from: string | undefined, to: string): string {
  return from === undefined || from === to ? to : `${from} → ${to}`;
}

function permissions(from: string | undefined, to: string | undefined): string {
  return to === undefined
    ? l10n.t({ message: 'permissions changed', comment: ['Of a session; to what is not known'] })
    : l10n.t({
        message: 'permissions: {0}',
        args: [change(from, to)],
        comment: ['{0}: the new mode, or the old and the new one: manual → allow-all'],
      });
}

function effort(value: string | undefined): string | undefined {
  return value === undefined
    ? undefined
    : l10n.t({ message: 'reasoning {0}', args: [value], comment: ['{0}: the reasoning effort of a model: high'] });
}
