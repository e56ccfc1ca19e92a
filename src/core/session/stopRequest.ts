import * as l10n from '@vscode/l10n';
import type { SessionEvent } from '@github/copilot-sdk';
import type { Disposable } from 'vscode-jsonrpc/node';
import { readDate } from '../common/json';
import type { Timers } from '../common/timers';
import { isBusy, type SessionActivity } from '../activity/activity';

/** How long the service may take to confirm a stop before the user is told that it has not, in milliseconds. */
export const UNCONFIRMED_AFTER_MS = 10_000;

/**
 * none: no stop was requested, or the agent has stopped. stopping: requested, and neither confirmed nor refused yet.
 * unconfirmed: requested, and not confirmed for 10 s; the agent may still work.
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

/** Events that end the agent's work, because of the stop or by itself just before it. */
const ENDS: ReadonlySet<string> = new Set(['abort', 'session.idle', 'session.task_complete', 'session.error']);

/**
 * A request that the agent stop, from the click until the agent has stopped. The runtime's answer proves nothing: the
 * agent has stopped when its events say so.
 */
export class StopRequest implements Disposable {
  private current: StopState = 'none';
  private running: Promise<void> | undefined;
  private timer: Disposable | undefined;
  private disposed = false;
  /** The time of the last event before the request, by the service's clock. An end before that does not count. */
  private askedAfter: Date | undefined;

  constructor(
    /** Sends the request; rejects if the runtime refuses. */
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
   * Asks the agent to stop. A call while another one runs joins it.
   * @returns once the runtime has accepted the request; `state` tells of the stop itself
   */
  run(): Promise<void> {
    this.running ??= this.ask().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  /** A stop was requested, here or by another object for the session: waits for the end of the agent's work. */
  expect(): void {
    // An agent at rest has nothing to confirm. The request is sent nevertheless, for work that is about to begin.
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

  /** An earlier end may arrive late, or again with the history of another connection. */
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
