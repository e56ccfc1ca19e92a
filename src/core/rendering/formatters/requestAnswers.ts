import * as l10n from '@vscode/l10n';
import { sanitizeLine } from '../../common/sanitize';
import { agentOf, type RenderContext, type ShownAnswer } from '../renderState';
import type { EventReader } from '../eventReader';
import { hashOf } from '../../common/textHash';
import { dots, type Body, type Entry } from '../entry';

interface AskOptions {
  /** What else the line has. */
  readonly more?: readonly (string | false | undefined)[];
  /** The id of the tool call that it is about; by default that of the event. */
  readonly callId?: string | undefined;
}

/** @returns `undefined` for a request that looks like the one that was shown under its id */
export function asks(
  data: EventReader,
  context: RenderContext,
  summary: string,
  body: readonly Body[],
  { more = [], callId = data.optionalText('toolCallId') }: AskOptions = {},
): Entry | undefined {
  const { asked } = context.memory;
  const requestId = data.optionalText('requestId') ?? '';
  const text = hashOf([summary, ...body.map((part) => part.text)].join('\n'));
  if (requestId !== '' && asked.get(`request ${requestId}`) === text) {
    return undefined;
  }
  asked.set(`request ${requestId}`, text);
  const isAgain = callId !== undefined && callId !== '' && asked.get(`call ${callId}`) === text;
  if (callId !== undefined) {
    asked.set(`call ${callId}`, text);
  }
  return {
    label: 'asks',
    agent: agentOf(context),
    summary: dots(summary, ...more, isAgain && l10n.t({ message: 'asked again', comment: ['Of a question'] })),
    body,
    group: 'message',
  };
}

export interface AnswerOptions {
  /** False if the event has only the fact that there was an answer. */
  readonly isFull?: boolean;
  readonly source?: ShownAnswer['source'];
  /** What was asked, if the event has it. */
  readonly question?: string | undefined;
}

/**
 * What was answered, and to what: the question may be far above. Two events may report one answer: the second is not
 * shown, unless it is the first to have the answer itself.
 */
export function answer(
  data: EventReader,
  context: RenderContext,
  decision: string,
  text: string,
  { isFull = true, source = 'completed', question }: AnswerOptions = {},
): Entry | undefined {
  const { answers, requests } = context.memory;
  const id = data.text('requestId');
  const said = `${decision}\n${hashOf(text)}`;
  const before = answers.get(id);
  const isSame = before !== undefined && (before.text === said || (before.source !== source && before.isFull));
  if (isSame && id !== '') {
    return undefined;
  }
  answers.set(id, { text: said, source, isFull });
  const asked =
    requests.get(id) ??
    question ??
    l10n.t({ message: 'request {0}', args: [id], comment: ['Stands for a question that is not known. {0}: its id'] });
  const isShort = text.length <= 80 && !text.includes('\n');
  return {
    label: 'answer',
    agent: agentOf(context),
    summary: dots(
      decision,
      isShort && text,
      l10n.t({
        message: 'to: {0}',
        args: [sanitizeLine(asked, 100)],
        comment: ['{0}: the question that was answered'],
      }),
    ),
    body: isShort ? [] : [{ kind: 'prose', text }],
    group: 'message',
  };
}
