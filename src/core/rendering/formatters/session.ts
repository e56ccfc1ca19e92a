import { isRecord, readString } from '../../common/json';
import { sanitizeLine } from '../../common/sanitize';
import { dots, formatDuration, type EventFormatter, plural } from '../renderState';
import type { EventReader } from '../eventReader';
import type { Body, Label } from '../entry';

/** A session event whose one line is made of its data. */
const line =
  (label: Label, summarize: (data: EventReader) => string): EventFormatter =>
  (data) => ({ label, summary: summarize(data) });

export const sessionRequested = line('Session', () => 'requested · the agent’s machine is starting');

export const sessionStart = line('Session', (data) => {
  const version = data.optionalText('copilotVersion');
  const by = [data.optionalText('producer'), version].filter((part) => part !== undefined).join(' ');
  const model = data.optionalText('selectedModel');
  return dots('started', by, model !== undefined && `model ${model}`, place(data.optionalFields('context')));
});

export const sessionResume = line('Session', (data) => {
  const count = data.number('eventCount');
  return dots('resumed', count !== undefined && plural(count, 'earlier event'), place(data.optionalFields('context')));
});

export const contextChanged = line('Session', (data) => dots('works in', place(data)));
export const titleChanged = line('Title', (data) => data.text('title'));
export const modeChanged = line('Mode', (data) => change(data.optionalText('previousMode'), data.text('newMode')));
export const modelChange = line('Model', (data) =>
  dots(
    change(data.optionalText('previousModel'), data.text('newModel')),
    effort(data.optionalText('reasoningEffort')),
    data.optionalText('cause'),
  ),
);
export const autoModeResolved = line('Model', (data) => dots(data.text('chosenModel'), 'chosen automatically'));
export const permissionsChanged = line('Mode', (data) =>
  dots(`permissions: ${change(data.optionalText('previousMode'), data.optionalText('mode') ?? 'not said')}`),
);
export const limitsChanged = line('Session', (data) => {
  const max = data.optionalFields('sessionLimits')?.number('maxAiCredits');
  const isRemoved = data.get('sessionLimits') === null;
  return max === undefined ? `credit limit ${isRemoved ? 'removed' : 'changed'}` : `credit limit ${max}`;
});
export const steerableChanged = line('Session', (data) => {
  const steerable = data.flag('remoteSteerable');
  if (steerable === undefined) {
    return 'whether it can be steered from outside has changed';
  }
  return steerable ? 'can be steered from outside' : 'cannot be steered from outside any more';
});

export const info: EventFormatter = (data) => {
  const message = data.text('message');
  const type = data.optionalText('infoType');
  return notice('Info', message, data, [type !== undefined && type !== 'remote' && !message.includes(type) && type]);
};

export const warning: EventFormatter = (data) =>
  notice('Warning', data.text('message'), data, [data.optionalText('warningType')]);

export const error: EventFormatter = (data) => {
  const status = data.number('statusCode');
  const codes = [data.text('errorType'), data.optionalText('errorCode'), status !== undefined && `status ${status}`];
  const entry = notice('Error', data.text('message'), data, codes);
  const request = data.optionalText('serviceRequestId') ?? data.optionalText('providerCallId');
  return request === undefined
    ? entry
    : { ...entry, body: [...entry.body, { kind: 'detail', text: `Request: ${request}` }] };
};

export const modelCallFailure: EventFormatter = (data) => {
  const status = data.number('statusCode');
  const codes = [
    data.optionalText('errorCode'),
    status !== undefined && `status ${status}`,
    data.optionalText('model'),
  ];
  const message = data.optionalText('errorMessage') ?? data.optionalText('errorType') ?? '';
  return notice('Warning', message === '' ? 'A model call failed' : `A model call failed: ${message}`, data, codes);
};

export const settingsEnforced: EventFormatter = (data) =>
  notice('Warning', data.text('message'), data, [data.text('setting')]);

export const systemNotification: EventFormatter = (data) => {
  const content = data.text('content').replace(/^\s*<system_notification>|<\/system_notification>\s*$/g, '');
  return notice('Info', content, data, [readString(data.get('kind'), 'type')?.replaceAll('_', ' ')]);
};

/** `message` in the line if it is short, and beneath it otherwise; what else there is to know. */
function notice(
  label: Label,
  message: string,
  data: EventReader,
  more: readonly (string | false | undefined)[],
): { readonly label: Label; readonly summary: string; readonly body: readonly Body[] } {
  const text = message.trim();
  const isLong = text.length > 240 || text.includes('\n');
  const [first = ''] = text.split('\n', 1);
  const rest = [data.optionalText('url'), data.optionalText('tip'), remedy(data)];
  const details = rest.filter((part) => part !== undefined && !text.includes(part));
  const body: Body[] = isLong ? [{ kind: 'output', text, clip: { head: 40, tail: 40 } }] : [];
  return {
    label,
    summary: dots(isLong ? sanitizeLine(first, 160) : text, ...more),
    body: [...body, ...details.map((part): Body => ({ kind: 'detail', text: sanitizeLine(part ?? '', 2000) }))],
  };
}

