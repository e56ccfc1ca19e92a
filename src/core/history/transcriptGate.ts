import { within } from '../common/async';
import type { Timers } from '../common/timers';

/** How long a history waits for the transcript at most, in milliseconds: a disk may hang. */
export const TRANSCRIPT_WAIT_MS = 10_000;

/**
 * A session's transcript that is still to be absorbed. The session's history is merged after it: the history has less to
 * add then, and the transcript need not be rewritten.
 */
export class TranscriptGate {
  private state: 'waiting' | 'reading' | 'read' = 'waiting';
  private become: () => void = () => undefined;
  private readonly read = new Promise<void>((resolve) => {
    this.become = resolve;
  });

  constructor(private readonly onChange: () => void) {}

  get isBeingRead(): boolean {
    return this.state !== 'waiting';
  }

  get isRead(): boolean {
    return this.state === 'read';
  }

  /** The transcript is being read: the history may be requested meanwhile. */
  begin(): void {
    this.state = 'reading';
    this.onChange();
  }

  /** The transcript is absorbed, or cannot be. */
  end(): void {
    this.state = 'read';
    this.onChange();
    this.become();
  }

  /** Resolves when the transcript is read; at once if that has not begun, for then the history was wanted at once. */
  async within(timers: Timers): Promise<void> {
    if (this.state === 'reading') {
      await within(this.read, TRANSCRIPT_WAIT_MS, timers);
    }
  }
}
