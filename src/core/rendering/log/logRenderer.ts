import * as l10n from '@vscode/l10n';
import type { SessionEvent } from '@github/copilot-sdk';
import { validDate } from '../../common/localTime';
import { formatDate, formatTime } from '../../common/localTime';
import { isRecord } from '../../common/json';
import { sanitizeLine } from '../../common/sanitize';
import { previewJson } from '../previewJson';
import { agentOf, type RenderContext, RenderState } from '../renderState';
import { EventReader } from '../eventReader';
import { formatterFor, isNoise, isUnknownEvent } from '../formatters/eventFormatters';
import { LogWriter } from './logWriter';
import { StreamedTexts } from './streamedTexts';
import { NO_TYPE } from '../labels';
import type { Body, Entry } from '../entry';

/** The head of a log: what is known of the session without its events. */
export interface LogHead {
  readonly sessionId: string;
  readonly title?: string;
  /** `owner/name` */
  readonly repository?: string;
  readonly branch?: string;
  readonly remoteUrl?: string;
  /** The service's id, if it differs from the session's. */
  readonly taskId?: string;
}

export interface LogOptions {
  /** The left column; by default local time as `HH:MM:SS`, which the grammar colours. */
  readonly formatTime?: (date: Date) => string;
  /** The line between two days; by default the local `YYYY-MM-DD`. */
  readonly formatDate?: (date: Date) => string;
  /** The most that is shown of one text, in UTF-16 units, indentation included. */
  readonly maxBodyLength?: number;
}

const HEAD = {
  session: l10n.t({ message: 'Cloud session', comment: ['The head of a log; an id follows'] }),
  title: l10n.t({ message: 'Title', comment: ['The head of a log'] }),
  repository: l10n.t({ message: 'Repository', comment: ['The head of a log'] }),
  task: l10n.t({ message: 'Task', comment: ['The head of a log; an id follows'] }),
  link: l10n.t({ message: 'Link', comment: ['The head of a log'] }),
};
/** 13 in English. */
const HEAD_WIDTH = Math.max(...Object.values(HEAD).map((text) => text.length));

/** Pieces of a text: a mark would tear it apart, so only a piece that cannot be read is marked. */
const PIECES = new Set([
  'assistant.message_delta',
  'assistant.reasoning_delta',
  'tool.execution_partial_result',
  'tool.shell_output',
]);
/** These end the agent's turn: what waits is shown before them. */
const ENDINGS = new Set([
  'session.idle',
  'assistant.idle',
  'assistant.turn_end',
  'session.task_complete',
  'session.shutdown',
  'session.error',
  'abort',
]);

/**
 * Turns a session's events into the text of a log. Each call returns the text to append ('' for none).
 *
 * The same calls on a new renderer give the same text. It reads no clock: times come from the events and the caller.
 * The text may end in the middle of a line while a message is being streamed. Texts from outside are sanitised and
 * bounded. A malformed event is shown as far as it can be read, and marked. Nothing throws. An event of a type that this
 * version does not know is not shown: it is in the transcript.
 */
export class LogRenderer {
  private readonly writer: LogWriter;
  private readonly streams: StreamedTexts;
  private readonly memory = new RenderState();

  constructor(options: LogOptions = {}) {
    const maxBodyLength = options.maxBodyLength ?? 50_000;
    this.writer = new LogWriter({
      formatTime: options.formatTime ?? formatTime,
      formatDate: options.formatDate ?? formatDate,
      maxBodyLength,
    });
    this.streams = new StreamedTexts(this.writer, maxBodyLength);
  }

  /** The first lines of the log. They may be written again when more is known. */
  head(head: LogHead): string {
    const { repository, branch } = head;
    const where =
      repository !== undefined && branch !== undefined ? `${repository} @ ${branch}` : (repository ?? branch);
    const rows: readonly (readonly [string, string | undefined])[] = [
      [HEAD.session, head.sessionId],
      [HEAD.title, head.title],
      [HEAD.repository, where],
      [HEAD.task, head.taskId === head.sessionId ? undefined : head.taskId],
      [HEAD.link, head.remoteUrl],
    ];
    this.streams.interrupt();
    this.writer.head(
      rows
        .filter(([, value]) => value !== undefined && value !== '')
        .map(([name, value]) => `${name.padEnd(HEAD_WIDTH)}  ${sanitizeLine(value ?? '', 500)}`),
    );
    return this.writer.take();
  }

