const HOUR_MS = 3_600_000;

interface Expense {
  readonly at: number;
  readonly requests: number;
}

/** Counts requests, so that there are never more than a number of them in any hour. Times are in milliseconds. */
export class RequestBudget {
  /** Of the last hour, in the order of their times. */
  private readonly expenses: Expense[] = [];

  constructor(
    /** The most requests in an hour. */
    private readonly limit: number,
    /** The most requests of one task. */
    private readonly most: number,
  ) {}

  /** @param at when the last of the requests ended; not before the time of an earlier call */
  spend(requests: number, at: number): void {
    if (requests > 0) {
      this.expenses.push({ at, requests });
    }
  }

  /** The first time, from `now` on, at which a task stays within the budget. */
  freeAt(now: number): number {
    this.forget(now);
    let spent = this.spent();
    let at = now;
    for (const expense of this.expenses) {
      if (spent + this.most <= this.limit) {
        break;
      }
      spent -= expense.requests;
      at = expiryOf(expense);
    }
    return at;
  }

  /** As `freeAt`, but the rest of the budget is spread evenly over the time until it grows again. */
  spreadAt(now: number): number {
    const free = this.freeAt(now);
    const [oldest] = this.expenses;
    const latest = this.expenses.at(-1);
    if (oldest === undefined || latest === undefined || free > now) {
      return free;
    }
    const spent = this.spent();
    const tasks = ((this.limit - spent) * this.expenses.length) / spent;
    return Math.max(now, latest.at + (expiryOf(oldest) - latest.at) / tasks);
  }

  private spent(): number {
    return this.expenses.reduce((sum, { requests }) => sum + requests, 0);
  }

  private forget(now: number): void {
    while (this.expenses[0] !== undefined && expiryOf(this.expenses[0]) <= now) {
      this.expenses.shift();
    }
  }
}

/** An hour has both its ends. */
function expiryOf({ at }: Expense): number {
  return at + HOUR_MS + 1;
}
