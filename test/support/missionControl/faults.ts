/** What the service is asked for; each can fail by itself. */
export const ROUTES = [
  'user',
  'managedSettings',
  'models',
  'repository',
  'createTask',
  'listTasks',
  'getTask',
  'getEvents',
  'steer',
  'rpc',
  'rpcResult',
  'deviceCode',
  'accessToken',
  'account',
] as const;

export type RouteName = (typeof ROUTES)[number];

/** How a route misbehaves. */
export type Fault =
  /** A refusal: `{message}` with this status. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** No answer, as long as the client waits. */
  | { readonly kind: 'hang' }
  /** The connection is torn down (RST) instead of an answer. */
  | { readonly kind: 'reset' }
  /** 200 with a body that is not JSON: this one, or half an object. */
  | { readonly kind: 'malformed'; readonly body?: string }
  /** 200 with this value instead of the route's own answer. */
  | { readonly kind: 'answer'; readonly body: unknown }
  /** The right answer, so many milliseconds later. */
  | { readonly kind: 'delay'; readonly ms: number };

export interface FaultOptions {
  /** So many requests meet it, then it is over. Without: all. */
  readonly times?: number;
  /** It is over after so many milliseconds. */
  readonly forMs?: number;
}

interface ActiveFault {
  readonly fault: Fault;
  left: number;
  readonly until: number;
}

/** The faults that are set: one for each route, and one for all that have none of their own. */
export class Faults {
  private readonly active = new Map<RouteName | '*', ActiveFault>();

  /** Replaces the fault of that route. */
  set(route: RouteName | '*', fault: Fault, { times = Infinity, forMs = Infinity }: FaultOptions = {}): void {
    this.active.set(route, { fault, left: times, until: performance.now() + forMs });
  }

  /** Ends the fault of that route, or all. */
  clear(route?: RouteName | '*'): void {
    if (route === undefined) {
      this.active.clear();
    } else {
      this.active.delete(route);
    }
  }

  /** The fault that a request meets, which counts it. */
  take(route: RouteName): Fault | undefined {
    return this.takeFrom(route) ?? this.takeFrom('*');
  }

  private takeFrom(key: RouteName | '*'): Fault | undefined {
    const active = this.active.get(key);
    if (active === undefined) {
      return undefined;
    }
    if (performance.now() > active.until || active.left <= 0) {
      this.active.delete(key);
      return undefined;
    }
    active.left--;
    return active.fault;
  }
}
