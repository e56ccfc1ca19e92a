import { closeSync, openSync, readSync } from 'node:fs';

/**
 * The longest time for which this thread itself worked between two turns of the event loop, in milliseconds. On a busy
 * machine a block is longer than that, because the thread waits for a CPU or for the garbage collector's other threads.
 * Known on Linux only.
 */
export class ThreadTime {
  private readonly file = open();
  private readonly buffer = Buffer.alloc(100);
  private before = this.now();
  private longest = 0;
  private readonly timer = setInterval(() => {
    const now = this.now();
    this.longest = Math.max(this.longest, now - this.before);
    this.before = now;
  }, 1);

  /** `undefined` where it is not known. */
  stop(): number | undefined {
    clearInterval(this.timer);
    if (this.file === undefined) {
      return undefined;
    }
    closeSync(this.file);
    return this.longest;
  }

  private now(): number {
    if (this.file === undefined) {
      return 0;
    }
    const length = readSync(this.file, this.buffer, 0, this.buffer.length, 0);
    return Number(this.buffer.toString('latin1', 0, length).split(' ')[0]) / 1e6;
  }
}

function open(): number | undefined {
  try {
    return openSync('/proc/self/schedstat', 'r');
  } catch {
    return undefined;
  }
}
