import type { EventLog } from './eventLog';
import { INITIAL_ACTIVITY, reduceActivity, type SessionActivity } from './sessionState';

/** What the events of a log say of the session; computed when asked, so that a burst of events costs the reader nothing. */
export class ReducedActivity {
  private state: SessionActivity = INITIAL_ACTIVITY;
  /** How many of the log's events `state` has seen. */
  private seen = 0;
  /** `log.rewrites` as it was then. */
  private rewrites = 0;

  constructor(
    private readonly log: EventLog,
    private readonly now: () => Date = () => new Date(),
  ) {}

  get current(): SessionActivity {
    const { all: events, rewrites } = this.log;
    if (this.rewrites !== rewrites) {
      this.rewrites = rewrites;
      this.state = INITIAL_ACTIVITY;
      this.seen = 0;
    }
    if (this.seen < events.length) {
      this.state = reduceActivity(this.state, events, this.seen, this.now().getTime());
      this.seen = events.length;
    }
    return this.state;
  }
}
