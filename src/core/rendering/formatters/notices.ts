import * as l10n from '@vscode/l10n';
import { readString } from '../../common/json';
import { sanitizeLine } from '../../common/sanitize';
import { type EventFormatter, words } from '../renderState';
import type { EventReader } from '../eventReader';
import { dots, type Body, type Label } from '../entry';

/** Formatters of what the runtime and the service report: information, warnings and errors. */

export const info: EventFormatter = (data) => {
  const message = data.text('message');
  const type = data.optionalText('infoType');
  return notice('info', message, data, [type !== undefined && type !== 'remote' && !message.includes(type) && type]);
};

export const warning: EventFormatter = (data) =>
  notice('warning', data.text('message'), data, [data.optionalText('warningType')]);

export const error: EventFormatter = (data) => {
  const status = data.number('statusCode');
  const codes = [data.text('errorType'), data.optionalText('errorCode'), status !== undefined && httpStatus(status)];
  const entry = notice('error', data.text('message'), data, codes);
  const request = data.optionalText('serviceRequestId') ?? data.optionalText('providerCallId');
  return request === undefined
    ? entry
    : { ...entry, body: [...entry.body, { kind: 'detail', text: l10n.t('Request: {0}', request) }] };
};

function httpStatus(status: number): string {
  return l10n.t({ message: 'status {0}', args: [status], comment: ['{0}: an HTTP status'] });
}

export const modelCallFailure: EventFormatter = (data) => {
  const status = data.number('statusCode');
  const codes = [
    data.optionalText('errorCode'),
    status !== undefined && httpStatus(status),
    data.optionalText('model'),
  ];
  const message = data.optionalText('errorMessage') ?? data.optionalText('errorType') ?? '';
  const summary = message === '' ? l10n.t('A model call failed') : l10n.t('A model call failed: {0}', message);
  return notice('warning', summary, data, codes);
};

export const settingsEnforced: EventFormatter = (data) =>
  notice('warning', data.text('message'), data, [data.text('setting')]);

export const systemNotification: EventFormatter = (data) => {
  const content = data.text('content').replace(/^\s*<system_notification>|<\/system_notification>\s*$/g, '');
  return notice('info', content, data, [words(readString(data.get('kind'), 'type') ?? '')]);
};

export const serverStatus: EventFormatter = (data) => {
  const status = data.text('status');
  if (status !== 'failed' && status !== 'needs-auth') {
    return undefined;
  }
  const name = data.text('serverName');
  const summary =
    status === 'failed' ? l10n.t('MCP server {0}: failed', name) : l10n.t('MCP server {0}: sign-in needed', name);
  return notice('warning', summary, data, [data.optionalText('error')]);
};
export const serversLoaded: EventFormatter = (data) => {
  const failed = data.list('servers').filter((server) => readString(server, 'status') === 'failed');
  if (failed.length === 0) {
    return undefined;
  }
  const names = failed.slice(0, 20).map((server) => dots(readString(server, 'name'), readString(server, 'error')));
  return { label: 'warning', summary: l10n.t('MCP servers failed: {0}', names.join(', ')) };
};

/** `message` in the line if it is short, and below it otherwise; then links, tips and remedies. */
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
  return action === undefined
    ? undefined
    : l10n.t({ message: 'What helps: {0}', args: [words(action)], comment: ['{0}: a code of what to do: sign in'] });
}