function remedy(data: EventReader): string | undefined {
  const action = data.optionalText('remediation');
  return action === undefined ? undefined : `What helps: ${action.replaceAll('_', ' ')}`;
}

export const handoff: EventFormatter = (data) => {
  const repository = data.get('repository');
  const name = isRecord(repository)
    ? `${readString(repository, 'owner') ?? ''}/${readString(repository, 'name') ?? ''}`
    : undefined;
  const branch = readString(repository, 'branch');
  const where = name !== undefined && branch !== undefined ? `${name} @ ${branch}` : name;
  return {
    label: 'Handoff',
    summary: dots(`from a ${data.text('sourceType')} session`, where, data.optionalText('remoteSessionId')),
    body: [{ kind: 'output', text: data.optionalText('summary') ?? '', clip: { head: 20, tail: 10 } }],
  };
};

export const compactionStart = line('Context', (data) => {
  const trigger = data.optionalText('trigger')?.replaceAll('_', ' ');
  return dots('the conversation is being summarised to make room', trigger);
});

export const compactionComplete: EventFormatter = (data) => {
  const removed = data.number('messagesRemoved');
  const tokens = data.number('tokensRemoved');
  const failed = data.flag('success') === false;
  return {
    label: failed ? 'Warning' : 'Context',
    summary: dots(
      failed ? 'The conversation could not be summarised' : 'the conversation was summarised',
      data.optionalText('error'),
      removed !== undefined && `${plural(removed, 'message')} replaced`,
      tokens !== undefined && `${plural(tokens, 'token')} freed`,
    ),
  };
};

export const truncation = line('Context', (data) => {
  const removed = data.number('messagesRemovedDuringTruncation');
  return dots('the oldest messages were removed to make room', removed !== undefined && plural(removed, 'message'));
});
export const contextCleared = line('Context', (data) => {
  const cleared = data.number('messagesCleared');
  return dots('the conversation was cleared', cleared !== undefined && plural(cleared, 'message'));
});
export const rewind = line('Context', (data) => {
  const removed = data.number('eventsRemoved');
  return dots('the session was set back', removed !== undefined && `${plural(removed, 'event')} undone`);
});

export const planChanged = line('Plan', (data) => `plan ${past(data.text('operation'))}`);
export const fileChanged = line('Session', (data) => `${data.text('path')} ${past(data.text('operation'))}`);
export const objectiveChanged = line('Session', (data) =>
  dots(`autopilot objective ${past(data.text('operation'))}`, data.optionalText('status')?.replaceAll('_', ' ')),
);
export const scheduleCreated = line('Session', (data) =>
  dots('schedule created', data.optionalText('cron'), data.optionalText('displayPrompt') ?? data.text('prompt')),
);
export const scheduleCancelled = line('Session', (data) => `schedule ${data.number('id') ?? ''} cancelled`);
export const commandQueued = line('Session', (data) => `command ${data.text('command')}`);
export const factoryStarted = line('Session', (data) => `factory ${data.text('factoryName')} started`);
export const factorySettled = line('Session', (data) =>
  dots(`factory: ${data.text('status')}`, data.optionalText('failureType'), formatDuration(data.number('elapsedMs'))),
);
export const serverStatus: EventFormatter = (data) => {
  const status = data.text('status');
  if (status !== 'failed' && status !== 'needs-auth') {
    return undefined;
  }
  return notice('Warning', `MCP server ${data.text('serverName')}: ${status}`, data, [data.optionalText('error')]);
};
export const serversLoaded: EventFormatter = (data) => {
  const failed = data.list('servers').filter((server) => readString(server, 'status') === 'failed');
  if (failed.length === 0) {
    return undefined;
  }
  const names = failed.slice(0, 20).map((server) => dots(readString(server, 'name'), readString(server, 'error')));
  return { label: 'Warning', summary: `MCP servers failed: ${names.join(', ')}` };
};
export const binaryAsset = line('Session', (data) => {
  const size = data.number('byteLength');
  return dots(
    `attachment ${data.text('mimeType')}`,
    size !== undefined && plural(size, 'byte'),
    data.optionalText('description'),
  );
});
export const fusionFailed = line('Warning', (data) =>
  dots(
    'A model could not be used',
    data.optionalText('model') ?? data.optionalText('syntheticModel'),
    data.text('reason'),
    data.optionalText('errorMessage'),
  ),
);
export const tierSwitchFailed = line('Warning', (data) => dots('The model could not be switched', data.text('reason')));
export const customNotification = line('Info', (data) => dots(data.text('name'), data.optionalText('source')));

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

function effort(value: string | undefined): string | undefined {
  return value === undefined ? undefined : `reasoning ${value}`;
}

/** "create" -> "created". */
function past(operation: string): string {
  return operation === '' ? 'changed' : `${operation}${operation.endsWith('e') ? 'd' : 'ed'}`;
}
