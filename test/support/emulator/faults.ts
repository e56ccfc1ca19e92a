/** A request that the service answers, for which a fault can be set. */
export type Route =
  'user' | 'models' | 'repository' | 'create' | 'list' | 'task' | 'events' | 'steer' | 'rpc' | 'rpcResult';

/** How a route misbehaves: in one of these ways, for as long as it is set, or as often as `times` says. */
export interface Fault {
  /** HTTP status and message of a refusal. */
  readonly status?: number;
  readonly message?: string;
  /** Never answers. */
  readonly hang?: boolean;
  /** Closes the connection without an answer. */
  readonly reset?: boolean;
  /** Answers 200 with a body that is not JSON. */
  readonly malformed?: boolean;
  /** Answers properly, but only after this many milliseconds. */
  readonly delayMs?: number;
  readonly times?: number;
}

/** The faults that are set, by route. */
export class Faults {
  private readonly faults = new Map<Route, { fault: Fault; left: number }>();

  set(route: Route, fault: Fault | undefined): void {
    if (fault === undefined) {
      this.faults.delete(route);
    } else {
      this.faults.set(route, { fault, left: fault.times ?? Number.POSITIVE_INFINITY });
    }
  }

  clear(): void {
    this.faults.clear();
  }

  /** The fault that this request meets; counts it. */
  take(route: Route): Fault | undefined {
    const entry = this.faults.get(route);
    if (entry === undefined) {
      return undefined;
    }
    entry.left--;
    if (entry.left <= 0) {
      this.faults.delete(route);
    }
    return entry.fault;
  }
}
