import type { SessionEvent } from '@github/copilot-sdk';
import { Deltas, textOfDelta } from '../core/events/deltas';
import type { TranscriptNote, TranscriptRecord } from './transcriptFormat';

/**
 * How long deltas at the end are held back, in milliseconds. Most go when their whole text comes, and never reach the
 * disk; should this process be killed, so much of a text that was being streamed is lost.
 */
export const HOLD_MS = 2_000;

/**
 * What is to be appended to a transcript. Deltas whose whole text has come say nothing more: those in the queue are
 * dropped, and those in the file are counted.
 */
export class TranscriptQueue {
  private records: TranscriptRecord[] = [];
  /** Which deltas say nothing more, whether they are in the queue or in the file. */
  private readonly deltas = new Deltas();
  /** The lengths of the lines of deltas in the file, in bytes. */
  private readonly deltaLines = new WeakMap<SessionEvent, number>();
  private superseded = 0;
  /** When the first of the deltas at the end was put there. */
  private heldSince = 0;

  get length(): number {
    return this.records.length;
  }

  /** How much of the file are deltas whose whole text is in it as well, in bytes. */
  get supersededBytes(): number {
    return this.superseded;
  }

  /** Notes what an event says of deltas, whether it is put into the queue or not. */
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

  /** How many records at the end are deltas that may wait. */
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

  /** Takes all out but those at the end that are held. */
  take(held: number): readonly TranscriptRecord[] {
    // Others may have gone since they were counted.
    const end = Math.max(0, this.records.length - held);
    const taken = this.records.slice(0, end);
    this.records = this.records.slice(end);
    return taken;
  }

  /** The line of this record is in the file. */
  written(record: TranscriptRecord, line: string): void {
    if (record.kind === 'event' && isDelta(record)) {
      this.deltaLines.set(record.event, Buffer.byteLength(line));
    }
  }

  /** What was in the queue is in the file, or will be. @param superseded the bytes of superseded deltas in that file */
  reset(superseded = 0): void {
    this.records = [];
    this.superseded = superseded;
  }
}

function isDelta(record: TranscriptRecord | undefined): boolean {
  return record?.kind === 'event' && textOfDelta(record.event) !== undefined;
}
