import { isRecord } from '../../common/json';
import type { DocumentRecord } from './documentRenderer';
import { sanitizeLine } from '../../common/sanitize';
import { formatterFor, isNoise, isUnknownEvent } from '../formatters/eventFormatters';

/** Pieces of texts that also come as a whole. */
const PIECES = /(_delta|execution_partial_result|shell_output)$/;
/** Members that are not for people. */
const HIDDEN_KEYS = /(Id|Ids|Opaque|encryptedContent|signature|telemetry|toolTelemetry)$/;
const MAX_DEPTH = 8;
/** The length of an excerpt before and after the text that was found, in UTF-16 units. */
const BEFORE = 40;
const AFTER = 100;

/** A place in a transcript that has the text. */
export interface SearchHit {
  /** `undefined` for a note, and for an event without an id. */
  readonly eventId: string | undefined;
  readonly at: Date | undefined;
  /** The words around it, on one line, sanitised. */
  readonly excerpt: string;
}

export type Matcher = (record: DocumentRecord) => SearchHit | undefined;

/**
 * Finds a text in the data of events and in notes, ignoring case; each has at most one hit. Labels are not searched.
 * @returns `undefined` for a blank text
 */
export function matcherOf(query: string): Matcher | undefined {
  const words = query.trim();
  if (words === '') {
    return undefined;
  }
  const pattern = new RegExp(words.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replace(/\s+/g, '\\s+'), 'iu');
  return (record) => {
    if (record.kind === 'note') {
      const { text, at } = record.note;
      const found = pattern.exec(text);
      return found === null ? undefined : { eventId: undefined, at, excerpt: excerptOf(text, found) };
    }
    const event: unknown = record.event;
    if (!isRecord(event) || isUnknownEvent(event) || !isShown(event['type'])) {
      return undefined;
    }
    const excerpt = search(event['data'], pattern, 0);
    if (excerpt === undefined) {
      return undefined;
    }
    const { id, timestamp } = event;
    const at = typeof timestamp === 'string' ? new Date(timestamp) : undefined;
    return {
      eventId: typeof id === 'string' && id !== '' ? id : undefined,
      at: at === undefined || Number.isNaN(at.getTime()) ? undefined : at,
      excerpt,
    };
  };
}

function isShown(type: unknown): boolean {
  const formatter = typeof type === 'string' ? formatterFor(type) : undefined;
  return typeof type !== 'string' || formatter === undefined || (!isNoise(formatter) && !PIECES.test(type));
}

function search(value: unknown, pattern: RegExp, depth: number): string | undefined {
  if (typeof value === 'string') {
    const found = pattern.exec(value);
    return found === null ? undefined : excerptOf(value, found);
  }
  if (typeof value !== 'object' || value === null || depth >= MAX_DEPTH) {
    return undefined;
  }
  for (const [key, member] of Object.entries(value)) {
    const excerpt = HIDDEN_KEYS.test(key) ? undefined : search(member, pattern, depth + 1);
    if (excerpt !== undefined) {
      return excerpt;
    }
  }
  return undefined;
}

function excerptOf(text: string, found: RegExpExecArray): string {
  const { index } = found;
  const end = index + found[0].length;
  const start = Math.max(0, index - BEFORE);
  const words = sanitizeLine(text.slice(start, end + AFTER), 400);
  return `${start > 0 ? '…' : ''}${words}${end + AFTER < text.length ? '…' : ''}`;
}
