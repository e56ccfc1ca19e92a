export interface RestartLimits {
  /** The delay before each consecutive restart, in milliseconds; the last one repeats. */
  readonly delaysMs: readonly number[];
  /** Restart after up to this many crashes within `windowMs`; give up after one more. */
  readonly maxCrashes: number;
  readonly windowMs: number;
  /** After running for this long, the next delay is the first one again. */
  readonly healthyMs: number;
  /** The random share of each delay, from 0 to 1. It only shortens the delays. */
  readonly jitter: number;
}

/** For a child process: at once the first time, then after 1, 2, 4 and 8 s. */
export const DEFAULT_RESTART_LIMITS: RestartLimits = {
  delaysMs: [0, 1_000, 2_000, 4_000, 8_000],
  maxCrashes: 5,
  windowMs: 3 * 60_000,
  healthyMs: 60_000,
  jitter: 0,
};

/** The longest delay between two attempts to reach a server, in milliseconds. */
export const RECONNECT_MS = 30_000;

/**
 * For a server that others run: it may be away for hours, so the attempts never end. The jitter keeps the windows of
 * many users from connecting at the same moment when it is back.
 */
export const RECONNECT_LIMITS: RestartLimits = {
  delaysMs: [0, 1_000, 2_000, 4_000, 8_000, 16_000, RECONNECT_MS],
  maxCrashes: Number.POSITIVE_INFINITY,
  windowMs: 3 * 60_000,
  healthyMs: 30_000,
  jitter: 0.5,
};

/** Decides whether a crashed runtime is restarted, and when. */
export class RestartPolicy {
  private readonly limits: RestartLimits;
  /** The times of the crashes within the window, oldest first. */
  private crashes: number[] = [];
  private inARow = 0;
  private runningSince: number | undefined;

  /**
   * @param now a monotonic clock, in milliseconds
   * @param random from 0 to below 1
   */
  constructor(
    limits: Partial<RestartLimits> = {},
    private readonly now: () => number = () => performance.now(),
    private readonly random: () => number = Math.random,
  ) {
    this.limits = { ...DEFAULT_RESTART_LIMITS, ...limits };
  }

  /** The runtime is running. */
  started(): void {
    this.runningSince = this.now();
  }

  /**
   * The runtime has crashed, or a restart failed.
   * @returns the delay before the next start in milliseconds; `undefined` to give up
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

  /** After a manual start or stop: earlier crashes do not count. */
  reset(): void {
    this.crashes = [];
    this.inARow = 0;
    this.runningSince = undefined;
  }
}
