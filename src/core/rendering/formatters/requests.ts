import * as l10n from '@vscode/l10n';
import { isRecord, readString } from '../../common/json';
import { sanitizeLine } from '../../common/sanitize';
import { previewJson } from '../previewJson';
import { agentTag, dots, type EventFormatter } from '../renderState';
import type { EventReader } from '../eventReader';
import { answer, asks } from './requestAnswers';
import { clip, describePermission, detail } from './permissionRequest';
import type { Body } from '../entry';

const CONTENT_LENGTH = 4000;

export const permissionRequested: EventFormatter = (data, context) => {
  const request = data.fields('permissionRequest');
  const { heading, action, body, alerts } = describePermission(request);
  context.memory.requests.set(data.text('requestId'), action);
  const why = detail([
    [
      l10n.t({ message: 'Why', comment: ['A label: the reason in the words of an agent'] }),
      request.optionalText('intention'),
    ],
  ]);
  const lines = [...body, ...why, ...alerts.map((text): Body => ({ kind: 'alert', text }))];
  if (data.flag('resolvedByHook') === true) {
    // Nobody is asked.
    return {
      label: 'Info',
      summary: agentTag(context) + dots(heading, l10n.t('decided by a hook')),
      body: lines,
    };
  }
  return asks(data, context, heading, lines, { callId: request.optionalText('toolCallId') });
};

/** The words of the events, and those in which answers are sent (a service may pass them on). */
const DECISIONS: ReadonlyMap<string, string> = new Map([
  ['approved', 'Allowed'],
  ['approve-once', 'Allowed once'],
  ['approved-for-session', 'Allowed for this session'],
  ['approved-read-only-for-session', 'Allowed to read for this session'],
  ['approve-for-session', 'Allowed for this session'],
  ['approved-for-location', 'Allowed in this place'],
  ['approve-for-location', 'Allowed in this place'],
  ['approve-permanently', 'Allowed always'],
  ['cancelled', 'Withdrawn'],
  ['reject', 'Denied'],
  ['denied-interactively-by-user', 'Denied'],
  ['denied-by-rules', 'Denied by a rule'],
  ['denied-no-approval-rule-and-could-not-request-from-user', 'Denied: no rule allows it and nobody could be asked'],
  ['denied-by-content-exclusion-policy', 'Denied by the content exclusion policy'],
  ['denied-by-permission-request-hook', 'Denied by a hook'],
  ['user-not-available', 'Denied: nobody could be asked'],
]);

export const permissionCompleted: EventFormatter = (data, context) => {
  const result = data.fields('result');
  const kind = result.text('kind');
  const decision = DECISIONS.get(kind) ?? (kind === '' ? 'Decided' : `Decided: ${kind}`);
  const assisted = data.optionalText('decisionSource') === 'assisted_approval';
  const why = ['feedback', 'reason', 'message', 'path'].map((key) => result.optionalText(key));
  return answer(data, context, dots(decision, assisted && 'by assisted approval'), dots(...why));
};

export const userInputRequested: EventFormatter = (data, context) => {
  const question = data.text('question');
  context.memory.requests.set(data.text('requestId'), clip(question));
  const choices = data.texts('choices').map((choice, index) => `${index + 1}. ${sanitizeLine(choice, 500)}`);
  if (choices.length > 0 && data.flag('allowFreeform') === true) {
    choices.push('Or any other answer');
  }
  return asks(data, context, 'A question', [
    { kind: 'prose', text: question },
    { kind: 'output', text: choices.join('\n') },
  ]);
};

export const userInputCompleted: EventFormatter = (data, context) => {
  const text = data.optionalText('answer');
  return answer(data, context, text === undefined ? 'None' : '', text ?? '', { isFull: text !== undefined });
};

export const elicitationRequested: EventFormatter = (data, context) => {
  const message = data.text('message');
  context.memory.requests.set(data.text('requestId'), clip(message));
  const schema = data.optionalFields('requestedSchema');
  const properties = schema?.optionalFields('properties');
  const required = schema?.texts('required') ?? [];
  const fields = (properties?.keys(100) ?? []).map((name) => {
    const property = properties?.get(name);
    const form = dots(readString(property, 'type'), required.includes(name) && 'required');
    const title = readString(property, 'description') ?? readString(property, 'title') ?? '';
    return sanitizeLine(`${name}${form === '' ? '' : ` (${form})`}  ${title}`, 500);
  });
  const source = data.optionalText('elicitationSource');
  return asks(data, context, data.optionalText('mode') === 'url' ? 'To open a link' : 'To fill in a form', [
    { kind: 'prose', text: message },
    { kind: 'output', text: fields.join('\n') },
    ...detail([
      ['Link', data.optionalText('url')],
      ['Source', source],
    ]),
  ]);
};

const ACTIONS: ReadonlyMap<string, string> = new Map([
  ['accept', 'Accepted'],
  ['decline', 'Declined'],
  ['cancel', 'Cancelled'],
]);

