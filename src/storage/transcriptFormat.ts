import type { SessionEvent } from '@github/copilot-sdk';
import { defined } from '../core/common/defined';
import { isRecord, readDate, readString, readText } from '../core/common/json';

const FORMAT_VERSION = 1;

/** The first line of a transcript. */
export interface TranscriptHeader {
  readonly sessionId: string;
  readonly taskId?: string;
  readonly title?: string;
  /** `owner/name` */
  readonly repository?: string;
  readonly branch?: string;
  readonly remoteUrl?: string;
  /** When the session was created, or first opened here. */
  readonly startTime: Date;
}

export interface TranscriptNote {
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
  readonly at: Date;
  /** See `SessionNote.code`. */
  readonly code?: string;
}

/** A line after the first: an event as the runtime sent it, or a note of this client at that place. */
export type TranscriptRecord =
  { readonly kind: 'event'; readonly event: SessionEvent } | { readonly kind: 'note'; readonly note: TranscriptNote };

export function headerLine(header: TranscriptHeader): string {
  return `${JSON.stringify({ kind: 'header', version: FORMAT_VERSION, ...header })}\n`;
}

export function recordLine(record: TranscriptRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** `undefined` if it is not a header, or has an unknown version. */
export function parseHeader(line: string): TranscriptHeader | undefined {
  const value = parse(line);
  const sessionId = readText(value, 'sessionId');
  const startTime = readDate(value, 'startTime');
  if (
    !isRecord(value) ||
    value['kind'] !== 'header' ||
    value['version'] !== FORMAT_VERSION ||
    sessionId === undefined ||
    startTime === undefined
  ) {
    return undefined;
  }
  const optional = (key: 'taskId' | 'title' | 'repository' | 'branch' | 'remoteUrl'): Record<string, string> => {
    const text = readText(value, key);
    return text === undefined ? {} : { [key]: text };
  };
  return {
    sessionId,
    ...optional('taskId'),
    ...optional('title'),
    ...optional('repository'),
    ...optional('branch'),
    ...optional('remoteUrl'),
    startTime,
  };
}

/** Whether it is the first line of a file that a later version of this extension wrote. */
export function isLaterVersion(line: string): boolean {
  const value = parse(line);
  return isRecord(value) && value['kind'] === 'header' && Number(value['version']) > FORMAT_VERSION;
}

/** `undefined` for a damaged line. */
export function parseRecord(line: string): TranscriptRecord | undefined {
  const value = parse(line);
  if (!isRecord(value)) {
    return undefined;
  }
  if (value['kind'] === 'event' && isRecord(value['event'])) {
    return { kind: 'event', event: value['event'] as unknown as SessionEvent };
  }
  const note = value['kind'] === 'note' ? value['note'] : undefined;
  const level = readString(note, 'level');
  const text = readString(note, 'text');
  const at = readDate(note, 'at');
  if (text === undefined || at === undefined || (level !== 'info' && level !== 'warning' && level !== 'error')) {
    return undefined;
  }
  return { kind: 'note', note: { level, text, at, ...defined({ code: readString(note, 'code') }) } };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
