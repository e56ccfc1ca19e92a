import type { SessionEvent } from '@github/copilot-sdk';
import { EventLog } from '../core/eventLog';
import type { TranscriptNote, TranscriptRecord } from './transcriptFormat';

/**
 * The transcripts that several windows wrote of one session, as one: each event once, in the session's order. Each
 * window had its own runtime, so that the same event may have another id in each.
 */
export function joinRecords(parts: readonly (readonly TranscriptRecord[])[]): readonly TranscriptRecord[] {
  const [first = [], ...others] = [...parts].sort((a, b) => b.length - a.length);
  if (others.length === 0) {
    return first;
  }
  const log = new EventLog(() => undefined);
  log.merge(eventsOf(first), false);
  for (const other of others) {
    log.merge(eventsOf(other), true);
  }
  const notes = new Map<SessionEvent | undefined, TranscriptNote[]>();
  const kept = new Set(log.all);
  const said = new Set<string>();
  for (const part of [first, ...others]) {
    let after: SessionEvent | undefined;
    for (const record of part) {
      if (record.kind === 'event') {
        after = kept.has(record.event) ? record.event : after;
      } else {
        const key = `${record.note.at.toISOString()} ${record.note.text}`;
        if (!said.has(key)) {
          said.add(key);
          const same = notes.get(after);
          if (same === undefined) {
            notes.set(after, [record.note]);
          } else {
            same.push(record.note);
          }
        }
      }
    }
  }
  return recordsOf(log.all, (after) => notes.get(after) ?? []);
}

/** Events with what was noted after each, in the order of a file. */
export function recordsOf(
  events: readonly SessionEvent[],
  notesAfter: (event: SessionEvent | undefined) => readonly TranscriptNote[],
): readonly TranscriptRecord[] {
  const asRecords = (after: SessionEvent | undefined): readonly TranscriptRecord[] =>
    notesAfter(after).map((note) => ({ kind: 'note', note }));
  return [
    ...asRecords(undefined),
    ...events.flatMap((event) => [{ kind: 'event', event } as const, ...asRecords(event)]),
  ];
}

function eventsOf(records: readonly TranscriptRecord[]): SessionEvent[] {
  return records.flatMap((record) => (record.kind === 'event' ? [record.event] : []));
}
