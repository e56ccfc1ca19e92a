import * as l10n from '@vscode/l10n';
import type { SessionEvent } from '@github/copilot-sdk';
import { validDate } from '../../common/localTime';
import { isRecord, readDate } from '../../common/json';
import { sanitizeLine } from '../../common/sanitize';
import { previewJson } from '../previewJson';
import { type EventFormatter, type RenderContext, RenderState } from '../renderState';
import { EventReader } from '../eventReader';
import { formatterFor, isNoise, isUnknownEvent } from '../formatters/eventFormatters';
import { Block } from './blocks';
import { DocumentLayout, type Moment } from './documentLayout';
import { DocumentFacts, type DocumentHead, headMarkdown } from './documentHead';
import { entryMarkdown, kindOf } from './entryMarkdown';
import { StreamedBlocks } from './streamedBlocks';
import { ARGUMENTS_LENGTH, ToolCalls } from './toolCalls';
import { FORMS, type StreamKey } from '../textStreams';
import { NO_TYPE } from '../labels';
import type { Body, Entry } from '../entry';

export type { DocumentHead } from './documentHead';

/** A message of the client itself. */
export interface DocumentNote {
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
  readonly at: Date;
}

export type DocumentRecord =
  { readonly kind: 'event'; readonly event: SessionEvent } | { readonly kind: 'note'; readonly note: DocumentNote };

export interface DocumentOptions {
  readonly formatTime: (date: Date) => string;
  readonly formatDate: (date: Date) => string;
  /** The language of numbers, such as `de`. */
  readonly locale?: string;
  /** The most that is shown of one text, in UTF-16 units; a mark counts the rest. */
  readonly maxTextLength?: number;
  /** The most that is shown of the document, in UTF-16 units: its end. */
  readonly maxLength?: number;
}

const DEFAULT_TEXT_LENGTH = 50_000;

/**
 * A whole session as a Markdown document: who said what, with tool calls folded, each with its result, and sub-agents
 * folded, each with all that it did. Events may be added while the session continues. Texts from outside are sanitised,
 * bounded, and cannot use Markdown's powers (see `sanitizeMarkdown.ts`). Nothing throws.
 */
export class DocumentRenderer {
  private readonly memory = new RenderState();
  private readonly layout = new DocumentLayout();
  private readonly calls: ToolCalls;
  /** Where each event is shown, by event id. */
  private readonly places = new Map<string, Block>();
  private readonly texts: StreamedBlocks;
  private readonly maxTextLength: number;
  private agentId = '';
  private readonly facts = new DocumentFacts();

  constructor(private readonly options: DocumentOptions) {
    this.maxTextLength = options.maxTextLength ?? DEFAULT_TEXT_LENGTH;
    this.calls = new ToolCalls(this.maxTextLength);
    this.texts = new StreamedBlocks({
      begin: (key, text, at) => this.add(this.textEntry(key, text), at),
      show: (block, key, text, at) => {
        const entry = this.textEntry(key, text);
        block.change(() => this.write(entry, at));
        this.layout.touch();
      },
      remove: (block) => this.layout.remove(block),
    });
  }

  record(record: DocumentRecord): void {
    if (record.kind === 'event') {
      this.event(record.event);
      return;
    }
    this.layout.beginEvent('');
    this.agentId = '';
    const { level, text, at } = record.note;
    this.add({ label: level === 'info' ? 'note' : level, summary: text }, validDate(at));
  }

  /** The document as it is now. @param places gets the line (from 0) of each event that is shown, by event id */
  text(head: DocumentHead, places?: Map<string, number>): string {
    const top = headMarkdown(
      head,
      this.facts,
      (date) => `${this.options.formatDate(date)} ${this.options.formatTime(date)}`,
      this.options.locale,
    );
    const lines = places === undefined ? undefined : new Map<Block, number>();
    const { text, omitted } = this.layout.join(this.options.maxLength, lines);
    const before = `${top}\n\n${omitted === 0 ? '' : `> ${omission(omitted)}\n\n`}`;
    const offset = before.split('\n').length - 1;
    for (const [id, block] of places === undefined ? [] : this.places) {
      const line = lines?.get(block);
      if (line !== undefined) {
        places?.set(id, offset + line);
      }
    }
    return `${before}${text === '' ? `_${l10n.t('Nothing has happened yet.')}_` : text}\n`;
  }

