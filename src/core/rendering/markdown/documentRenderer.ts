import type { SessionEvent } from '@github/copilot-sdk';
import { isRecord, readString } from '../../common/json';
import { parseSessionUrl } from '../../events/sessionUrl';
import { sanitizeLine } from '../../common/sanitize';
import { previewJson } from '../previewJson';
import { agentTag, type RenderContext, RenderState, plural } from '../renderState';
import { EventReader } from '../eventReader';
import { formatterFor, isNoise, isUnknownEvent } from '../formatters/eventFormatters';
import { isReading } from '../formatters/toolSummary';
import { Block, BlockList } from './blocks';
import { details, entryMarkdown, kindOf } from './entryMarkdown';
import { escapeText, fencedBlock, webLink } from './sanitizeMarkdown';
import { StreamedBlocks } from './streamedBlocks';
import { FORMS, type StreamKey } from '../textStreams';
import type { Body, Entry } from '../entry';

/** What is known of the session as a whole. */
export interface DocumentHead {
  readonly sessionId: string;
  readonly title?: string;
  /** `owner/name` */
  readonly repository?: string;
  readonly branch?: string;
  readonly remoteUrl?: string;
  readonly startTime?: Date;
  /** Something of it is known to be lost. */
  readonly damaged?: boolean;
  /** Nobody watches it here: it may have gone on since the last event. */
  readonly isKept?: boolean;
}

/** What this client had to say at a place. */
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
  /** The most that is shown of one text, in UTF-16 units; what is cut off is counted. */
  readonly maxTextLength?: number;
  /** The most that the document holds, in UTF-16 units: of a longer one, its end. */
  readonly maxLength?: number;
}

const DEFAULT_TEXT_LENGTH = 50_000;
const ARGUMENTS_LENGTH = 4_000;
/** Words before this are where a tool's own name stands. */
const SEPARATOR = ' · ';

interface Call {
  readonly block: Block;
  readonly summary: string;
  readonly time: string;
  readonly content: readonly string[];
  readonly agentId: string;
  running: boolean;
}

/**
 * A whole session as a Markdown document: who said what, with the agent's tool calls folded, each with its result, and
 * sub-agents folded, each with all that it did. Events may be added while the session goes on. All that comes from
 * outside is sanitised, bounded, and without the powers of Markdown (see `sanitizeMarkdown.ts`); nothing throws.
 */
export class DocumentRenderer {
  private readonly memory = new RenderState();
  private readonly main = new BlockList();
  private readonly agents = new Map<string, { readonly block: Block; readonly list: BlockList }>();
  private readonly calls = new Map<string, Call>();
  private readonly places = new Map<string, Block>();
  private readonly texts: StreamedBlocks;
  private readonly maxTextLength: number;
  private day: string | undefined;
  private agentId = '';
  private firstTime: Date | undefined;
  private lastTime: Date | undefined;
  /** Events of types that this version does not know. */
  private unknownEvents = 0;

  constructor(private readonly options: DocumentOptions) {
    this.maxTextLength = options.maxTextLength ?? DEFAULT_TEXT_LENGTH;
    this.texts = new StreamedBlocks({
      begin: (key, text, at) => this.add(this.textEntry(key, text), at),
      show: (block, key, text, at) => {
        const entry = this.textEntry(key, text);
        block.change(() => this.write(entry, at));
        this.touch();
      },
      remove: (block) => {
        for (const list of [this.main, ...[...this.agents.values()].map((agent) => agent.list)]) {
          list.remove(block);
        }
      },
    });
  }

  add(entry: Entry, at: Date | undefined): Block {
    const block = new Block(kindOf(entry), () => this.write(entry, at));
    this.put(block, at);
    return block;
  }

  record(record: DocumentRecord): void {
    this.agentId = '';
    if (record.kind === 'event') {
      this.event(record.event);
      return;
    }
    const { level, text, at } = record.note;
    const label = level === 'info' ? 'Note' : level === 'warning' ? 'Warning' : 'Error';
    this.add({ label, summary: text }, validDate(at));
  }

  /** The document as it is now. @param places is given the line (from 0) of each event that has one, by event id */
  text(head: DocumentHead, places?: Map<string, number>): string {
    const top = this.head(head);
    const lines = places === undefined ? undefined : new Map<Block, number>();
    const { text, omitted } = this.main.join(this.options.maxLength, lines);
    const note =
      omitted === 0
        ? ''
        : `> **${omitted} entries before this are not shown here**, as the session is too long to be shown whole. “Export Transcript” writes all of it.\n\n`;
    const before = `${top}\n\n${note}`;
    const offset = before.split('\n').length - 1;
    for (const [id, block] of places === undefined ? [] : this.places) {
      const line = lines?.get(block);
      if (line !== undefined) {
        places?.set(id, offset + line);
      }
    }
    return `${before}${text === '' ? '_Nothing has happened yet._' : text}\n`;
  }

