import type { SessionEvent } from '@github/copilot-sdk';
import type { EventLog, LogCursor } from '../eventLog/eventLog';
import { reduceActivity } from './activityReducer';
import type { SlicedWork } from '../common/timeSlices';
import { INITIAL_ACTIVITY, type SessionActivity } from './activity';

/** Events in one slice of work. */
const EVENTS_PER_STEP = 256;

/** The state of the session that a log has. Computed on demand, so that a burst of events costs the reader nothing. */
export class ActivityProjection {
  private state: SessionActivity = INITIAL_ACTIVITY;
  /** After the last event in `state`; at the beginning after the log was rewritten. */
  private readonly cursor: LogCursor;
  /** `log.rewrites` at the time of `state`. */
  private rewrites = 0;
  /** `log.missedUpTo` at the time of `state`. */
  private missedUpTo: SessionEvent | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly now: () => Date = () => new Date(),
  ) {
    this.cursor = log.cursor();
  }

  get current(): SessionActivity {
    this.reduceTo(Number.POSITIVE_INFINITY);
    return this.state;
  }

  /** Computes in slices what `current` would compute at once, which takes long after a merge. */
  *catchingUp(): SlicedWork<void> {
    while (this.isOutdated || this.cursor.next < this.log.all.length) {
      this.reduceTo((this.isOutdated ? 0 : this.cursor.next) + EVENTS_PER_STEP);
      yield;
    }
  }

  /** `state` must be computed from the beginning. */
  private get isOutdated(): boolean {
    const { progress, resting, backgroundTasks } = this.state;
    // In the middle of the agent's work, it makes no difference what was missed before.
    const isInDoubt = progress === 'working' && (resting || backgroundTasks.size > 0);
    return this.rewrites !== this.log.rewrites || (isInDoubt && this.missedUpTo !== this.log.missedUpTo);
  }

  private reduceTo(end: number): void {
    const { all, rewrites, refuted, missedUpTo } = this.log;
    if (this.isOutdated) {
      this.rewrites = rewrites;
      this.state = INITIAL_ACTIVITY;
      this.cursor.next = 0;
    }
    this.missedUpTo = missedUpTo;
    const from = this.cursor.next;
    if (from < all.length) {
      const isWhole = end >= all.length;
      const facts = { now: this.now().getTime(), refuted, missedUpTo };
      this.state = reduceActivity(this.state, isWhole ? all : all.slice(from, end), isWhole ? from : 0, facts);
      this.cursor.next = Math.min(end, all.length);
    }
  }
}
