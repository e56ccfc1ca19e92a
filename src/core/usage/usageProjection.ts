import type { EventLog, LogCursor } from '../eventLog/eventLog';
import { UsageTotals, type SessionUsage } from './usageTotals';

/** What the session of a log has used. Computed when it is asked for: few look at it, and a burst of events costs nothing. */
export class UsageProjection {
  private totals = new UsageTotals();
  private readonly cursor: LogCursor;
  /** `log.rewrites` at the time of `totals`. */
  private rewrites = 0;

  constructor(private readonly log: EventLog) {
    this.cursor = log.cursor();
  }

  /** @param isWhole nothing is known to be missing in the log */
  current(isWhole: boolean): SessionUsage {
    const { all, rewrites } = this.log;
    if (rewrites !== this.rewrites) {
      this.rewrites = rewrites;
      this.totals = new UsageTotals();
      this.cursor.next = 0;
    }
    for (const event of all.slice(this.cursor.next)) {
      this.totals.add(event);
    }
    this.cursor.next = all.length;
    return this.totals.figures(isWhole);
  }
}
