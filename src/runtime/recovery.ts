import * as l10n from '@vscode/l10n';
import { defined } from '../core/common/defined';
import type { Disposable } from 'vscode-jsonrpc/node';
import { realTimers, type Timers } from '../core/common/timers';
import { CloudSessionsError, type ErrorCode } from '../core/errors/cloudSessionsError';
import { RECONNECT_LIMITS, RestartPolicy } from './restartPolicy';

export interface RecoveryOptions {
  /** Decides on restarts after a crash. Without it, a crash is the end: the state is `failed`. */
  readonly restartPolicy?: RestartPolicy;
  /**
   * Decides when a server that is away is tried again, which never ends by itself. With a restart policy there is always
   * one.
   */
  readonly reconnectPolicy?: RestartPolicy;
  readonly timers?: Timers;
}

/** What becomes of a runtime that was lost. */
export interface RecoveryPlan {
  /** Why it was lost, or, if it is given up, that as well. */
  readonly error: CloudSessionsError;
  /** How long it is waited before the next start, in milliseconds; `undefined` if it is given up. */
  readonly restartDelayMs: number | undefined;
}

/** What a further start may mend by itself. */
const TRANSIENT: readonly ErrorCode[] = [
  'runtime-start-failed',
  'runtime-exited',
  'connection-closed',
  'server-unreachable',
  'handshake-failed',
  'timeout',
];

/** What the next try to reach a server may find mended. A wrong token or protocol stays wrong. */
const PASSING: readonly ErrorCode[] = ['server-unreachable', 'connection-closed', 'timeout'];

/** Decides whether and when a runtime that was lost is started again, and waits until then. */
export class Recovery {
  private readonly restartPolicy: RestartPolicy | undefined;
  private readonly reconnectPolicy: RestartPolicy | undefined;
  private readonly timers: Timers;
  private backoff: Disposable | undefined;

  constructor({ restartPolicy, reconnectPolicy, timers = realTimers }: RecoveryOptions) {
    this.restartPolicy = restartPolicy;
    this.reconnectPolicy =
      reconnectPolicy ?? (restartPolicy === undefined ? undefined : new RestartPolicy(RECONNECT_LIMITS));
    this.timers = timers;
  }

  /** The pause before a start is under way. */
  get isWaiting(): boolean {
    return this.backoff !== undefined;
  }

  /** @param isServer it is a server that runs without us, and not a process of ours */
  started(isServer: boolean): void {
    this.policyOf(isServer)?.started();
  }

  /** Whether a start that has failed is tried again. @param automatic a crash caused that start, not a call */
  isTransient({ code }: CloudSessionsError, isServer: boolean, automatic: boolean): boolean {
    return isServer ? PASSING.includes(code) : automatic && TRANSIENT.includes(code);
  }

  /** Calls `start` after the pause that the policy gives, unless it is given up or cancelled. */
  schedule(error: CloudSessionsError, isServer: boolean, start: () => void): RecoveryPlan {
    const policy = this.policyOf(isServer);
    const restartDelayMs = policy?.crashed();
    if (restartDelayMs === undefined) {
      return { error: policy === undefined ? error : gaveUp(error), restartDelayMs };
    }
    this.backoff = this.timers(start, restartDelayMs);
    return { error, restartDelayMs };
  }

  cancel(): void {
    this.backoff?.dispose();
    this.backoff = undefined;
  }

  /** Somebody starts or stops it by hand: the crashes before do not count. */
  reset(): void {
    this.restartPolicy?.reset();
    this.reconnectPolicy?.reset();
  }

  private policyOf(isServer: boolean): RestartPolicy | undefined {
    return isServer ? this.reconnectPolicy : this.restartPolicy;
  }
}

function gaveUp({ code, message, nextStep, details, cause }: CloudSessionsError): CloudSessionsError {
  const reason = /[.!?…]$/.test(message) ? message : `${message}.`;
  return new CloudSessionsError(
    code,
    `${reason} ${l10n.t('It has crashed too often and is not restarted automatically.')}`,
    { ...defined({ nextStep, details }), cause },
  );
}
