import * as l10n from '@vscode/l10n';
import type { CancellationToken } from 'vscode-jsonrpc/node';
import type { Retries } from '../errors/retry';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import type { UnknownEventTypes } from '../rendering/formatters/unknownEventTypes';
import type { RpcMethod } from '../rpc/methods';
import type { HistoryReadQueue } from '../history/historyReadQueue';

/** What the parts of a session use of its connection to the runtime. */
export interface SessionTransport {
  request<Params extends object, Result>(
    method: RpcMethod<Params, Result>,
    params: Params,
    token?: CancellationToken,
    onLate?: (result: Result) => void,
  ): Promise<Result>;
  warn(message: string): void;
  /** Retries that the sessions of this connection share; without it, each session has its own. */
  readonly retries?: Retries;
  /** Orders the reads of histories; without it, each session reads its own at once. */
  readonly historyReads?: HistoryReadQueue;
  /** Reports event types that the extension does not know. */
  readonly unknownEventTypes?: UnknownEventTypes;
  /** As the runtime gave it in the handshake. */
  readonly runtimeVersion?: string | undefined;
}

/** The runtime that a session is attached to. One object for the life of the session; its parts share it. */
export class Attachment<Connection extends SessionTransport> {
  private current: Connection | undefined;
  private attachments = 0;

  /** `undefined` while the session is detached. */
  get connection(): Connection | undefined {
    return this.current;
  }

  /** How often the session was attached. From the second time on, the history has other ids than earlier events. */
  get count(): number {
    return this.attachments;
  }

  begin(connection: Connection): void {
    this.attachments++;
    this.current = connection;
  }

  end(): void {
    this.current = undefined;
  }

  /** The events that are known have the ids of an earlier connection. */
  expectOtherIds(): void {
    this.attachments = Math.max(this.attachments, 1);
  }

  /** @throws `connection-closed` while detached */
  required(): Connection {
    if (this.current === undefined) {
      throw new CloudSessionsError(
        'connection-closed',
        l10n.t('The session is not connected to a running Copilot runtime.'),
        {
          nextStep: l10n.t('Restart the runtime, then watch the session again.'),
        },
      );
    }
    return this.current;
  }
}
