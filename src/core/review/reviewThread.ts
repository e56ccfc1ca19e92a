import { isRecord, readArray, readDate, readString, readText } from '../common/json';
import { defined } from '../common/defined';

/** What a person wrote about the change of a session. */
export interface ReviewNote {
  readonly id: string;
  readonly body: string;
  readonly writtenAt: Date;
  /** The hash of the prompt that it was sent in; a draft has none. */
  readonly sentIn?: string;
}

/** The notes on some lines of a changed file, as the session left it. */
export interface ReviewThread {
  readonly id: string;
  readonly sessionId: string;
  readonly taskId?: string;
  /** Relative to the root of the repository, with `/`. */
  readonly path: string;
  /** The first and the last line when the thread was begun, from 1. */
  readonly startLine: number;
  readonly endLine: number;
  /** Those lines as they were then: the thread keeps its place by them. */
  readonly code: string;
  readonly isResolved: boolean;
  readonly notes: readonly ReviewNote[];
}

export interface LineRange {
  readonly startLine: number;
  readonly endLine: number;
}

/**
 * Where the lines of a thread are now: of several places with the same lines, the nearest.
 * @returns `undefined` if the file no longer has them
 */
export function placeIn(text: string, { startLine, code }: ReviewThread): LineRange | undefined {
  const lines = text.split(/\r?\n/);
  const wanted = code.split(/\r?\n/);
  let best: number | undefined;
  for (let at = 0; at + wanted.length <= lines.length; at++) {
    const isNearer = best === undefined || Math.abs(at + 1 - startLine) < Math.abs(best + 1 - startLine);
    if (isNearer && wanted.every((line, index) => lines[at + index] === line)) {
      best = at;
    }
  }
  return best === undefined ? undefined : { startLine: best + 1, endLine: best + wanted.length };
}

/** The notes of a thread that the next review sends: those of a resolved one stay. */
export function draftsOf({ isResolved, notes }: ReviewThread): readonly ReviewNote[] {
  return isResolved ? [] : notes.filter(({ sentIn }) => sentIn === undefined);
}

/** `undefined` for a value that is no thread with notes. */
export function readReviewThread(value: unknown): ReviewThread | undefined {
  const id = readText(value, 'id');
  const sessionId = readText(value, 'sessionId');
  const path = readText(value, 'path');
  const taskId = readText(value, 'taskId');
  const notes = readArray(value, 'notes').flatMap((note) => readNote(note) ?? []);
  if (!isRecord(value) || id === undefined || sessionId === undefined || path === undefined || notes.length === 0) {
    return undefined;
  }
  const startLine = readLine(value['startLine']) ?? 1;
  return {
    ...{ id, sessionId, path, startLine, notes },
    ...defined({ taskId }),
    endLine: Math.max(startLine, readLine(value['endLine']) ?? startLine),
    code: readString(value, 'code') ?? '',
    isResolved: value['isResolved'] === true,
  };
}

function readNote(value: unknown): ReviewNote | undefined {
  const id = readText(value, 'id');
  const body = readText(value, 'body');
  const sentIn = readText(value, 'sentIn');
  return id === undefined || body === undefined
    ? undefined
    : { id, body, writtenAt: readDate(value, 'writtenAt') ?? new Date(0), ...defined({ sentIn }) };
}

function readLine(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined;
}
