import * as l10n from '@vscode/l10n';
import { isRecord, readString } from '../../common/json';
import { sanitizeLine } from '../../common/sanitize';
import { previewJson } from '../previewJson';
import { agentOf, type EventFormatter, words } from '../renderState';
import type { EventReader } from '../eventReader';
import { answer, asks } from './requestAnswers';
import { clip, describePermission, detail } from './permissionRequest';
import { dots, type Body } from '../entry';

const CONTENT_LENGTH = 4000;
const WHY = l10n.t({ message: 'Why', comment: ['A label: the reason in the words of an agent'] });
const REQUIRED = l10n.t({ message: 'required', comment: ['Of a field of a form'] });
const LINK = l10n.t({ message: 'Link', comment: ['A label: a link follows'] });
const SOURCE = l10n.t({ message: 'Source', comment: ['A label: who asks to fill in a form follows'] });
const CHOICES = l10n.t({ message: 'Choices', comment: ['A label: the possible answers follow'] });
const SERVER = l10n.t({ message: 'Server', comment: ['A label: the address of a server follows'] });

export const permissionRequested: EventFormatter = (data, context) => {
  const request = data.fields('permissionRequest');
  const { heading, action, body, alerts } = describePermission(request);
  context.memory.requests.set(data.text('requestId'), action);
  const why = detail([[WHY, request.optionalText('intention')]]);
  const lines = [...body, ...why, ...alerts.map((text): Body => ({ kind: 'alert', text }))];
  if (data.flag('resolvedByHook') === true) {
    // Nobody is asked.
    const summary = dots(heading, l10n.t('decided by a hook'));
    return { label: 'info', agent: agentOf(context), summary, body: lines };
  }
  return asks(data, context, heading, lines, { callId: request.optionalText('toolCallId') });
};

/** The codes in events, and those in which answers are sent (a service may pass them on). */
const DECISIONS: ReadonlyMap<string, string> = new Map([
  ['approved', l10n.t({ message: 'Allowed', comment: ['Of a permission'] })],
  ['approve-once', l10n.t('Allowed once')],
  ['approved-for-session', l10n.t('Allowed for this session')],
  ['approved-read-only-for-session', l10n.t('Allowed to read for this session')],
  ['approve-for-session', l10n.t('Allowed for this session')],
  ['approved-for-location', l10n.t('Allowed in this place')],
  ['approve-for-location', l10n.t('Allowed in this place')],
  ['approve-permanently', l10n.t('Allowed always')],
  ['cancelled', l10n.t({ message: 'Withdrawn', comment: ['Of a request for a permission'] })],
  ['reject', l10n.t({ message: 'Denied', comment: ['Of a permission'] })],
  ['denied-interactively-by-user', l10n.t({ message: 'Denied', comment: ['Of a permission'] })],
  ['denied-by-rules', l10n.t('Denied by a rule')],
  [
    'denied-no-approval-rule-and-could-not-request-from-user',
    l10n.t('Denied: no rule allows it and nobody could be asked'),
  ],
  ['denied-by-content-exclusion-policy', l10n.t('Denied by the content exclusion policy')],
  ['denied-by-permission-request-hook', l10n.t('Denied by a hook')],
  ['user-not-available', l10n.t('Denied: nobody could be asked')],
]);

export const permissionCompleted: EventFormatter = (data, context) => {
  const result = data.fields('result');
  const kind = result.text('kind');
  const unknown = (): string =>
    kind === ''
      ? l10n.t({ message: 'Decided', comment: ['Of a permission: how is not known'] })
      : l10n.t({ message: 'Decided: {0}', args: [kind], comment: ['Of a permission. {0}: a code'] });
  const decision = DECISIONS.get(kind) ?? unknown();
  const assisted =
    data.optionalText('decisionSource') === 'assisted_approval' &&
    l10n.t({ message: 'by assisted approval', comment: ['Of how a permission was decided'] });
  const why = ['feedback', 'reason', 'message', 'path'].map((key) => result.optionalText(key));
  return answer(data, context, dots(decision, assisted), dots(...why));
};

