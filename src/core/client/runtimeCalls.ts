import * as l10n from '@vscode/l10n';
import { ResponseError, type CancellationToken, type MessageConnection } from 'vscode-jsonrpc/node';
import { isCancelled } from '../common/async';
import type { Timers } from '../common/timers';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import { withinDeadline } from '../rpc/callDeadline';
import { RpcErrorCode } from '../rpc/inboundRequest';
import type { RpcMethod } from '../rpc/methods';
import { OversizedFrameError } from '../frames/oversizedFrame';
import type { RequestAccount } from '../rpc/requestSubject';
import { asRpcFailure } from '../rpc/rpcFailure';

/** Calls of the runtime's methods over one connection: typed, each within its method's time limit, and counted. */
export class RuntimeCalls {
  private pending = 0;
  private answered = 0;
  /** Sizes of the messages that were left out as too large, in bytes. */
  private readonly leftOut: number[] = [];

  constructor(
    private readonly connection: MessageConnection,
    private readonly timers: Timers,
    private readonly account: (() => RequestAccount) | undefined,
  ) {}

  /** Calls that wait for their answers. */
  get pendingCount(): number {
    return this.pending;
  }

  /** How many calls have been answered, with a result or an error. */
  get answeredCount(): number {
    return this.answered;
  }

  /** See `RuntimeClient.request`. */
  async request<Params extends object, Result>(
    method: RpcMethod<Params, Result>,
    params: Params,
    token?: CancellationToken,
    onLate?: (result: Result) => void,
  ): Promise<Result> {
    this.pending++;
    try {
      // vscode-jsonrpc would take an `undefined` token for a second positional parameter.
      const send = (cancel?: CancellationToken): Promise<unknown> =>
        cancel === undefined
          ? this.connection.sendRequest(method.method, params)
          : this.connection.sendRequest(method.method, params, cancel);
      const { deadlineMs } = method;
      const answer = await (deadlineMs === undefined
        ? send(token)
        : withinDeadline(method.method, deadlineMs, this.timers, send, {
            token,
            hint: this.leftOutSince(),
            onLate: onLate && ((late) => onLate(method.read(late))),
          }));
      return method.read(answer);
    } catch (error) {
      if (isCancelled(token) && error instanceof ResponseError && error.code === RpcErrorCode.requestCancelled) {
        throw new CloudSessionsError('cancelled', l10n.t('The call {0} was cancelled.', method.method), {
          cause: error,
        });
      }
      throw asRpcFailure(error, method.method, params, this.account?.());
    } finally {
      this.pending--;
      this.answered++;
    }
  }

  /** To be given every error of the connection: a message that was left out may have been an answer. */
  onConnectionError(error: Error): void {
    if (error instanceof OversizedFrameError && error.what !== 'notification') {
      this.leftOut.push(error.bytes);
    }
  }

  /** The hint for a call whose time limit passes: its answer may be among the messages left out since this was called. */
  private leftOutSince(): () => string | undefined {
    const before = this.leftOut.length;
    return () => {
      const sizes = this.leftOut.slice(before);
      if (sizes.length === 0) {
        return undefined;
      }
      return sizes.length === 1
        ? l10n.t(
            'Meanwhile a message of {0} bytes was left out as too large. It may have been the answer.',
            sizes[0] ?? 0,
          )
        : l10n.t({
            message:
              'Meanwhile messages of these sizes, in bytes, were left out as too large: {0}. One may have been the answer.',
            args: [sizes.join(', ')],
            comment: ['{0} is a list of numbers, such as "73400321, 80000000"'],
          });
    };
  }
}
