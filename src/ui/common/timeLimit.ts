/** An event of VS Code's shape, of which only the sign that it happened matters. */
type Signal = (listener: () => void) => { dispose(): unknown };

/** One end to all the waiting for one purpose: whatever is waited for, it is not waited for beyond it. */
export class Deadline {
  private readonly waiting = new Set<() => void>();
  private hasPassed = false;
  private readonly timer: NodeJS.Timeout;

  constructor(milliseconds: number) {
    this.timer = setTimeout(() => this.dispose(), milliseconds);
  }

  /** The promise's value, or `undefined` if the time is up before. */
  async race<T>(promise: Promise<T>): Promise<T | undefined> {
    let end = (): void => undefined;
    const passed = new Promise<undefined>((resolve) => {
      end = () => resolve(undefined);
    });
    if (this.hasPassed) {
      end();
    }
    this.waiting.add(end);
    try {
      return await Promise.race([promise, passed]);
    } finally {
      this.waiting.delete(end);
    }
  }

  /** Waits until the signal comes while the condition holds; `false` if the time is up before. */
  async next(signal: Signal, condition: () => boolean = () => true): Promise<boolean> {
    let subscription: { dispose(): unknown } | undefined;
    const came = new Promise<true>((resolve) => {
      subscription = signal(() => {
        if (condition()) {
          resolve(true);
        }
      });
    });
    try {
      return (await this.race(came)) ?? false;
    } finally {
      subscription?.dispose();
    }
  }

  /** Ends the waiting now. */
  dispose(): void {
    clearTimeout(this.timer);
    this.hasPassed = true;
    for (const end of this.waiting) {
      end();
    }
  }
}
