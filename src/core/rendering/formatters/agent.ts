import * as l10n from '@vscode/l10n';
import { readString } from '../../common/json';
import { agentOf, type RenderContext, formatDuration, type EventFormatter } from '../renderState';
import type { EventReader } from '../eventReader';
import { intentEntry } from './tools';
import type { StreamKey } from '../textStreams';
import { dots, type Body } from '../entry';

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
    isAutopilot && l10n.t('(continued by autopilot)'),
    !isOwn &&
      source !== undefined &&
      l10n.t({ message: 'from {0}', args: [source], comment: ['{0}: the skill, hook or agent that sent a prompt'] }),
  ];
  return {
    label: isOwn ? 'you' : 'prompt',
    agent: agentOf(context),
    summary: details.filter((part) => part !== false).join(' '),
    body: [{ kind: 'prose', text: content }, ...attachments(data)],
    group: 'message',
  };
};

/** Skills and other agents put messages into the conversation, too. */
function isInjected(source: string | undefined): boolean {
  return source !== undefined && /^(skill|agent|system|schedule|hook|autopilot)\b/.test(source);
}

function attachments(data: EventReader): readonly Body[] {
  const lines = data
    .list('attachments')
    .slice(0, 50)
    .map((attachment) => {
      const keys = ['displayName', 'path', 'title', 'url', 'name', 'mimeType', 'type'];
      const name = keys.map((key) => readString(attachment, key)).find((value) => value !== undefined);
      return name === undefined ? l10n.t('attached: something') : l10n.t('attached: {0}', name);
    });
  return lines.length === 0 ? [] : [{ kind: 'output', text: lines.join('\n') }];
}

export const messageDelta: EventFormatter = (data, context) => {
  const piece = data.text('deltaContent');
  context.streams.push(messageKey(data.optionalText('messageId'), context), piece, context.at);
  return undefined;
};

export const message: EventFormatter = (data, context) => {
  const thought = data.optionalText('reasoningText') ?? '';
  if (thought.trim() !== '') {
    showThought(thought, context);
  }
  context.streams.complete(messageKey(data.text('messageId'), context), data.text('content'), context.at);
  return undefined;
};

/** A message's reasoning may come before it, streamed or in an event of its own, or after it. */
function showThought(thought: string, context: RenderContext): void {
  const { streams, agentId } = context;
  const open = streams.find('reasoning', agentId, thought);
  if (open !== undefined) {
    streams.complete(open, thought, context.at);
  } else if (streams.known.isKnown(reasoningName(agentId), thought)) {
    streams.known.forget(reasoningName(agentId));
  } else {
    streams.complete(reasoningKey('', context), thought, context.at);
    streams.known.remember(messageName(agentId), thought);
  }
}

/** In `KnownTexts`: the agent's reasoning that an event of its own had. */
function reasoningName(agentId: string): string {
  return `reasoning-of ${agentId}`;
}

/** In `KnownTexts`: the agent's reasoning that a message had. */
function messageName(agentId: string): string {
  return `message-of ${agentId}`;
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
  if (streams.known.isKnown(messageName(agentId), content)) {
    streams.known.forget(messageName(agentId));
    return undefined;
  }
  streams.complete(reasoningKey(id, context), content, context.at);
  streams.known.remember(reasoningName(agentId), content);
  return undefined;
};

export const intent: EventFormatter = (data, context) => intentEntry(data.text('intent'), context);

function messageKey(id: string | undefined, context: RenderContext): StreamKey {
  return textKey('message', 'agent', id, context);
}

function reasoningKey(id: string | undefined, context: RenderContext): StreamKey {
  return textKey('reasoning', 'thinking', id, context);
}

function textKey(
  kind: StreamKey['kind'],
  label: StreamKey['label'],
  id: string | undefined,
  context: RenderContext,
): StreamKey {
  return { kind, id: id ?? '', label, agentId: context.agentId, agent: agentOf(context), summary: '' };
}

export const subagentStarted: EventFormatter = (data, context) => {
  const name = data.optionalText('agentDisplayName') ?? data.text('agentName');
  context.memory.agents.set(data.text('toolCallId'), name);
  if (context.agentId !== '') {
    context.memory.agents.set(context.agentId, name);
  }
  const description = data.optionalText('agentDescription');
  const started = l10n.t({ message: '{0} started', args: [name], comment: ['{0}: a sub-agent'] });
  return { label: 'subagent', summary: dots(started, data.optionalText('model'), description) };
};

export const subagentCompleted: EventFormatter = (data) => {
  const name = agentName(data);
  const outcome =
    data.flag('cancelled') === true
      ? l10n.t({ message: '{0} was cancelled', args: [name], comment: ['{0}: a sub-agent'] })
      : l10n.t({ message: '{0} has finished', args: [name], comment: ['{0}: a sub-agent'] });
  return { label: 'subagent', summary: dots(outcome, ...agentCosts(data)) };
};

export const subagentFailed: EventFormatter = (data) => ({
  label: 'failed',
  summary: dots(l10n.t('sub-agent {0}', agentName(data)), ...agentCosts(data)),
  body: [{ kind: 'alert', text: data.text('error'), clip: { head: 20, tail: 10 } }],
});

export const subagentSelected: EventFormatter = (data) => ({
  label: 'subagent',
  summary: l10n.t({ message: '{0} was selected', args: [agentName(data)], comment: ['{0}: a sub-agent'] }),
});
export const subagentDeselected: EventFormatter = () => ({
  label: 'subagent',
  summary: l10n.t({ message: 'none is selected any more', comment: ['Of sub-agents'] }),
});

function agentName(data: EventReader): string {
  return data.optionalText('agentDisplayName') ?? data.text('agentName');
}

function agentCosts(data: EventReader): readonly (string | false | undefined)[] {
  const calls = data.number('totalToolCalls');
  const duration = formatDuration(data.number('durationMs'));
  if (calls === undefined) {
    return [duration];
  }
  return [duration, calls === 1 ? l10n.t('1 tool call') : l10n.t('{0} tool calls', calls)];
}

export const skillInvoked: EventFormatter = (data) => ({
  label: 'tool',
  tool: { name: 'skill', arguments: data.text('name') },
  summary: data.optionalText('description') ?? '',
});

/** Only hooks that fail are shown. */
export const hookEnd: EventFormatter = (data) =>
  data.flag('success') === false
    ? {
        label: 'warning',
        summary: dots(
          l10n.t({
            message: 'A hook failed: {0}',
            args: [data.text('hookType')],
            comment: ['{0}: the type of the hook'],
          }),
          data.optionalFields('error')?.optionalText('message'),
        ),
      }
    : undefined;

export const hookProgress: EventFormatter = (data, context) => ({
  label: 'progress',
  agent: agentOf(context),
  summary: data.text('message'),
});

export const appToolCall: EventFormatter = (data) => ({
  label: data.flag('success') === false ? 'failed' : 'done',
  tool: { name: `${data.text('serverName')}/${data.text('toolName')}`, arguments: '' },
  outcome: [formatDuration(data.number('durationMs')), data.optionalFields('error')?.optionalText('message')],
});
