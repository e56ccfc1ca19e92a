import { isRecord, readString } from '../../common/json';
import { agentTag, type RenderContext, dots, formatDuration, type EventFormatter, type ToolCall } from '../renderState';
import type { EventReader } from '../eventReader';
import { isReading, summarizeTool } from './toolSummary';
import type { Body, Clip, Entry } from '../entry';

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
  return { label: 'Tool', summary: nameAndArguments(call, context), about: id };
};

export const toolUserRequested: EventFormatter = (data, context) => {
  const call = readCall(data, context);
  return { label: 'Tool', summary: dots(nameAndArguments(call, context), 'asked for by the user') };
};

export const externalToolRequested: EventFormatter = (data, context) => {
  const call = readCall(data, context);
  return { label: 'Tool', summary: dots(nameAndArguments(call, context), 'to be run by a client') };
};

export const toolProgress: EventFormatter = (data, context) => {
  const id = data.text('toolCallId');
  const call = context.memory.tools.get(id);
  const isNext = context.about() === id;
  return {
    label: 'Progress',
    summary: `${agentTag(context)}${isNext || call === undefined ? '' : `${call.name}  `}${data.text('progressMessage')}`,
    about: id,
  };
};

/** An intent that is new: the same one twice in a row is one line. */
export function intentEntry(intent: string, context: RenderContext): Entry | undefined {
  if (context.memory.intents.get(context.agentId) === intent) {
    return undefined;
  }
  context.memory.intents.set(context.agentId, intent);
  return { label: 'Intent', summary: agentTag(context) + intent };
}

/** A part of the output may have been shown already, as it came. */
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
    data.problems.push('no success');
  }
  const name = call === undefined ? toolName(data, id) : isNext ? call.name : nameAndArguments(call, context, 80);
  return {
    label: success === false ? 'Failed' : 'Done',
    summary:
      (call === undefined || isNext ? agentTag(context) : '') +
      dots(name, exitCode !== undefined && exitCode !== 0 && `exit ${exitCode}`, duration),
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

function nameAndArguments(call: ToolCall, context: RenderContext, maxLength = Infinity): string {
  const summary = call.summary.length > maxLength ? `${call.summary.slice(0, maxLength)}…` : call.summary;
  return `${agentTag(context)}${call.name === '' ? 'tool' : call.name}${summary === '' ? '' : `  ${summary}`}`;
}

/** The start was not seen: the id says at least which call it was. */
function toolName(data: EventReader, id: string): string {
  return dots(readString(data.get('toolDescription'), 'name') ?? 'tool', id);
}

function clipFor(call: ToolCall | undefined, success: boolean | undefined): Clip {
  if (success === false) {
    return FAILURE;
  }
  return call !== undefined && isReading(call.name) ? READ : RESULT;
}

/** Contents that are no text, so that nobody takes the text for all there was: "+ image (image/png)". */
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
