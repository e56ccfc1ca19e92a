import { readString } from '../../common/json';
import { agentTag, type RenderContext, dots, formatDuration, type EventFormatter } from '../renderState';
import type { EventReader } from '../eventReader';
import { intentEntry } from './tools';
import type { StreamKey } from '../textStreams';
import type { Body } from '../entry';

export const userMessage: EventFormatter = (data, context) => {
  const content = data.text('content');
  const id = data.optionalText('messageId');
  // The runtime and the service may both report one message (1.0.102 emits its own at once).
  if (id !== undefined && context.streams.known.isKnown(`user ${id}`, content)) {
    return undefined;
  }
  if (id !== undefined) {
    context.streams.known.remember(`user ${id}`, content);
  }
  const delivery = data.optionalText('delivery');
  const mode = data.optionalText('agentMode');
  const source = data.optionalText('source');
  const isAutopilot = data.flag('isAutopilotContinuation') === true;
  const isOwn = context.agentId === '' && !isAutopilot && !isInjected(source);
  const details = [
    delivery !== undefined && delivery !== 'idle' && `(${delivery})`,
    mode !== undefined && mode !== 'interactive' && `(${mode})`,
    isAutopilot && '(continued by autopilot)',
    !isOwn && source !== undefined && `from ${source}`,
  ];
  return {
    label: isOwn ? 'You' : 'Prompt',
    summary: agentTag(context) + details.filter((part) => part !== false).join(' '),
    body: [{ kind: 'prose', text: content }, ...attachments(data)],
    group: 'message',
  };
};

/** Skills and other agents put messages into the conversation, too: those are not the user's words. */
function isInjected(source: string | undefined): boolean {
  return source !== undefined && /^(skill|agent|system|schedule|hook|autopilot)\b/.test(source);
}

function attachments(data: EventReader): readonly Body[] {
  const names = data
    .list('attachments')
    .slice(0, 50)
    .map((attachment) => {
      const keys = ['displayName', 'path', 'title', 'url', 'name', 'mimeType', 'type'];
      return keys.map((key) => readString(attachment, key)).find((value) => value !== undefined) ?? 'something';
    });
  return names.length === 0 ? [] : [{ kind: 'output', text: names.map((name) => `attached: ${name}`).join('\n') }];
}

export const messageDelta: EventFormatter = (data, context) => {
  const piece = data.text('deltaContent');
  context.streams.push(messageKey(data.optionalText('messageId'), context), piece, context.at);
  return undefined;
};

export const message: EventFormatter = (data, context) => {
  const thought = data.optionalText('reasoningText') ?? '';
  if (thought.trim() !== '') {
    tellThought(thought, context);
  }
  context.streams.complete(messageKey(data.text('messageId'), context), data.text('content'), context.at);
  return undefined;
};

/** A message's reasoning may have come before it, streamed or in an event of its own. It may also come behind it. */
function tellThought(thought: string, context: RenderContext): void {
  const { streams, agentId } = context;
  const open = streams.find('reasoning', agentId, thought);
  if (open !== undefined) {
    streams.complete(open, thought, context.at);
  } else if (streams.known.isKnown(`reasoning of ${agentId}`, thought)) {
    streams.known.forget(`reasoning of ${agentId}`);
  } else {
    streams.complete(reasoningKey('', context), thought, context.at);
    streams.known.remember(`message of ${agentId}`, thought);
  }
}

export const reasoningDelta: EventFormatter = (data, context) => {
  const piece = data.text('deltaContent');
  context.streams.push(reasoningKey(data.optionalText('reasoningId'), context), piece, context.at);
  return undefined;
};

export const reasoning: EventFormatter = (data, context) => {
  const { streams, agentId } = context;
  const content = data.text('content');
  const id = data.text('reasoningId');
  if (streams.known.isKnown(`message of ${agentId}`, content)) {
    streams.known.forget(`message of ${agentId}`);
    return undefined;
  }
  streams.complete(reasoningKey(id, context), content, context.at);
  streams.known.remember(`reasoning of ${agentId}`, content);
  return undefined;
};

export const intent: EventFormatter = (data, context) => intentEntry(data.text('intent'), context);

function messageKey(id: string | undefined, context: RenderContext): StreamKey {
  return textKey('message', 'Agent', id, context);
}

function reasoningKey(id: string | undefined, context: RenderContext): StreamKey {
  return textKey('reasoning', 'Thinking', id, context);
}

function textKey(
  kind: StreamKey['kind'],
  label: StreamKey['label'],
  id: string | undefined,
  context: RenderContext,
): StreamKey {
  return { kind, id: id ?? '', label, agentId: context.agentId, summary: agentTag(context).trimEnd() };
}

export const subagentStarted: EventFormatter = (data, context) => {
  const name = data.optionalText('agentDisplayName') ?? data.text('agentName');
  context.memory.agents.set(data.text('toolCallId'), name);
  if (context.agentId !== '') {
    context.memory.agents.set(context.agentId, name);
  }
  const description = data.optionalText('agentDescription');
  return { label: 'Subagent', summary: dots(`${name} started`, data.optionalText('model'), description) };
};

export const subagentCompleted: EventFormatter = (data) => {
  const how = data.flag('cancelled') === true ? 'was cancelled' : 'has finished';
  return { label: 'Subagent', summary: dots(`${agentName(data)} ${how}`, ...agentCosts(data)) };
};

export const subagentFailed: EventFormatter = (data) => ({
  label: 'Failed',
  summary: dots(`sub-agent ${agentName(data)}`, ...agentCosts(data)),
  body: [{ kind: 'alert', text: data.text('error'), clip: { head: 20, tail: 10 } }],
});

export const subagentSelected: EventFormatter = (data) => ({
  label: 'Subagent',
  summary: `${agentName(data)} was selected`,
});
export const subagentDeselected: EventFormatter = () => ({ label: 'Subagent', summary: 'none is selected any more' });

function agentName(data: EventReader): string {
  return data.optionalText('agentDisplayName') ?? data.text('agentName');
}

function agentCosts(data: EventReader): readonly (string | false | undefined)[] {
  const calls = data.number('totalToolCalls');
  const count = calls !== undefined && `${calls} tool ${calls === 1 ? 'call' : 'calls'}`;
  return [formatDuration(data.number('durationMs')), count];
}

export const skillInvoked: EventFormatter = (data) => ({
  label: 'Tool',
  summary: dots(`skill  ${data.text('name')}`, data.optionalText('description')),
});

/** Hooks that succeed are the runtime's own affair. */
export const hookEnd: EventFormatter = (data) =>
  data.flag('success') === false
    ? {
        label: 'Warning',
        summary: dots(`A hook failed: ${data.text('hookType')}`, data.optionalFields('error')?.optionalText('message')),
      }
    : undefined;

export const hookProgress: EventFormatter = (data, context) => ({
  label: 'Progress',
  summary: agentTag(context) + data.text('message'),
});

export const appToolCall: EventFormatter = (data) => ({
  label: data.flag('success') === false ? 'Failed' : 'Done',
  summary: dots(
    `${data.text('serverName')}/${data.text('toolName')}`,
    formatDuration(data.number('durationMs')),
    data.optionalFields('error')?.optionalText('message'),
  ),
});
