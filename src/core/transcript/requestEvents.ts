import { isRecord, readString } from '../json';
import { sanitizeLine } from '../sanitize';
import { compactJson } from './compactJson';
import { agentTag, type Context, dots, type Handler } from './context';
import type { Fields } from './fields';
import type { Body, Entry } from './page';

const ARGUMENTS_LENGTH = 4000;

/** What a permission is asked for: on one line, and in full. */
interface Request {
  readonly what: string;
  /** Instead of `what`, where the body says it in full. */
  readonly title?: string;
  readonly body: readonly Body[];
}

export const permissionRequested: Handler = (data, context) => {
  const request = data.fields('permissionRequest');
  const { what, title, body } = describePermission(request);
  const id = data.text('requestId');
  context.memory.requests.set(id, what);
  const details = detail([
    ['Why', request.optionalText('intention')],
    ['Reason', request.optionalText('requestSandboxBypassReason')],
  ]);
  const alerts: string[] = [];
  const warning = request.optionalText('warning');
  if (warning !== undefined) {
    alerts.push(warning);
  }
  if (request.flag('requestSandboxBypass') === true) {
    alerts.push('To be run outside the sandbox');
  }
  return asks(
    context,
    `Permission to ${title ?? what}`,
    [...body, ...details, ...alert(alerts)],
    [data.flag('resolvedByHook') === true && 'already decided by a hook'],
  );
};

function describePermission(request: Fields): Request {
  const kind = request.text('kind');
  switch (kind) {
    case 'shell': {
      const command = request.text('fullCommandText');
      const folder = detail([['Folder', request.optionalText('resolvedWorkingDirectory')]]);
      const body: readonly Body[] = [{ kind: 'command', text: command }, ...folder];
      return { what: `run ${clip(command)}`, title: 'run a shell command', body };
    }
    case 'write': {
      const diff = request.optionalText('diff') ?? '';
      const contents = request.optionalText('newFileContents') ?? '';
      const body: Body = diff === '' ? { kind: 'output', text: contents } : { kind: 'diff', text: diff };
      return { what: `write ${clip(request.text('fileName'))}`, body: [body] };
    }
    case 'read':
      return { what: `read ${clip(request.text('path'))}`, body: [] };
    case 'url': {
      const from = detail([['Redirected from', request.optionalText('redirectedFrom')]]);
      return { what: `fetch ${clip(request.text('url'))}`, body: from };
    }
    case 'mcp': {
      const tool = `use the tool ${clip(`${request.text('serverName')}/${request.text('toolName')}`)}`;
      const what = request.flag('readOnly') === true ? `${tool} (read-only)` : tool;
      return { what, body: argumentsBody(request.get('args')) };
    }
    case 'memory': {
      const what = request.optionalText('action') === 'vote' ? 'vote on a memory' : 'remember';
      const body: Body[] = [{ kind: 'output', text: request.text('fact') }];
      return { what, body: [...body, ...detail([['Because', request.optionalText('reason')]])] };
    }
    case 'custom-tool':
      return { what: `use the tool ${clip(request.text('toolName'))}`, body: argumentsBody(request.get('args')) };
    case 'hook': {
      const message = detail([['Hook', request.optionalText('hookMessage')]]);
      const body = argumentsBody(request.get('toolArgs'));
      return { what: `use the tool ${clip(request.text('toolName'))}`, body: [...body, ...message] };
    }
    case 'extension-management': {
      const extension = request.optionalText('extensionName') ?? 'an extension';
      return { what: `${clip(request.text('operation'))} ${clip(extension)}`, body: [] };
    }
    case 'extension-permission-access': {
      const what = `give the extension ${clip(request.text('extensionName'))} capabilities`;
      return { what, body: [{ kind: 'output', text: request.texts('capabilities').join('\n') }] };
    }
    case 'extension-env-access': {
      const what = `give the extension ${clip(request.text('extensionName'))} environment variables`;
      return { what, body: [{ kind: 'output', text: request.texts('environmentVariables').join('\n') }] };
    }
    default: {
      const what = kind === '' ? 'do something that it does not name' : `do something of the kind "${clip(kind)}"`;
      return { what, body: [{ kind: 'output', text: compactJson(request.all, ARGUMENTS_LENGTH) }] };
    }
  }
}

