import type { SessionEvent } from '@github/copilot-sdk';
import { EventLog } from '../core/eventLog/eventLog';
import type { KeptHistory } from '../core/session/session';
import type { SessionNote } from '../core/session/sessionHistory';
import { inSlices } from '../core/common/timeSlices';
import type { TranscriptNote, TranscriptRecord } from './transcriptFormat';

/**
 * Merges the transcripts that several windows wrote of one session: each event once, in the order of the session. Each
 * window had its own runtime, so the same event may have different ids.
 */
export async function mergeTranscripts(
  parts: readonly (readonly TranscriptRecord[])[],
): Promise<readonly TranscriptRecord[]> {
  const [first = [], ...others] = [...parts].sort((a, b) => b.length - a.length);
  if (others.length === 0) {
    return first;
  }
  const log = new EventLog(() => undefined);
  for (const part of [first, ...others]) {
    await inSlices(log.merging(eventsOf(part), { recognised: 'all' }));
  }
  const kept = new Set(log.all);
  const said = new Set<string>();
  const notes: SessionNote[] = [];
  for (const part of [first, ...others]) {
    let after: SessionEvent | undefined;
    for (const record of part) {
      if (record.kind === 'event') {
        after = kept.has(record.event) ? record.event : after;
        continue;
      }
      const key = `${record.note.at.toISOString()} ${record.note.text}`;
      if (!said.has(key)) {
        said.add(key);
        notes.push({ ...record.note, after });
      }
    }
  }
  return [...recordsOf(log.all, notesByEvent(notes))];
}

/** A snapshot of the events with the notes after each, in file order. */
export function recordsOf(
  events: readonly SessionEvent[],
  notesAfter: (event: SessionEvent | undefined) => readonly TranscriptNote[],
): Iterable<TranscriptRecord> {
  return recordsIn([...events], notesAfter);
}

function* recordsIn(
  events: readonly SessionEvent[],
  notesAfter: (event: SessionEvent | undefined) => readonly TranscriptNote[],
): Generator<TranscriptRecord> {
  for (const note of notesAfter(undefined)) {
    yield { kind: 'note', note };
  }
  for (const event of events) {
    yield { kind: 'event', event };
    for (const note of notesAfter(event)) {
      yield { kind: 'note', note };
    }
  }
}

/** The notes after each event, in order; `undefined` stands for the notes before the first event. */
export function notesByEvent(
  notes: readonly SessionNote[],
): (event: SessionEvent | undefined) => readonly TranscriptNote[] {
  const byEvent = new Map<SessionEvent | undefined, TranscriptNote[]>();
  for (const { after, ...note } of notes) {
    const same = byEvent.get(after);
    if (same === undefined) {
      byEvent.set(after, [note]);
    } else {
      same.push(note);
    }
  }
  return (event) => byEvent.get(event) ?? [];
}

/** The history of a session, from its transcript. */
export function historyOf(records: readonly TranscriptRecord[]): KeptHistory {
  const events: SessionEvent[] = [];
  const notes: SessionNote[] = [];
  for (const record of records) {
    if (record.kind === 'event') {
      events.push(record.event);
    } else {
      notes.push({ ...record.note, after: events.at(-1) });
    }
  }
  return { events, notes };
}

function eventsOf(records: readonly TranscriptRecord[]): SessionEvent[] {
  return records.flatMap((record) => (record.kind === 'event' ? [record.event] : []));
}
