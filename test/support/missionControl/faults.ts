/** The routes of the service. Each can fail on its own. */
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
  'getRepository',
  'compare',
  'contents',
  'blob',
  'listPulls',
  'createPull',
  'getPull',
  'pullFiles',
  'pullReviews',
  'checkRuns',
  'combinedStatus',
  'getIssue',
  'searchIssues',
  'searchRepositories',
] as const;

export type RouteName = (typeof ROUTES)[number];

/** How a route misbehaves. */
export type Fault =
  /** Refuses with this status and a body `{message, ...body}`. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly message?: string;
      readonly body?: Readonly<Record<string, unknown>>;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Never answers. */
  | { readonly kind: 'hang' }
  /** Resets the connection (RST) instead of answering. */
  | { readonly kind: 'reset' }
  /** Answers 200 with a body that is not JSON: this one, or half an object. */
  | { readonly kind: 'malformed'; readonly body?: string }
  /** Answers 200 with this value instead of the route's own answer. */
  | { readonly kind: 'answer'; readonly body: unknown }
  /** Answers correctly, with this delay in milliseconds. */
  | { readonly kind: 'delay'; readonly ms: number };

export interface FaultOptions {
  /** How many requests the fault affects. Default: all. */
  readonly times?: number;
  /** How long the fault lasts, in milliseconds. */
  readonly forMs?: number;
}

interface ActiveFault {
  readonly fault: Fault;
  left: number;
  readonly until: number;
}

/** The active faults: one for each route, and one for all routes without their own. */
export class Faults {
  private readonly active = new Map<RouteName | '*', ActiveFault>();

  /** Replaces the fault of a route. */
  set(route: RouteName | '*', fault: Fault, { times = Infinity, forMs = Infinity }: FaultOptions = {}): void {
    this.active.set(route, { fault, left: times, until: performance.now() + forMs });
  }

  /** Ends the fault of a route, or all faults. */
  clear(route?: RouteName | '*'): void {
    if (route === undefined) {
      this.active.clear();
    } else {
      this.active.delete(route);
    }
  }

  /** The fault that applies to a request. Counts the request. */
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