export const userInputRequested: EventFormatter = (data, context) => {
  const question = data.text('question');
  context.memory.requests.set(data.text('requestId'), clip(question));
  const choices = data.texts('choices').map((choice, index) => `${index + 1}. ${sanitizeLine(choice, 500)}`);
  if (choices.length > 0 && data.flag('allowFreeform') === true) {
    choices.push(l10n.t('Or any other answer'));
  }
  return asks(data, context, l10n.t('A question'), [
    { kind: 'prose', text: question },
    { kind: 'output', text: choices.join('\n') },
  ]);
};

export const userInputCompleted: EventFormatter = (data, context) => {
  const text = data.optionalText('answer');
  const decision = text === undefined ? l10n.t({ message: 'None', comment: ['No answer to a question'] }) : '';
  return answer(data, context, decision, text ?? '', { isFull: text !== undefined });
};

export const elicitationRequested: EventFormatter = (data, context) => {
  const message = data.text('message');
  context.memory.requests.set(data.text('requestId'), clip(message));
  const schema = data.optionalFields('requestedSchema');
  const properties = schema?.optionalFields('properties');
  const required = schema?.texts('required') ?? [];
  const fields = (properties?.keys(100) ?? []).map((name) => {
    const property = properties?.get(name);
    const form = dots(readString(property, 'type'), required.includes(name) && REQUIRED);
    const title = readString(property, 'description') ?? readString(property, 'title') ?? '';
    return sanitizeLine(`${name}${form === '' ? '' : ` (${form})`}  ${title}`, 500);
  });
  const source = data.optionalText('elicitationSource');
  const summary = data.optionalText('mode') === 'url' ? l10n.t('To open a link') : l10n.t('To fill in a form');
  return asks(data, context, summary, [
    { kind: 'prose', text: message },
    { kind: 'output', text: fields.join('\n') },
    ...detail([
      [LINK, data.optionalText('url')],
      [SOURCE, source],
    ]),
  ]);
};

const CLOSED = l10n.t({ message: 'Closed', comment: ['Of a question: the answer is not known'] });
const ACTIONS: ReadonlyMap<string, string> = new Map([
  ['accept', l10n.t({ message: 'Accepted', comment: ['A form was filled in'] })],
  ['decline', l10n.t({ message: 'Declined', comment: ['A form was not filled in'] })],
  ['cancel', l10n.t({ message: 'Cancelled', comment: ['A form was not filled in'] })],
]);

export const elicitationCompleted: EventFormatter = (data, context) => {
  const action = data.optionalText('action');
  const decision = action === undefined ? CLOSED : (ACTIONS.get(action) ?? action);
  return answer(data, context, decision, contentOf(data), { isFull: action !== undefined });
};

/** The content of a form that was filled in. */
function contentOf(data: EventReader): string {
  const content = data.get('content');
  return isRecord(content) ? previewJson(content, CONTENT_LENGTH) : '';
}

export const planRequested: EventFormatter = (data, context) => {
  const summary = data.text('summary');
  context.memory.requests.set(data.text('requestId'), thePlan());
  const recommended = data.optionalText('recommendedAction');
  const choices = data
    .texts('actions')
    .map((action) => (action === recommended ? l10n.t('{0} (recommended)', action) : action));
  const plan = data.optionalText('planContent') ?? '';
  return asks(data, context, l10n.t('Approval of the plan'), [
    { kind: 'prose', text: summary },
    { kind: 'output', text: plan.trim() === summary.trim() ? '' : plan },
    ...detail([[CHOICES, choices.join(', ')]]),
  ]);
};

export const planCompleted: EventFormatter = (data, context) => {
  const isFull = data.flag('approved') !== undefined;
  return answer(data, context, planDecision(data), data.optionalText('feedback') ?? '', { isFull });
};

function planDecision(data: EventReader): string {
  const approved = data.flag('approved');
  const edits = data.flag('autoApproveEdits') === true && l10n.t('edits are approved automatically');
  return dots(approvalOf(approved), data.optionalText('selectedAction'), edits);
}

function approvalOf(approved: boolean | undefined): string {
  if (approved === undefined) {
    return CLOSED;
  }
  return approved
    ? l10n.t({ message: 'Approved', comment: ['Of a plan'] })
    : l10n.t({ message: 'Rejected', comment: ['Of a plan'] });
}

