export interface RestartLimits {
  /** The pause before each restart in a row, in milliseconds; the last one is used again after that. */
  readonly delaysMs: readonly number[];
  /** So many crashes within `windowMs` are got over; with one more, it is given up. */
  readonly maxCrashes: number;
  readonly windowMs: number;
  /** One that ran for this long was healthy: the next pause is the shortest again. */
  readonly healthyMs: number;
  /** The share of each pause that is left to chance, from 0 to 1: a pause is never longer than `delaysMs` says. */
  readonly jitter: number;
}

/** For a process of our own: at once the first time, then after 1, 2, 4 and 8 s. */
export const DEFAULT_RESTART_LIMITS: RestartLimits = {
  delaysMs: [0, 1_000, 2_000, 4_000, 8_000],
  maxCrashes: 5,
  windowMs: 3 * 60_000,
  healthyMs: 60_000,
  jitter: 0,
};

/** The longest pause between two tries to reach a server, in milliseconds. */
export const RECONNECT_MS = 30_000;

/**
 * For a server that others run: it may be away for hours, so it is never given up. The jitter keeps the windows of many
 * users from calling at the same moment when it is back.
 */
export const RECONNECT_LIMITS: RestartLimits = {
  delaysMs: [0, 1_000, 2_000, 4_000, 8_000, 16_000, RECONNECT_MS],
  maxCrashes: Number.POSITIVE_INFINITY,
  windowMs: 3 * 60_000,
  healthyMs: 30_000,
  jitter: 0.5,
};

/** Decides whether what has crashed is started again, and when. */
export class RestartPolicy {
  private readonly limits: RestartLimits;
  /** When it crashed, oldest first; only what is within the window, and no more than are counted. */
  private crashes: number[] = [];
  private inARow = 0;
  private runningSince: number | undefined;

  /**
   * @param now a clock that never goes back, in milliseconds
   * @param random a number from 0 up to 1
   */
  constructor(
    limits: Partial<RestartLimits> = {},
    private readonly now: () => number = () => performance.now(),
    private readonly random: () => number = Math.random,
  ) {
    this.limits = { ...DEFAULT_RESTART_LIMITS, ...limits };
  }

  /** It runs. */
  started(): void {
    this.runningSince = this.now();
  }

  /**
   * It has crashed, or could not be started again.
   * @returns the pause before the next start in milliseconds, or `undefined` when it is given up
   */
  crashed(): number | undefined {
    const { delaysMs, maxCrashes, windowMs, healthyMs, jitter } = this.limits;
    const now = this.now();
    if (this.runningSince !== undefined && now - this.runningSince >= healthyMs) {
      this.inARow = 0;
    }
    this.runningSince = undefined;
    this.inARow++;
    if (Number.isFinite(maxCrashes)) {
      this.crashes = [...this.crashes.filter((at) => now - at < windowMs), now];
      if (this.crashes.length > maxCrashes) {
        return undefined;
      }
    }
    const delayMs = delaysMs[Math.min(this.inARow, delaysMs.length) - 1] ?? 0;
    return Math.round(delayMs * (1 - jitter * this.random()));
  }

  /** Somebody has started or stopped it by hand: what was before does not count. */
  reset(): void {
    this.crashes = [];
    this.inARow = 0;
    this.runningSince = undefined;
  }
}
