import * as l10n from '@vscode/l10n';
import { asSentence } from '../core/common/sentence';
import { defined } from '../core/common/defined';
import type { Disposable } from 'vscode-jsonrpc/node';
import { realTimers, type Timers } from '../core/common/timers';
import { CloudSessionsError, type ErrorCode } from '../core/errors/cloudSessionsError';
import { RECONNECT_LIMITS, RestartPolicy } from './restartPolicy';

export interface RecoveryOptions {
  /** Decides on restarts after a crash. Without it, a crash leads to the state `failed`. */
  readonly restartPolicy?: RestartPolicy;
  /**
   * Decides when a server that is away is retried, which goes on until it answers. By default there is one if there is
   * a restart policy.
   */
  readonly reconnectPolicy?: RestartPolicy;
  readonly timers?: Timers;
}

/** What becomes of a runtime that was lost. */
export interface RecoveryPlan {
  /** Why it was lost; if there is no restart, it says that too. */
  readonly error: CloudSessionsError;
  /** The delay before the next start, in milliseconds; `undefined` if there is none. */
  readonly restartDelayMs: number | undefined;
}

/** Errors that another start may resolve. */
const TRANSIENT: readonly ErrorCode[] = [
  'runtime-start-failed',
  'runtime-exited',
  'connection-closed',
  'server-unreachable',
  'handshake-failed',
  'timeout',
];

/** Errors that another attempt to reach a server may resolve. A wrong token or protocol stays wrong. */
const TRANSIENT_OF_SERVER: readonly ErrorCode[] = ['server-unreachable', 'connection-closed', 'timeout'];

/** Decides whether and when a lost runtime is restarted, and waits until then. */
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

  /** Whether a restart is scheduled. */
  get isWaiting(): boolean {
    return this.backoff !== undefined;
  }

  /** @param isServer whether it is a server that runs without us, not a child process */
  started(isServer: boolean): void {
    this.policyOf(isServer)?.started();
  }

  /** Whether a failed start is retried. @param automatic whether a crash caused that start, not a call */
  isTransient({ code }: CloudSessionsError, isServer: boolean, automatic: boolean): boolean {
    return isServer ? TRANSIENT_OF_SERVER.includes(code) : automatic && TRANSIENT.includes(code);
  }

  /** Calls `start` after the delay that the policy gives, if it gives one, unless cancelled. */
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

  /** After a manual start or stop: earlier crashes do not count. */
  reset(): void {
    this.restartPolicy?.reset();
    this.reconnectPolicy?.reset();
  }

  private policyOf(isServer: boolean): RestartPolicy | undefined {
    return isServer ? this.reconnectPolicy : this.restartPolicy;
  }
}

function gaveUp({ code, message, nextStep, details, cause }: CloudSessionsError): CloudSessionsError {
  return new CloudSessionsError(
    code,
    `${asSentence(message)} ${l10n.t('It has crashed too often and is not restarted automatically.')}`,
    { ...defined({ nextStep, details }), cause },
  );
}
