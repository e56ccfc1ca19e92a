import { within } from '../common/async';
import type { Timers } from '../common/timers';

/** So long a history waits at most for what was kept of the session, in milliseconds: a disk may hang. */
export const TRANSCRIPT_WAIT_MS = 10_000;

/**
 * What was kept of a session, and is still to be absorbed. The session's history comes behind it: it has less to add
 * then, and the kept file need not be written anew.
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

  /** Its turn has come: the history may be asked for beside it. */
  begin(): void {
    this.state = 'reading';
    this.onChange();
  }

  /** It is absorbed, or cannot be. */
  end(): void {
    this.state = 'read';
    this.onChange();
    this.become();
  }

  /** Resolves when it is read; at once if its turn is still to come, for then somebody was in a hurry. */
  async within(timers: Timers): Promise<void> {
    if (this.state === 'reading') {
      await within(this.read, TRANSCRIPT_WAIT_MS, timers);
    }
  }
}
