import * as l10n from '@vscode/l10n';
import type { Label } from './entry';

/** The words that stand behind the time in a log, and before an entry of a document. */
export const LABEL_TEXTS: Readonly<Record<Label, string>> = {
  you: l10n.t({ message: 'You', comment: ['A label in the log of a session: a prompt of the user follows'] }),
  agent: l10n.t({ message: 'Agent', comment: ['A label in the log of a session: a message of the agent follows'] }),
  thinking: l10n.t({
    message: 'Thinking',
    comment: ['A label in the log of a session: the reasoning of the agent follows'],
  }),
  intent: l10n.t({
    message: 'Intent',
    comment: ['A label in the log of a session: what the agent says it is going to do follows'],
  }),
  prompt: l10n.t({
    message: 'Prompt',
    comment: ['A label in the log of a session: a prompt that is not from the user follows'],
  }),
  tool: l10n.t({ message: 'Tool', comment: ['A label in the log of a session: a tool that was started follows'] }),
  output: l10n.t({ message: 'Output', comment: ['A label in the log of a session: the output of a tool follows'] }),
  progress: l10n.t({
    message: 'Progress',
    comment: ['A label in the log of a session: how far a tool has come follows'],
  }),
  done: l10n.t({ message: 'Done', comment: ['A label in the log of a session: a tool that has succeeded follows'] }),
  failed: l10n.t({
    message: 'Failed',
    comment: ['A label in the log of a session: a tool, or a sub-agent, that has failed follows'],
  }),
  subagent: l10n.t({
    message: 'Subagent',
    comment: ['A label in the log of a session: what happened to a sub-agent follows'],
  }),
  asks: l10n.t({
    message: 'Asks',
    comment: ['A label in the log of a session: the agent asks the user for what follows'],
  }),
  answer: l10n.t({ message: 'Answer', comment: ['A label in the log of a session: an answer to the agent follows'] }),
  session: l10n.t({
    message: 'Session',
    comment: ['A label in the log of a session: what happened to the session follows'],
  }),
  title: l10n.t({ message: 'Title', comment: ['A label in the log of a session: its new title follows'] }),
  mode: l10n.t({ message: 'Mode', comment: ['A label in the log of a session: a change of the agent’s mode follows'] }),
  model: l10n.t({ message: 'Model', comment: ['A label in the log of a session: a change of the model follows'] }),
  context: l10n.t({
    message: 'Context',
    comment: ['A label in the log of a session: a change of the model’s context follows'],
  }),
  handoff: l10n.t({
    message: 'Handoff',
    comment: ['A label in the log of a session: where the session was taken over from follows'],
  }),
  plan: l10n.t({ message: 'Plan', comment: ['A label in the log of a session: a change of the agent’s plan follows'] }),
  finished: l10n.t({ message: 'Finished', comment: ['A label in the log of a session: the task is complete'] }),
  idle: l10n.t({ message: 'Idle', comment: ['A label in the log of a session: the agent waits for a prompt'] }),
  stopped: l10n.t({ message: 'Stopped', comment: ['A label in the log of a session: the agent was stopped'] }),
  ended: l10n.t({ message: 'Ended', comment: ['A label in the log of a session: the session has ended'] }),
  info: l10n.t({ message: 'Info', comment: ['A label in the log of a session'] }),
  warning: l10n.t({ message: 'Warning', comment: ['A label in the log of a session'] }),
  error: l10n.t({ message: 'Error', comment: ['A label in the log of a session'] }),
  note: l10n.t({
    message: 'Note',
    comment: ['A label in the log of a session: what this extension, not the agent, has to say follows'],
  }),
  event: l10n.t({
    message: 'Event',
    comment: ['A label in the log of a session: an event that cannot be read follows'],
  }),
};

/** Instead of the type of an event that has none. */
export const NO_TYPE = l10n.t({ message: 'of no known type', comment: ['Of an event'] });
