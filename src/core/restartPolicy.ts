export interface RestartLimits {
  /** The pause before each restart in a row, in milliseconds; the last one is used again after that. */
  readonly delaysMs: readonly number[];
  /** This many crashes within `windowMs`, and it is given up. */
  readonly maxCrashes: number;
  readonly windowMs: number;
  /** One that ran for this long was healthy: the next pause is the shortest again. */
  readonly healthyMs: number;
}

export const DEFAULT_RESTART_LIMITS: RestartLimits = {
  delaysMs: [1_000, 2_000, 4_000, 8_000],
  maxCrashes: 5,
  windowMs: 3 * 60_000,
  healthyMs: 60_000,
};

/** Decides whether what has crashed is started again, and when. */
export class RestartPolicy {
  private readonly limits: RestartLimits;
  /** When it crashed, oldest first; only what is within the window. */
  private crashes: number[] = [];
  private inARow = 0;
  private runningSince: number | undefined;

  /** @param now a clock that never goes back, in milliseconds */
  constructor(
    limits: Partial<RestartLimits> = {},
    private readonly now: () => number = () => performance.now(),
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
    const { delaysMs, maxCrashes, windowMs, healthyMs } = this.limits;
    const now = this.now();
    if (this.runningSince !== undefined && now - this.runningSince >= healthyMs) {
      this.inARow = 0;
    }
    this.runningSince = undefined;
    this.inARow++;
    this.crashes = [...this.crashes.filter((at) => now - at < windowMs), now];
    return this.crashes.length >= maxCrashes ? undefined : delaysMs[Math.min(this.inARow, delaysMs.length) - 1];
  }

  /** Somebody has started or stopped it by hand: what was before does not count. */
  reset(): void {
    this.crashes = [];
    this.inARow = 0;
    this.runningSince = undefined;
  }
}