/** The words of the events, and those in which answers are sent (a service may pass them on). */
const DECISIONS: ReadonlyMap<string, string> = new Map([
  ['approved', 'Allowed'],
  ['approve-once', 'Allowed once'],
  ['approved-for-session', 'Allowed for this session'],
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

export const permissionCompleted: Handler = (data, context) => {
  const result = data.fields('result');
  const kind = result.text('kind');
  const decision = DECISIONS.get(kind) ?? (kind === '' ? 'Decided' : `Decided: ${kind}`);
  const assisted = data.optionalText('decisionSource') === 'assisted_approval';
  const why = ['feedback', 'reason', 'message', 'path'].map((key) => result.optionalText(key));
  return answer(data, context, dots(decision, assisted && 'by assisted approval'), dots(...why));
};

export const userInputRequested: Handler = (data, context) => {
  const question = data.text('question');
  context.memory.requests.set(data.text('requestId'), clip(question));
  const choices = data.texts('choices').map((choice, index) => `${index + 1}. ${sanitizeLine(choice, 500)}`);
  if (choices.length > 0 && data.flag('allowFreeform') === true) {
    choices.push('Or any other answer');
  }
  return asks(context, 'A question', [
    { kind: 'prose', text: question },
    { kind: 'output', text: choices.join('\n') },
  ]);
};

export const userInputCompleted: Handler = (data, context) => {
  const text = data.optionalText('answer');
  return answer(data, context, text === undefined ? 'None' : '', text ?? '');
};

export const elicitationRequested: Handler = (data, context) => {
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
  return asks(context, data.optionalText('mode') === 'url' ? 'To open a link' : 'To fill in a form', [
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

export const elicitationCompleted: Handler = (data, context) => {
  const action = data.optionalText('action');
  const content = data.get('content');
  const values = isRecord(content) ? compactJson(content, ARGUMENTS_LENGTH) : '';
  return answer(data, context, action === undefined ? 'Closed' : (ACTIONS.get(action) ?? action), values);
};

export const planRequested: Handler = (data, context) => {
  const summary = data.text('summary');
  context.memory.requests.set(data.text('requestId'), 'the plan');
  const recommended = data.optionalText('recommendedAction');
  const choices = data.texts('actions').map((action) => (action === recommended ? `${action} (recommended)` : action));
  const plan = data.optionalText('planContent') ?? '';
  return asks(context, 'Approval of the plan', [
    { kind: 'prose', text: summary },
    { kind: 'output', text: plan.trim() === summary.trim() ? '' : plan },
    ...detail([['Choices', choices.join(', ')]]),
  ]);
};

export const planCompleted: Handler = (data, context) => {
  const approved = data.flag('approved');
  const decision = approved === undefined ? 'Closed' : approved ? 'Approved' : 'Rejected';
  const edits = data.flag('autoApproveEdits') === true && 'edits are approved automatically';
  const how = dots(decision, data.optionalText('selectedAction'), edits);
  return answer(data, context, how, data.optionalText('feedback') ?? '');
};

export const autoModeSwitchRequested: Handler = (data, context) => {
  context.memory.requests.set(data.text('requestId'), 'automatic choice of the model');
  const retry = data.number('retryAfterSeconds');
  return asks(
    context,
    'To go on with an automatically chosen model',
    [],
    [data.optionalText('errorCode'), retry !== undefined && `else wait ${retry} s`],
  );
};

export const autoModeSwitchCompleted: Handler = (data, context) =>
  answer(data, context, data.text('response').replaceAll('_', ' '), '');

export const limitsRequested: Handler = (data, context) => {
  context.memory.requests.set(data.text('requestId'), 'the credit limit');
  const used = data.number('usedAiCredits');
  const max = data.number('maxAiCredits');
  return asks(
    context,
    'More credits: the session has reached its limit',
    [],
    [used !== undefined && max !== undefined && `${used} of ${max} used`],
  );
};

export const limitsCompleted: Handler = (data, context) => {
  const response = data.fields('response');
  const more = response.number('additionalAiCredits') ?? response.number('maxAiCredits');
  return answer(data, context, dots(response.text('action'), more !== undefined && `${more}`), '');
};

export const oauthRequired: Handler = (data, context) => {
  const server = clip(data.text('serverName'));
  context.memory.requests.set(data.text('requestId'), `sign-in to ${server}`);
  return asks(context, `To sign in to the MCP server ${server}`, detail([['Server', data.optionalText('serverUrl')]]));
};

export const oauthCompleted: Handler = (data, context) =>
  answer(data, context, data.text('outcome') === 'token' ? 'Signed in' : data.text('outcome'), '');

export const samplingRequested: Handler = (data, context) => {
  const server = clip(data.text('serverName'));
  context.memory.requests.set(data.text('requestId'), `a model call for ${server}`);
  return asks(context, `The MCP server ${server} asks for a model call`, []);
};

export const samplingCompleted: Handler = (data, context) => answer(data, context, 'Closed', '');

function asks(
  context: Context,
  summary: string,
  body: readonly Body[],
  more: readonly (string | false | undefined)[] = [],
): Entry {
  return { label: 'Asks', summary: agentTag(context) + dots(summary, ...more), body, group: 'message' };
}

/** What was answered, and to what: the question may be far above. */
function answer(data: Fields, context: Context, decision: string, text: string): Entry {
  const id = data.text('requestId');
  const question = context.memory.requests.get(id) ?? `request ${id}`;
  const isShort = text.length <= 80 && !text.includes('\n');
  return {
    label: 'Answer',
    summary: agentTag(context) + dots(decision, isShort && text, `to: ${sanitizeLine(question, 100)}`),
    body: isShort ? [] : [{ kind: 'prose', text }],
    group: 'message',
  };
}

function argumentsBody(args: unknown): readonly Body[] {
  return args === undefined || args === null ? [] : [{ kind: 'output', text: compactJson(args, ARGUMENTS_LENGTH) }];
}

/** One line for each value that there is, each on one line, whatever is in it. */
function detail(lines: readonly (readonly [string, string | undefined])[]): readonly Body[] {
  const text = lines
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}: ${sanitizeLine(value ?? '', 2000)}`)
    .join('\n');
  return text === '' ? [] : [{ kind: 'detail', text }];
}

function alert(lines: readonly string[]): readonly Body[] {
  return lines.map((text) => ({ kind: 'alert', text }));
}

function clip(text: string): string {
  return sanitizeLine(text, 160);
}