  private head(head: DocumentHead): string {
    const { repository, branch, remoteUrl } = head;
    const where =
      repository !== undefined && branch !== undefined ? `${repository} @ ${branch}` : (repository ?? branch);
    const url = parseSessionUrl(remoteUrl);
    const start = head.startTime ?? this.firstTime;
    const unknown = `${plural(this.unknownEvents, 'event')} of a type unknown to this version`;
    const rows: readonly (readonly [string, string | undefined])[] = [
      ['Repository', where && escapeText(sanitizeLine(where))],
      ['Link', url && webLink(escapeText(url), url)],
      ['Started', start && escapeText(this.moment(start))],
      ['Last event', this.lastTime && escapeText(this.moment(this.lastTime))],
      ['Session', escapeText(sanitizeLine(head.sessionId))],
      ['Not shown', this.unknownEvents > 0 ? unknown : undefined],
    ];
    const list = rows.filter(([, value]) => value).map(([name, value]) => `- **${name}:** ${value ?? ''}`);
    const title = escapeText(sanitizeLine(head.title ?? '')) || 'Cloud session';
    const damage =
      head.damaged === true
        ? ['> **Warning** A part of this transcript could not be read. What could be is here.']
        : [];
    const age =
      head.isKept === true
        ? ['> This is what was kept when the session was last watched here. It may have gone on since.']
        : [];
    return [`# ${title}`, list.join('\n'), ...age, ...damage].join('\n\n');
  }

  private moment(date: Date): string {
    return `${this.options.formatDate(date)} ${this.options.formatTime(date)}`;
  }

  private event(untrusted: unknown): void {
    const problems: string[] = [];
    const envelope = EventReader.of(untrusted, 'event', problems);
    const type = isRecord(untrusted) ? envelope.text('type') : '';
    const handler = formatterFor(type);
    if (isUnknownEvent(untrusted)) {
      this.unknownEvents++;
      return;
    }
    if (handler !== undefined && isNoise(handler)) {
      return;
    }
    const at = readTime(envelope);
    this.agentId = envelope.optionalText('agentId') ?? '';
    this.firstTime = earlierOf(this.firstTime, at);
    this.lastTime = laterOf(this.lastTime, at);
    const before = this.last;
    if (handler === undefined) {
      const body: Body = { kind: 'output', text: previewJson(untrusted, ARGUMENTS_LENGTH) };
      this.add({ label: 'Event', summary: type || 'of no known type', body: [body] }, at);
    } else {
      const data = EventReader.of(envelope.get('data'), 'data', problems);
      this.handled(type, data, at, handler);
    }
    if (problems.length > 0) {
      const shown = problems.slice(0, 5).join(', ');
      const what = `malformed event${type === '' ? '' : ` ${type}`}: ${shown}`;
      this.add({ label: 'Warning', summary: what }, at);
    }
    const id = envelope.get('id');
    if (typeof id === 'string' && id !== '') {
      // An event without a block of its own is to be found where it was shown: at the last one.
      const block = this.last === before ? (this.changed ?? this.last) : this.last;
      if (block !== undefined) {
        this.places.set(id, block);
      }
    }
    this.changed = undefined;
  }

  /** The block in the main list that was added last, and the one that the event being read has changed. */
  private last: Block | undefined;
  private changed: Block | undefined;

  private handled(
    type: string,
    data: EventReader,
    at: Date | undefined,
    handler: NonNullable<ReturnType<typeof formatterFor>>,
  ) {
    const id = type.startsWith('tool.execution_') ? data.optionalText('toolCallId') : undefined;
    const context: RenderContext = {
      at,
      agentId: this.agentId,
      memory: this.memory,
      streams: this.texts,
      // A result stands under its call, so that it need not name it again.
      about: () => id,
    };
    this.memory.observe(type);
    const entry = handler(data, context);
    if (type === 'abort' || type === 'session.shutdown' || (type === 'session.idle' && this.memory.isAtRest)) {
      this.stopCalls();
    }
    if (type === 'subagent.started') {
      this.beginAgent(data, at);
    }
    if (entry === undefined) {
      return;
    }
    const tag = agentTag(context);
    const summary = entry.summary ?? '';
    const untagged = tag !== '' && summary.startsWith(tag) ? { ...entry, summary: summary.slice(tag.length) } : entry;
    if (type === 'tool.execution_start' && untagged.label === 'Tool' && id !== undefined) {
      this.beginCall(id, untagged, data, at);
    } else if (type === 'tool.execution_complete' && id !== undefined) {
      this.endCall(id, untagged, at);
    } else {
      this.add(untagged, at);
    }
  }

  private beginCall(id: string, { summary = '' }: Entry, data: EventReader, at: Date | undefined): void {
    const content = this.argumentsOf(data, summary);
    const time = this.time(at);
    const block = new Block('block', () => details([time, summary, 'running'], content));
    this.calls.set(id, { block, summary, time, content, agentId: this.agentId, running: true });
    this.put(block, at);
  }

