import type { SessionEvent } from '@github/copilot-sdk';
import { Deltas, textOfDelta } from '../core/events/deltas';
import type { TranscriptNote, TranscriptRecord } from './transcriptFormat';

/**
 * How long deltas at the end are held back, in milliseconds. Most are dropped when their whole text arrives, and never
 * reach the disk. If this process is killed, this much of a text that is being streamed is lost.
 */
export const HOLD_MS = 2_000;

/**
 * The records to append to a transcript. Deltas are superseded when their whole text arrives: those in the queue are
 * dropped, and those in the file are counted.
 */
export class TranscriptQueue {
  private records: TranscriptRecord[] = [];
  /** Finds superseded deltas, in the queue and in the file. */
  private readonly deltas = new Deltas();
  /** The lengths of the lines of deltas in the file, in bytes. */
  private readonly deltaLines = new WeakMap<SessionEvent, number>();
  private superseded = 0;
  /** When the first of the deltas at the end was added. */
  private heldSince = 0;

  get length(): number {
    return this.records.length;
  }

  /** The size of the superseded deltas in the file, in bytes. */
  get supersededBytes(): number {
    return this.superseded;
  }

  /** Processes the deltas that an event supersedes, whether it is added to the queue or not. */
  observe(event: SessionEvent): void {
    const superseded = new Set(this.deltas.observe(event));
    for (const delta of superseded) {
      this.superseded += this.deltaLines.get(delta) ?? 0;
    }
    if (superseded.size > 0) {
      this.records = this.records.filter((record) => record.kind !== 'event' || !superseded.has(record.event));
    }
  }

  addEvent(event: SessionEvent): void {
    if (isDelta({ kind: 'event', event }) && !isDelta(this.records.at(-1))) {
      this.heldSince = performance.now();
    }
    this.records.push({ kind: 'event', event });
  }

  addNote(note: TranscriptNote): void {
    this.records.push({ kind: 'note', note });
  }

  /** The number of deltas at the end that may be held back. */
  countHeld(): number {
    if (performance.now() - this.heldSince >= HOLD_MS) {
      return 0;
    }
    let count = 0;
    while (count < this.records.length && isDelta(this.records[this.records.length - 1 - count])) {
      count++;
    }
    return count;
  }

  /** Removes and returns all records except the last `held` ones. */
  take(held: number): readonly TranscriptRecord[] {
    // Some may have been dropped since they were counted.
    const end = Math.max(0, this.records.length - held);
    const taken = this.records.slice(0, end);
    this.records = this.records.slice(end);
    return taken;
  }

  /** The line of this record was written. */
  written(record: TranscriptRecord, line: string): void {
    if (record.kind === 'event' && isDelta(record)) {
      this.deltaLines.set(record.event, Buffer.byteLength(line));
    }
  }

  /** The file has, or will have, all records of the queue. @param superseded size of its superseded deltas in bytes */
  reset(superseded = 0): void {
    this.records = [];
    this.superseded = superseded;
  }
}

function isDelta(record: TranscriptRecord | undefined): boolean {
  return record?.kind === 'event' && textOfDelta(record.event) !== undefined;
}