  private event(untrusted: unknown): void {
    const problems: string[] = [];
    const envelope = EventReader.of(untrusted, 'event', problems);
    const type = isRecord(untrusted) ? envelope.text('type') : '';
    const formatter = formatterFor(type);
    if (isUnknownEvent(untrusted)) {
      this.facts.unknownEvents++;
      return;
    }
    if (isRecord(untrusted)) {
      this.facts.usage.add(untrusted as unknown as SessionEvent);
    }
    if (formatter !== undefined && isNoise(formatter)) {
      return;
    }
    const at = readDate(untrusted, 'timestamp');
    this.agentId = envelope.optionalText('agentId') ?? '';
    this.layout.beginEvent(this.agentId);
    this.facts.observe(at);
    if (formatter === undefined) {
      const body: Body = { kind: 'output', text: previewJson(untrusted, ARGUMENTS_LENGTH) };
      this.add({ label: 'event', summary: type || NO_TYPE, body: [body] }, at);
    } else {
      const data = EventReader.of(envelope.get('data'), 'data', problems);
      this.show(type, data, at, formatter);
    }
    if (problems.length > 0) {
      const shown = problems.slice(0, 5).join(', ');
      this.add({ label: 'warning', summary: malformed(type, shown) }, at);
    }
    const id = envelope.get('id');
    const block = this.layout.blockOfEvent;
    if (typeof id === 'string' && id !== '' && block !== undefined) {
      this.places.set(id, block);
    }
  }

  private show(type: string, data: EventReader, at: Date | undefined, formatter: EventFormatter) {
    const id = type.startsWith('tool.execution_') ? data.optionalText('toolCallId') : undefined;
    const context: RenderContext = {
      at,
      agentId: this.agentId,
      memory: this.memory,
      streams: this.texts,
      // A result is below its call, and need not name it again.
      about: () => id,
    };
    this.memory.observe(type);
    const entry = formatter(data, context);
    if (type === 'abort' || type === 'session.shutdown' || (type === 'session.idle' && this.memory.isAtRest)) {
      this.stopCalls();
    }
    if (type === 'subagent.started') {
      const name = data.optionalText('agentDisplayName') ?? data.optionalText('agentName') ?? '';
      this.layout.beginAgent(data.optionalText('toolCallId'), name, this.moment(at));
    }
    if (entry === undefined) {
      return;
    }
    if (type === 'tool.execution_start' && entry.label === 'tool' && id !== undefined) {
      this.put(this.calls.begin(id, entry, data, { time: this.time(at), agentId: this.agentId }), at);
    } else if (type === 'tool.execution_complete' && id !== undefined) {
      const { block, isNew } = this.calls.end(id, entry, this.time(at));
      if (isNew) {
        this.put(block, at);
      } else {
        this.layout.touch(block);
      }
    } else {
      this.add(entry, at);
    }
  }

  /** After the agent's turn was stopped its calls do not run any more; in a session at rest, nobody's do. */
  private stopCalls(): void {
    for (const agentId of this.calls.stop((agent) => this.memory.isAtRest || agent === this.agentId)) {
      this.layout.refreshAgent(agentId);
    }
  }

  private add(entry: Entry, at: Date | undefined): Block {
    const block = new Block(kindOf(entry), () => this.write(entry, at));
    this.put(block, at);
    return block;
  }

  private put(block: Block, at: Date | undefined): void {
    this.layout.put(block, this.memory.agents.get(this.agentId) ?? '', this.moment(at));
  }

  private moment(at: Date | undefined): Moment {
    return { time: this.time(at), day: at && this.options.formatDate(at) };
  }

  private textEntry(key: StreamKey, text: string): Entry {
    return { label: key.label, summary: key.summary, group: 'message', body: [{ kind: FORMS[key.kind], text }] };
  }

  private write(entry: Entry, at: Date | undefined): string {
    return entryMarkdown(entry, { time: this.time(at), maxTextLength: this.maxTextLength });
  }

  private time(at: Date | undefined): string {
    return at === undefined ? '' : sanitizeLine(this.options.formatTime(at), 40);
  }
}

function omission(count: number): string {
  return count === 1
    ? l10n.t({
        message:
          '**1 entry before this is not shown here**, as the session is too long to be shown whole. “Export Transcript” writes all of it.',
        comment: ['At the beginning of a document, as Markdown. “Export Transcript” is the title of a command'],
      })
    : l10n.t({
        message:
          '**{0} entries before this are not shown here**, as the session is too long to be shown whole. “Export Transcript” writes all of it.',
        args: [count],
        comment: ['At the beginning of a document, as Markdown. “Export Transcript” is the title of a command'],
      });
}

function malformed(type: string, problems: string): string {
  return type === ''
    ? l10n.t({ message: 'malformed event: {0}', args: [problems], comment: ['{0}: what is wrong'] })
    : l10n.t({
        message: 'malformed event {0}: {1}',
        args: [type, problems],
        comment: ['{0}: the type of the event. {1}: what is wrong'],
      });
}
