import type { SessionEvent } from '@github/copilot-sdk';
import { formatDate, formatTime } from '../../common/localTime';
import { isRecord } from '../../common/json';
import { sanitizeLine } from '../../common/sanitize';
import { previewJson } from '../previewJson';
import { agentTag, type RenderContext, RenderState } from '../renderState';
import { EventReader } from '../eventReader';
import { formatterFor, isNoise, isUnknownEvent } from '../formatters/eventFormatters';
import { LogWriter } from './logWriter';
import { StreamedTexts } from './streamedTexts';
import type { Body, Entry } from '../entry';

/** What is known of a session before its events. */
export interface LogHead {
  readonly sessionId: string;
  readonly title?: string;
  /** `owner/name` */
  readonly repository?: string;
  readonly branch?: string;
  readonly remoteUrl?: string;
  /** The service's id, where it is another one than the session's. */
  readonly taskId?: string;
}

export interface LogOptions {
  /** The left column; by default local time as `HH:MM:SS`, which is what the grammar colours. */
  readonly formatTime?: (date: Date) => string;
  /** The line between two days; by default the local `YYYY-MM-DD`. */
  readonly formatDate?: (date: Date) => string;
  /** The most that is shown of one text, in UTF-16 units, indentation included. */
  readonly maxBodyLength?: number;
}

/** Pieces of a text: their marks would tear it apart, so only what makes them unreadable is marked. */
const PIECES = new Set([
  'assistant.message_delta',
  'assistant.reasoning_delta',
  'tool.execution_partial_result',
  'tool.shell_output',
]);
/** With these the agent's turn is over: whatever still waits is shown before them. */
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
 * Turns a session's events into the text of a log. Each call returns what is to be appended ('' if nothing is).
 *
 * The same calls on a new renderer give the same text. It reads no clock: times come from the events and the caller.
 * The text may end in the middle of a line while a message is being streamed. All that comes from outside is sanitised
 * and bounded; a malformed event is shown as far as it can be read, and marked; nothing throws. An event of a type that
 * this version does not know is not shown: it is in the transcript.
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

  /** The lines that begin the log. They may be given again when more is known. */
  head(head: LogHead): string {
    const { repository, branch } = head;
    const where =
      repository !== undefined && branch !== undefined ? `${repository} @ ${branch}` : (repository ?? branch);
    const rows: readonly (readonly [string, string | undefined])[] = [
      ['Cloud session', head.sessionId],
      ['Title', head.title],
      ['Repository', where],
      ['Task', head.taskId === head.sessionId ? undefined : head.taskId],
      ['Link', head.remoteUrl],
    ];
    this.streams.interrupt();
    this.writer.head(
      rows
        .filter(([, value]) => value !== undefined && value !== '')
        .map(([name, value]) => `${name.padEnd(13)}  ${sanitizeLine(value ?? '', 500)}`),
    );
    return this.writer.take();
  }

  render(event: SessionEvent): string {
    const untrusted: unknown = event;
    const problems: string[] = [];
    const envelope = EventReader.of(untrusted, 'event', problems);
    const type = isRecord(untrusted) ? envelope.text('type') : '';
    const handler = formatterFor(type);
    if (isUnknownEvent(untrusted) || (handler !== undefined && isNoise(handler) && !ENDINGS.has(type))) {
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
    if (handler === undefined) {
      this.write(
        { label: 'Event', summary: type === '' ? 'of no known type' : type, body: preview(untrusted, problems) },
        at,
      );
    } else if (!isNoise(handler)) {
      const data = EventReader.of(envelope.get('data'), 'data', problems);
      const context: RenderContext = {
        at,
        agentId: envelope.optionalText('agentId') ?? '',
        memory: this.memory,
        streams: this.streams,
        about: () => this.writer.about,
      };
      this.memory.observe(type);
      const entry = handler(data, context);
      if (entry !== undefined) {
        this.write(type.startsWith('session.') || type === 'abort' ? tagged(entry, context) : entry, at);
      }
      this.mark(type, problems, untrusted, at);
    }
    return this.writer.take();
  }

  /** What the client itself has to say, told apart from what the agent's side says by "Note". */
  note(level: 'info' | 'warning' | 'error', text: string, at: Date): string {
    this.streams.flush();
    const prefix = level === 'info' ? '' : `${level}: `;
    const [first = '', ...rest] = text.trim().split('\n');
    const body: Body[] = [{ kind: level === 'info' ? 'detail' : 'alert', text: rest.join('\n') }];
    this.write({ label: 'Note', summary: prefix + first, body }, validDate(at));
    return this.writer.take();
  }

  /**
   * Shows what waits for more: the beginning of an interrupted line of a message, 80 characters at most. To be called
   * when no event has come for a moment (a second, say), so that the end of the log is never behind.
   */
  flush(): string {
    this.streams.flush();
    return this.writer.take();
  }

  private write(entry: Entry, at: Date | undefined): void {
    this.streams.interrupt();
    this.writer.entry(entry, at);
  }

  /** Under what the event gave, or, if it gave nothing, in a line of its own. */
  private mark(type: string, problems: readonly string[], event: unknown, at: Date | undefined): void {
    if (problems.length === 0) {
      return;
    }
    if (!this.writer.hasText) {
      this.write({ label: 'Event', summary: type, body: preview(event, problems) }, at);
      return;
    }
    this.streams.interrupt();
    for (const body of malformed(problems)) {
      this.writer.body(body);
    }
  }
}

/** What a sub-agent reports of its own session is not said of the main one. */
function tagged(entry: Entry, context: RenderContext): Entry {
  const tag = agentTag(context);
  const summary = entry.summary ?? '';
  return tag === '' || summary.startsWith(tag) ? entry : { ...entry, summary: tag + summary };
}

/** An event without a type: its beginning, as JSON, if it is malformed as well. */
function preview(event: unknown, problems: readonly string[]): readonly Body[] {
  return problems.length === 0 ? [] : [...malformed(problems), { kind: 'output', text: previewJson(event, 500) }];
}

function malformed(problems: readonly string[]): readonly Body[] {
  const shown = problems.slice(0, 5).join(', ');
  const more = problems.length > 5 ? ` and ${problems.length - 5} more` : '';
  return [{ kind: 'alert', text: `malformed event: ${sanitizeLine(shown + more, 400)}` }];
}

function readTime(envelope: EventReader, problems: string[]): Date | undefined {
  const timestamp = envelope.get('timestamp');
  const date = typeof timestamp === 'string' ? validDate(new Date(timestamp)) : undefined;
  if (date === undefined) {
    problems.push('no valid timestamp');
  }
  return date;
}

function validDate(date: Date): Date | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date;
}