function thePlan(): string {
  return l10n.t({ message: 'the plan', comment: ['What was answered: Answer · to: the plan'] });
}

/** An answer to a question or a plan in the runtime's history, which has no `*.completed` events. */
export const humanResponse: EventFormatter = (data, context) => {
  const response = data.fields('response');
  const automatic =
    data.optionalText('actor') === 'host_automation' &&
    l10n.t({ message: 'by automation', comment: ['Of who has answered a question'] });
  const [decision, text, question] = readResponse(response);
  return answer(data, context, dots(decision, automatic), text, { source: 'recorded', question });
};

function readResponse(response: EventReader): readonly [decision: string, text: string, question: string | undefined] {
  switch (response.text('responseKind')) {
    case 'exit_plan_mode':
      return [planDecision(response), response.optionalText('feedback') ?? '', thePlan()];
    case 'user_input':
      return ['', response.text('answer'), response.optionalText('question')];
    default:
      return [ACTIONS.get('accept') ?? '', contentOf(response), response.optionalText('message')];
  }
}

export const autoModeSwitchRequested: EventFormatter = (data, context) => {
  context.memory.requests.set(
    data.text('requestId'),
    l10n.t({
      message: 'automatic choice of the model',
      comment: ['What was answered: Answer · yes · to: automatic choice of the model'],
    }),
  );
  const retry = data.number('retryAfterSeconds');
  const wait = retry !== undefined && l10n.t({ message: 'else wait {0} s', args: [retry], comment: ['{0}: seconds'] });
  return asks(data, context, l10n.t('To go on with an automatically chosen model'), [], {
    more: [data.optionalText('errorCode'), wait],
  });
};

export const autoModeSwitchCompleted: EventFormatter = (data, context) =>
  answer(data, context, words(data.text('response')), '');

export const limitsRequested: EventFormatter = (data, context) => {
  context.memory.requests.set(data.text('requestId'), theCreditLimit());
  const used = data.number('usedAiCredits');
  const max = data.number('maxAiCredits');
  return asks(data, context, l10n.t('More credits: the session has reached its limit'), [], {
    more: [
      used !== undefined &&
        max !== undefined &&
        l10n.t({ message: '{0} of {1} used', args: [used, max], comment: ['Of credits'] }),
    ],
  });
};

function theCreditLimit(): string {
  return l10n.t({ message: 'the credit limit', comment: ['What was answered: Answer · add · to: the credit limit'] });
}

export const limitsCompleted: EventFormatter = (data, context) => {
  const response = data.fields('response');
  const more = response.number('additionalAiCredits') ?? response.number('maxAiCredits');
  return answer(data, context, dots(response.text('action'), more !== undefined && `${more}`), '');
};

export const oauthRequired: EventFormatter = (data, context) => {
  const server = clip(data.text('serverName'));
  const signIn = l10n.t({
    message: 'sign-in to {0}',
    args: [server],
    comment: ['What was answered: Answer · Signed in · to: sign-in to SERVER'],
  });
  context.memory.requests.set(data.text('requestId'), signIn);
  return asks(
    data,
    context,
    l10n.t('To sign in to the MCP server {0}', server),
    detail([[SERVER, data.optionalText('serverUrl')]]),
  );
};

/** `cancelled` is also the outcome of a renewal that failed (1.0.102). */
const OAUTH_OUTCOMES: ReadonlyMap<string, string> = new Map([
  ['token', l10n.t('Signed in')],
  ['cancelled', l10n.t('Not signed in')],
]);

export const oauthCompleted: EventFormatter = (data, context) =>
  answer(data, context, OAUTH_OUTCOMES.get(data.text('outcome')) ?? data.text('outcome'), '');

export const samplingRequested: EventFormatter = (data, context) => {
  const server = clip(data.text('serverName'));
  const call = l10n.t({
    message: 'a model call for {0}',
    args: [server],
    comment: ['What was answered: Answer · Closed · to: a model call for SERVER'],
  });
  context.memory.requests.set(data.text('requestId'), call);
  return asks(data, context, l10n.t('The MCP server {0} asks for a model call', server), []);
};

export const samplingCompleted: EventFormatter = (data, context) =>
  answer(data, context, CLOSED, '', { isFull: false });