  render(event: SessionEvent): string {
    const untrusted: unknown = event;
    const problems: string[] = [];
    const envelope = EventReader.of(untrusted, 'event', problems);
    const type = isRecord(untrusted) ? envelope.text('type') : '';
    const formatter = formatterFor(type);
    if (isUnknownEvent(untrusted) || (formatter !== undefined && isNoise(formatter) && !ENDINGS.has(type))) {
      return '';
    }
    const isPiece = PIECES.has(type);
    const at = readTime(envelope, isPiece ? [] : problems);
    if (!isPiece && isRecord(untrusted)) {
      envelope.text('id');
    }
    if (ENDINGS.has(type)) {
      this.streams.flush();
    }
    if (formatter === undefined) {
      this.write({ label: 'event', summary: type === '' ? NO_TYPE : type, body: preview(untrusted, problems) }, at);
    } else if (!isNoise(formatter)) {
      const data = EventReader.of(envelope.get('data'), 'data', problems);
      const context: RenderContext = {
        at,
        agentId: envelope.optionalText('agentId') ?? '',
        memory: this.memory,
        streams: this.streams,
        about: () => this.writer.about,
      };
      this.memory.observe(type);
      const entry = formatter(data, context);
      if (entry !== undefined) {
        this.write(type.startsWith('session.') || type === 'abort' ? ofAgent(entry, context) : entry, at);
      }
      this.mark(type, problems, untrusted, at);
    }
    return this.writer.take();
  }

  /** A message of the client itself, under a label of its own. */
  note(level: 'info' | 'warning' | 'error', text: string, at: Date): string {
    this.streams.flush();
    const [first = '', ...rest] = text.trim().split('\n');
    const more = rest.join('\n');
    const entry: Entry =
      level === 'info'
        ? { label: 'note', summary: first, body: [{ kind: 'detail', text: more }] }
        : { label: 'note', level, summary: withLevel(level, first), body: [{ kind: 'alert', text: more }] };
    this.write(entry, validDate(at));
    return this.writer.take();
  }

  /**
   * Shows what waits for more: the beginning of a line of a message that was interrupted, at most 80 characters. To be
   * called when no event has come for about a second, so that the log is complete.
   */
  flush(): string {
    this.streams.flush();
    return this.writer.take();
  }

  private write(entry: Entry, at: Date | undefined): void {
    this.streams.interrupt();
    this.writer.entry(entry, at);
  }

  /** Below the entry of the event, or, if it has none, in a line of its own. */
  private mark(type: string, problems: readonly string[], event: unknown, at: Date | undefined): void {
    if (problems.length === 0) {
      return;
    }
    if (!this.writer.hasText) {
      this.write({ label: 'event', summary: type, body: preview(event, problems) }, at);
      return;
    }
    this.streams.interrupt();
    for (const body of malformed(problems)) {
      this.writer.body(body);
    }
  }
}

/** An event that a sub-agent reports of its own session is not about the main one. */
function ofAgent(entry: Entry, context: RenderContext): Entry {
  const agent = agentOf(context);
  return agent === undefined || entry.agent !== undefined ? entry : { ...entry, agent };
}

function withLevel(level: 'warning' | 'error', text: string): string {
  return level === 'warning'
    ? l10n.t({ message: 'warning: {0}', args: [text], comment: ['A note in the log of a session'] })
    : l10n.t({ message: 'error: {0}', args: [text], comment: ['A note in the log of a session'] });
}

/** The beginning of an event as JSON, if it is malformed. */
function preview(event: unknown, problems: readonly string[]): readonly Body[] {
  return problems.length === 0 ? [] : [...malformed(problems), { kind: 'output', text: previewJson(event, 500) }];
}

function malformed(problems: readonly string[]): readonly Body[] {
  const shown = problems.slice(0, 5).join(', ');
  const all =
    problems.length > 5
      ? l10n.t({
          message: '{0} and {1} more',
          args: [shown, problems.length - 5],
          comment: ['{0}: a list of what is wrong with an event. {1}: a number'],
        })
      : shown;
  const text = sanitizeLine(all, 400);
  return [
    { kind: 'alert', text: l10n.t({ message: 'malformed event: {0}', args: [text], comment: ['{0}: what is wrong'] }) },
  ];
}

function readTime(envelope: EventReader, problems: string[]): Date | undefined {
  const timestamp = envelope.get('timestamp');
  const date = typeof timestamp === 'string' ? validDate(new Date(timestamp)) : undefined;
  if (date === undefined) {
    problems.push(l10n.t({ message: 'no valid timestamp', comment: ['What is wrong with an event'] }));
  }
  return date;
}
