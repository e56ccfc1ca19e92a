import * as l10n from '@vscode/l10n';
import { isRecord, readString } from '../../common/json';
import { agentOf, type RenderContext, formatDuration, type EventFormatter, type ToolCall } from '../renderState';
import { missingMember, type EventReader } from '../eventReader';
import { isReading, summarizeTool } from './toolSummary';
import { dots, type Body, type Clip, type Entry, type ToolText } from '../entry';

const READ: Clip = { head: 4, tail: 2 };
const RESULT: Clip = { head: 8, tail: 12 };
const FAILURE: Clip = { head: 12, tail: 24 };
const DIFF: Clip = { head: 60, tail: 20 };

export const toolStart: EventFormatter = (data, context) => {
  const call = readCall(data, context);
  const id = data.text('toolCallId');
  context.memory.tools.set(id, call);
  if (call.name === 'report_intent' && call.summary !== '') {
    return intentEntry(call.summary, context);
  }
  return { label: 'tool', agent: agentOf(context), tool: toolText(call), about: id };
};

export const toolUserRequested: EventFormatter = (data, context) => {
  const call = readCall(data, context);
  const summary = l10n.t({ message: 'asked for by the user', comment: ['Of a tool call'] });
  return { label: 'tool', agent: agentOf(context), tool: toolText(call), summary };
};

export const externalToolRequested: EventFormatter = (data, context) => {
  const call = readCall(data, context);
  const summary = l10n.t({ message: 'to be run by a client', comment: ['Of a tool call'] });
  return { label: 'tool', agent: agentOf(context), tool: toolText(call), summary };
};

export const toolProgress: EventFormatter = (data, context) => {
  const id = data.text('toolCallId');
  const call = context.memory.tools.get(id);
  const isNext = context.about() === id;
  const message = data.text('progressMessage');
  return {
    label: 'progress',
    agent: agentOf(context),
    summary: isNext || call === undefined ? message : `${call.name}  ${message}`,
    about: id,
  };
};

/** `undefined` for the same intent twice in a row. */
export function intentEntry(intent: string, context: RenderContext): Entry | undefined {
  if (context.memory.intents.get(context.agentId) === intent) {
    return undefined;
  }
  context.memory.intents.set(context.agentId, intent);
  return { label: 'intent', agent: agentOf(context), summary: intent };
}

/** A part of the output may have been shown while the tool ran. */
export const toolComplete: EventFormatter = (data, context) => {
  const id = data.text('toolCallId');
  const call = context.memory.tools.get(id);
  const success = data.flag('success');
  const result = data.optionalFields('result');
  const content = result?.optionalText('content') ?? '';
  const detailed = result?.optionalText('detailedContent') ?? '';
  const error = data.optionalFields('error');
  const clip = clipFor(call, success);
  const rest = context.streams.endOutput(id, [content, detailed], clip);
  if (call?.name === 'report_intent' && success === true) {
    return undefined;
  }
  const isNext = context.about() === id;
  const text = rest ?? (detailed === '' ? content : detailed);
  const exitCode = data.optionalFields('shellExecution')?.number('exitCode');
  const duration = formatDuration(
    context.at === undefined || call?.startedAt === undefined
      ? undefined
      : context.at.getTime() - call.startedAt.getTime(),
  );
  const body: Body[] = [];
  const message = error?.optionalText('message');
  if (message !== undefined) {
    body.push({ kind: 'alert', text: dots(message, error?.optionalText('code')), clip: FAILURE });
  }
  if (text.trim() !== '' && text.trim() !== message?.trim()) {
    body.push(isDiff(text) ? { kind: 'diff', text, clip: DIFF } : { kind: 'output', text, clip });
  }
  const other = otherContents(result);
  if (other !== '') {
    body.push({ kind: 'detail', text: other });
  }
  if (success === undefined && data.get('success') === undefined) {
    data.problems.push(missingMember('success'));
  }
  const exit =
    exitCode === undefined || exitCode === 0
      ? undefined
      : l10n.t({ message: 'exit {0}', args: [exitCode], comment: ['{0}: the exit code of a command'] });
  return {
    label: success === false ? 'failed' : 'done',
    agent: agentOf(context),
    // Without its start, the id shows at least which call it was.
    ...(call === undefined
      ? { tool: unknownTool(data), summary: id }
      : { tool: isNext ? { name: call.name, arguments: '' } : toolText(call, 80) }),
    outcome: [exit, duration],
    body,
  };
};

function readCall(data: EventReader, context: RenderContext): ToolCall {
  const server = data.optionalText('mcpServerName');
  const tool = data.optionalText('mcpToolName') ?? data.text('toolName');
  const args = data.get('arguments');
  const command = data.optionalFields('shellToolInfo')?.optionalText('displayCommand');
  return {
    name: server === undefined ? tool : `${server}/${tool}`,
    summary: command === undefined ? summarizeTool(tool, args) : summarizeTool('bash', { command }),
    startedAt: context.at,
  };
}

/** @param maxLength of the arguments, in UTF-16 units */
function toolText({ name, summary }: ToolCall, maxLength = Infinity): ToolText {
  return {
    name: name === '' ? unnamedTool() : name,
    arguments: summary.length > maxLength ? `${summary.slice(0, maxLength)}…` : summary,
  };
}

function unknownTool(data: EventReader): ToolText {
  return { name: readString(data.get('toolDescription'), 'name') ?? unnamedTool(), arguments: '' };
}

function unnamedTool(): string {
  return l10n.t({ message: 'tool', comment: ['Stands where the name of a tool is not known'] });
}

function clipFor(call: ToolCall | undefined, success: boolean | undefined): Clip {
  if (success === false) {
    return FAILURE;
  }
  return call !== undefined && isReading(call.name) ? READ : RESULT;
}

/** Contents that are no text: "+ image (image/png)". */
function otherContents(result: EventReader | undefined): string {
  const parts: string[] = [];
  for (const part of result?.list('contents').slice(0, 20) ?? []) {
    const type = readString(part, 'type');
    if (isRecord(part) && type !== undefined && !['text', 'terminal', 'shell_exit'].includes(type)) {
      const what = readString(part, 'mimeType') ?? readString(part, 'uri');
      parts.push(what === undefined ? `+ ${type}` : `+ ${type} (${what})`);
    }
  }
  return parts.join('\n');
}

function isDiff(text: string): boolean {
  const head = text.slice(0, 2000);
  return /^(diff --git |--- .*\n\+\+\+ |@@ -\d)/m.test(head) && /^[+-]/m.test(text.slice(0, 20_000));
}
