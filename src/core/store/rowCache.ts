import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import type { SessionRow } from './sessionRow';
import { RunOnceScheduler } from '../common/runOnceScheduler';
import type { Timers } from '../common/timers';

/** Keys of the rows that changed; `undefined` if rows were added or removed, or may have moved. */
export type RowsChange = ReadonlySet<string> | undefined;

/** How long changes are collected before they are announced, in milliseconds. */
const ANNOUNCE_MS = 50;

/**
 * Caches rows until something that they show changes, for there may be a thousand, and announces changes once in
 * `ANNOUNCE_MS`.
 */
export class RowCache implements Disposable {
  private readonly rows = new Map<string, SessionRow>();
  private dirty: Set<string> | 'all' = new Set();
  /** Touched since the last call of `takeTouched`. */
  private touched: Set<string> | 'all' = 'all';
  private readonly announcement: RunOnceScheduler;
  private readonly changes = new Emitter<RowsChange>();

  readonly onDidChange: Event<RowsChange> = this.changes.event;

  constructor(timers: Timers) {
    this.announcement = new RunOnceScheduler(() => this.announce(), ANNOUNCE_MS, timers);
  }

  /** The row with this key; made again if it was touched. */
  row(key: string, make: (key: string) => SessionRow): SessionRow {
    const known = this.rows.get(key);
    if (known !== undefined) {
      return known;
    }
    const row = make(key);
    this.rows.set(key, row);
    return row;
  }

  /** Something that this row shows has changed. */
  touch(key: string): void {
    this.rows.delete(key);
    if (this.dirty !== 'all') {
      this.dirty.add(key);
    }
    if (this.touched !== 'all') {
      this.touched.add(key);
    }
    this.announcement.schedule();
  }

  /** Rows were added or removed, or may have moved. */
  touchAll(): void {
    this.rows.clear();
    this.dirty = 'all';
    this.touched = 'all';
    this.announcement.schedule();
  }

  /** @returns the keys of the rows that may have changed since the last call; `undefined` for any */
  takeTouched(): RowsChange {
    const touched = this.touched === 'all' ? undefined : this.touched;
    this.touched = new Set();
    return touched;
  }

  dispose(): void {
    this.announcement.dispose();
    this.changes.dispose();
  }

  private announce(): void {
    const change = this.dirty === 'all' ? undefined : this.dirty;
    this.dirty = new Set();
    this.changes.fire(change);
  }
}