  /** After the agent's turn was stopped its calls do not run any more; in a session at rest, nobody's do. */
  private stopCalls(): void {
    const { agentId } = this;
    for (const call of this.calls.values()) {
      if (call.running && (this.memory.isAtRest || call.agentId === agentId)) {
        call.running = false;
        call.block.change(() => details([call.time, call.summary, 'no result'], call.content));
        call.block.prepare();
        this.agents.get(call.agentId)?.block.refresh();
      }
    }
  }

  private endCall(id: string, entry: Entry, at: Date | undefined): void {
    const call = this.calls.get(id);
    this.calls.delete(id);
    const failed = entry.label === 'Failed';
    const bodies = (entry.body ?? []).map((body) => this.result(body)).filter((text) => text !== '');
    const [name = '', ...outcome] = (entry.summary ?? '').split(SEPARATOR);
    const words = [failed ? 'failed' : '', ...outcome];
    if (call === undefined) {
      // Its start was not seen.
      this.put(new Block('block', () => details([this.time(at), name, ...words], bodies)), at);
      return;
    }
    call.block.change(() => details([call.time, call.summary, ...words], [...call.content, ...bodies]));
    call.block.prepare();
    this.changed = call.block;
    this.touch();
  }

  private result({ kind, text }: Body): string {
    if (text.trim() === '') {
      return '';
    }
    const language = kind === 'diff' ? 'diff' : '';
    return fencedBlock(text.replace(/\n+$/, ''), language, this.maxTextLength).trim();
  }

  /** What the summary cannot say in full. */
  private argumentsOf(data: EventReader, summary: string): readonly string[] {
    const args = data.get('arguments');
    const command = readString(args, 'command') ?? (typeof args === 'string' ? args : undefined);
    const text = command ?? (args === undefined || args === null ? '' : previewJson(args, ARGUMENTS_LENGTH));
    const name = data.optionalText('toolName') ?? '';
    const isSaid = text.trim() === '' || text === '{}' || summary.endsWith(text) || isReading(name);
    return isSaid ? [] : [fencedBlock(text, command === undefined ? 'json' : 'shell', this.maxTextLength).trim()];
  }

  private beginAgent(data: EventReader, at: Date | undefined): void {
    const name = data.optionalText('agentDisplayName') ?? data.optionalText('agentName') ?? '';
    const agent = this.agentAt(this.agentId || (data.optionalText('toolCallId') ?? ''), name, at);
    const callId = data.optionalText('toolCallId');
    if (agent !== undefined && callId !== undefined) {
      this.agents.set(callId, agent);
    }
  }

  private agentAt(id: string, name: string, at: Date | undefined) {
    const known = this.agents.get(id);
    if (known !== undefined || id === '') {
      return known;
    }
    const list = new BlockList();
    const time = this.time(at);
    const block = new Block('block', () => details([time, 'Sub-agent', name || id.slice(0, 24)], [list.join().text]));
    const agent = { block, list };
    this.agents.set(id, agent);
    this.putMain(block, at);
    return agent;
  }

  /** Within the sub-agent whose event is being read, or in the document itself. */
  private put(block: Block, at: Date | undefined): void {
    const agent = this.agentAt(this.agentId, this.memory.agents.get(this.agentId) ?? '', at);
    if (agent === undefined) {
      this.putMain(block, at);
      return;
    }
    agent.list.add(block.prepare());
    this.touch();
  }

  private putMain(block: Block, at: Date | undefined): void {
    const day = at && this.options.formatDate(at);
    if (day !== undefined && day !== this.day) {
      this.day = day;
      this.main.add(new Block('block', () => `## ${escapeText(sanitizeLine(day))}`));
    }
    this.main.add(block.prepare());
    this.last = block;
  }

  /** What the sub-agent shows has changed. */
  private touch(): void {
    const agent = this.agents.get(this.agentId);
    if (agent !== undefined) {
      agent.block.refresh();
      this.changed = agent.block;
    }
  }

  private textEntry(key: StreamKey, text: string): Entry {
    const summary = this.agentId === '' ? key.summary : '';
    return { label: key.label, summary, group: 'message', body: [{ kind: FORMS[key.kind], text }] };
  }

  private write(entry: Entry, at: Date | undefined): string {
    return entryMarkdown(entry, { time: this.time(at), maxTextLength: this.maxTextLength });
  }

  private time(at: Date | undefined): string {
    return at === undefined ? '' : sanitizeLine(this.options.formatTime(at), 40);
  }
}

function readTime(envelope: EventReader): Date | undefined {
  const timestamp = envelope.get('timestamp');
  return typeof timestamp === 'string' ? validDate(new Date(timestamp)) : undefined;
}

function earlierOf(first: Date | undefined, second: Date | undefined): Date | undefined {
  return first === undefined || (second !== undefined && second < first) ? second : first;
}

function laterOf(first: Date | undefined, second: Date | undefined): Date | undefined {
  return first === undefined || (second !== undefined && second > first) ? second : first;
}

function validDate(date: Date): Date | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date;
}