export const elicitationCompleted: EventFormatter = (data, context) => {
  const action = data.optionalText('action');
  const decision = action === undefined ? 'Closed' : (ACTIONS.get(action) ?? action);
  return answer(data, context, decision, contentOf(data), { isFull: action !== undefined });
};

/** What was filled in. */
function contentOf(data: EventReader): string {
  const content = data.get('content');
  return isRecord(content) ? previewJson(content, CONTENT_LENGTH) : '';
}

export const planRequested: EventFormatter = (data, context) => {
  const summary = data.text('summary');
  context.memory.requests.set(data.text('requestId'), 'the plan');
  const recommended = data.optionalText('recommendedAction');
  const choices = data.texts('actions').map((action) => (action === recommended ? `${action} (recommended)` : action));
  const plan = data.optionalText('planContent') ?? '';
  return asks(data, context, 'Approval of the plan', [
    { kind: 'prose', text: summary },
    { kind: 'output', text: plan.trim() === summary.trim() ? '' : plan },
    ...detail([['Choices', choices.join(', ')]]),
  ]);
};

export const planCompleted: EventFormatter = (data, context) => {
  const isFull = data.flag('approved') !== undefined;
  return answer(data, context, planDecision(data), data.optionalText('feedback') ?? '', { isFull });
};

function planDecision(data: EventReader): string {
  const approved = data.flag('approved');
  const decision = approved === undefined ? 'Closed' : approved ? 'Approved' : 'Rejected';
  const edits = data.flag('autoApproveEdits') === true && 'edits are approved automatically';
  return dots(decision, data.optionalText('selectedAction'), edits);
}

/** An answer to a question or a plan, as the runtime's history keeps it: of `*.completed` it has nothing. */
export const humanResponse: EventFormatter = (data, context) => {
  const response = data.fields('response');
  const automatic = data.optionalText('actor') === 'host_automation' && 'by automation';
  const [decision, text, question] = readResponse(response);
  return answer(data, context, dots(decision, automatic), text, { source: 'recorded', question });
};

function readResponse(response: EventReader): readonly [decision: string, text: string, question: string | undefined] {
  switch (response.text('responseKind')) {
    case 'exit_plan_mode':
      return [planDecision(response), response.optionalText('feedback') ?? '', 'the plan'];
    case 'user_input':
      return ['', response.text('answer'), response.optionalText('question')];
    default:
      return ['Accepted', contentOf(response), response.optionalText('message')];
  }
}

export const autoModeSwitchRequested: EventFormatter = (data, context) => {
  context.memory.requests.set(data.text('requestId'), 'automatic choice of the model');
  const retry = data.number('retryAfterSeconds');
  return asks(data, context, 'To go on with an automatically chosen model', [], {
    more: [data.optionalText('errorCode'), retry !== undefined && `else wait ${retry} s`],
  });
};

export const autoModeSwitchCompleted: EventFormatter = (data, context) =>
  answer(data, context, data.text('response').replaceAll('_', ' '), '');

export const limitsRequested: EventFormatter = (data, context) => {
  context.memory.requests.set(data.text('requestId'), 'the credit limit');
  const used = data.number('usedAiCredits');
  const max = data.number('maxAiCredits');
  return asks(data, context, 'More credits: the session has reached its limit', [], {
    more: [used !== undefined && max !== undefined && `${used} of ${max} used`],
  });
};

export const limitsCompleted: EventFormatter = (data, context) => {
  const response = data.fields('response');
  const more = response.number('additionalAiCredits') ?? response.number('maxAiCredits');
  return answer(data, context, dots(response.text('action'), more !== undefined && `${more}`), '');
};

export const oauthRequired: EventFormatter = (data, context) => {
  const server = clip(data.text('serverName'));
  context.memory.requests.set(data.text('requestId'), `sign-in to ${server}`);
  return asks(
    data,
    context,
    `To sign in to the MCP server ${server}`,
    detail([['Server', data.optionalText('serverUrl')]]),
  );
};

/** `cancelled` stands for a renewal that failed as well (1.0.102). */
const OAUTH_OUTCOMES: ReadonlyMap<string, string> = new Map([
  ['token', 'Signed in'],
  ['cancelled', 'Not signed in'],
]);

export const oauthCompleted: EventFormatter = (data, context) =>
  answer(data, context, OAUTH_OUTCOMES.get(data.text('outcome')) ?? data.text('outcome'), '');

export const samplingRequested: EventFormatter = (data, context) => {
  const server = clip(data.text('serverName'));
  context.memory.requests.set(data.text('requestId'), `a model call for ${server}`);
  return asks(data, context, `The MCP server ${server} asks for a model call`, []);
};

export const samplingCompleted: EventFormatter = (data, context) =>
  answer(data, context, 'Closed', '', { isFull: false });
