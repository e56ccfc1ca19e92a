import type { SessionEvent } from '@github/copilot-sdk';
import type { EventLog, LogCursor } from './eventLog';
import { INITIAL_ACTIVITY, reduceActivity, type SessionActivity } from './sessionState';
import type { SlicedWork } from './slices';

/** How many events are looked at before others may have their turn. */
const EVENTS_PER_STEP = 256;

/** What the events of a log say of the session; computed when asked, so that a burst of events costs the reader nothing. */
export class ReducedActivity {
  private state: SessionActivity = INITIAL_ACTIVITY;
  /** Behind the last event that `state` has seen; at the beginning when the log was rewritten. */
  private readonly cursor: LogCursor;
  /** `log.rewrites` as it was then. */
  private rewrites = 0;
  /** `log.missedUpTo` as it was then. */
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

  /** Computes what `current` would otherwise have to, which takes long after a merge. */
  *catchingUp(): SlicedWork<void> {
    while (this.rewrites !== this.log.rewrites || this.cursor.next < this.log.all.length) {
      this.reduceTo(this.cursor.next + EVENTS_PER_STEP);
      yield;
    }
  }

  private reduceTo(end: number): void {
    const { all, rewrites, refuted, missedUpTo } = this.log;
    const { progress, resting, backgroundTasks } = this.state;
    // Where the agent is in the middle of its work, it makes no difference what was missed before.
    const isInDoubt = progress === 'working' && (resting || backgroundTasks.size > 0);
    const isOutdated = this.rewrites !== rewrites || (this.missedUpTo !== missedUpTo && isInDoubt);
    this.missedUpTo = missedUpTo;
    if (isOutdated) {
      this.rewrites = rewrites;
      this.state = INITIAL_ACTIVITY;
      this.cursor.next = 0;
    }
    const from = this.cursor.next;
    if (from < all.length) {
      const isWhole = end >= all.length;
      const now = this.now().getTime();
      this.state = reduceActivity(this.state, isWhole ? all : all.slice(from, end), isWhole ? from : 0, {
        now,
        refuted,
        missedUpTo,
      });
      this.cursor.next = Math.min(end, all.length);
    }
  }
}
