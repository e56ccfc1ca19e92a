import * as l10n from '@vscode/l10n';
import type { SessionEvent } from '@github/copilot-sdk';
import type { Disposable } from 'vscode-jsonrpc/node';
import { readDate } from '../common/json';
import type { Timers } from '../common/timers';
import { isBusy, type SessionActivity } from '../activity/activity';

/** How long the service may take to confirm a stop before the user is told that it has not, in milliseconds. */
export const UNCONFIRMED_AFTER_MS = 10_000;

/**
 * none: nobody asked, or the agent has stopped. stopping: asked, and neither confirmed nor refused yet. unconfirmed:
 * asked, and for 10 s nothing was heard of it: the agent may go on.
 */
export type StopState = 'none' | 'stopping' | 'unconfirmed';

/** What the session's log says when the state becomes this one. */
export function noteOfStop(
  state: StopState,
): { readonly level: 'info' | 'warning'; readonly text: string } | undefined {
  switch (state) {
    case 'none':
      return undefined;
    case 'stopping':
      return { level: 'info', text: l10n.t('Asked the agent to stop.') };
    case 'unconfirmed':
      return {
        level: 'warning',
        text: l10n.t(
          'The service has not confirmed the stop within {0} s. The agent may still be working.',
          UNCONFIRMED_AFTER_MS / 1_000,
        ),
      };
  }
}

/** With these the agent's work is over, by the stop or by itself just before it. */
const ENDS: ReadonlySet<string> = new Set(['abort', 'session.idle', 'session.task_complete', 'session.error']);

/**
 * A wish that the agent stop, from the click until the agent has stopped. That the runtime took the call proves
 * nothing: the agent has stopped when its events say so.
 */
export class StopRequest implements Disposable {
  private current: StopState = 'none';
  private running: Promise<void> | undefined;
  private timer: Disposable | undefined;
  private disposed = false;
  /** When the agent was last heard of before it was asked, by the service's clock: an end before that is none. */
  private askedAfter: Date | undefined;

  constructor(
    /** Asks the runtime; rejects when that refuses. */
    private readonly abort: () => Promise<void>,
    private readonly activity: () => SessionActivity,
    private readonly timers: Timers,
    /** Called after each change of `state`. */
    private readonly changed: (state: StopState) => void,
  ) {}

  get state(): StopState {
    return this.current;
  }

  /**
   * Asks the agent to stop. A second call while the first one runs is the same wish, and gives the same answer.
   * @returns once the runtime has taken the call; the stop itself is said by `state`.
   */
  run(): Promise<void> {
    this.running ??= this.ask().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  /** The agent was asked, here or by another object for the session: its end is waited for. */
  expect(): void {
    // Of an agent that rests there is nothing to confirm; the call is made all the same, for what is on its way.
    if (this.mayWork()) {
      this.askedAfter = this.activity().lastEventTime;
      this.set('stopping');
      this.timer?.dispose();
      this.timer = this.timers(() => this.set(this.mayWork() ? 'unconfirmed' : 'none'), UNCONFIRMED_AFTER_MS);
    }
  }

  /** To be given every event of the session. */
  observe(event: SessionEvent): void {
    if (this.current !== 'none' && ENDS.has(event.type) && typeof event.agentId !== 'string' && !this.isOld(event)) {
      this.set('none');
    }
  }

  dispose(): void {
    this.disposed = true;
    this.timer?.dispose();
  }

  private async ask(): Promise<void> {
    this.expect();
    try {
      await this.abort();
    } catch (error) {
      this.set('none');
      throw error;
    }
  }

  /** What was missed before may come late, or again with the history of another connection. */
  private isOld(event: SessionEvent): boolean {
    const time = readDate(event, 'timestamp');
    return time !== undefined && this.askedAfter !== undefined && time < this.askedAfter;
  }

  private mayWork(): boolean {
    const { status } = this.activity();
    return isBusy(status) || status === 'queued';
  }

  private set(state: StopState): void {
    if (this.disposed || state === this.current) {
      return;
    }
    this.current = state;
    this.timer?.dispose();
    this.timer = undefined;
    this.changed(state);
  }
}
