import { sanitizeLine } from '../../common/sanitize';
import { agentTag, type RenderContext, dots, type ShownAnswer } from '../renderState';
import type { EventReader } from '../eventReader';
import { hashOf } from '../../common/textHash';
import type { Body, Entry } from '../entry';

interface AskOptions {
  /** More of the line. */
  readonly more?: readonly (string | false | undefined)[];
  /** The tool call that it is about, where the event itself does not say so. */
  readonly callId?: string | undefined;
}

/** A request that comes again, word for word and under the same id, is the same request. */
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
    label: 'Asks',
    summary: agentTag(context) + dots(summary, ...more, isAgain && 'asked again'),
    body,
    group: 'message',
  };
}

export interface AnswerOptions {
  /** False if it says only that there was an answer. */
  readonly isFull?: boolean;
  readonly source?: ShownAnswer['source'];
  /** What was asked, where the event itself says so. */
  readonly question?: string | undefined;
}

/**
 * What was answered, and to what: the question may be far above. Two events may tell of one answer: the second one is
 * not shown, unless it is the first to say what was answered.
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
  const asked = requests.get(id) ?? question ?? `request ${id}`;
  const isShort = text.length <= 80 && !text.includes('\n');
  return {
    label: 'Answer',
    summary: agentTag(context) + dots(decision, isShort && text, `to: ${sanitizeLine(asked, 100)}`),
    body: isShort ? [] : [{ kind: 'prose', text }],
    group: 'message',
  };
}
