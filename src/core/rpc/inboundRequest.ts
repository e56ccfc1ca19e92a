import {
  CancellationTokenSource,
  Emitter,
  ResponseError,
  type CancellationToken,
  type Disposable,
  type ResponseMessage,
} from 'vscode-jsonrpc/node';

/** JSON-RPC error codes that this client answers with; the SDKs for other languages use -32603, too. */
export const RpcErrorCode = { methodNotFound: -32601, internalError: -32603, requestCancelled: -32800 } as const;

/**
 * How a request ended. answered: with a result. rejected: with an error of ours. cancelled: the runtime withdrew it.
 * abandoned: its connection is closed, and no answer can be sent.
 */
export type RequestSettlement = 'answered' | 'rejected' | 'cancelled' | 'abandoned';

/** A request from the runtime. It is answered exactly once; later answers are ignored. */
export class InboundRequest {
  private readonly cancellation = new CancellationTokenSource();
  private readonly settled = new Emitter<RequestSettlement>();
  private settlement: RequestSettlement | undefined;

  constructor(
    readonly id: string | number,
    readonly method: string,
    readonly params: Readonly<Record<string, unknown>>,
    private readonly answer: (request: InboundRequest, response: Pick<ResponseMessage, 'result' | 'error'>) => void,
  ) {}

  /** Cancelled when the runtime no longer wants the answer, or when the connection is closed. */
  get token(): CancellationToken {
    return this.cancellation.token;
  }

  get isAnswered(): boolean {
    return this.settlement !== undefined;
  }

  /** Calls the listener once, when the request ends; at once if it has ended. */
  onDidSettle(listener: (how: RequestSettlement) => void): Disposable {
    if (this.settlement !== undefined) {
      listener(this.settlement);
      return { dispose: () => undefined };
    }
    return this.settled.event(listener);
  }

  respond(result: unknown): void {
    // JSON-RPC requires a result in every answer; `undefined` would omit the key.
    this.settle('answered', { result: (result ?? null) as NonNullable<ResponseMessage['result']> });
  }

  reject(code: number, message: string): void {
    this.settle('rejected', { error: new ResponseError(code, message).toJson() });
  }

  /** The runtime withdrew the request. It still gets an answer, as the protocol requires. */
  cancel(): void {
    if (this.settlement !== undefined) {
      // A token source whose token was never read cannot be cancelled twice.
      return;
    }
    this.cancellation.cancel();
    // eslint-disable-next-line texts/localized -- a text of the protocol
    const error = new ResponseError(RpcErrorCode.requestCancelled, 'Request cancelled').toJson();
    this.settle('cancelled', { error });
  }

  /** The connection is closed: nothing can be answered. */
  abandon(): void {
    if (this.settlement === undefined) {
      this.settlement = 'abandoned';
      this.cancellation.cancel();
      this.notify('abandoned');
    }
  }

  /** Sends the answer before it notifies listeners, so that none of them can delay it. */
  private settle(how: RequestSettlement, response: Pick<ResponseMessage, 'result' | 'error'>): void {
    if (this.settlement !== undefined) {
      return;
    }
    this.settlement = how;
    this.answer(this, response);
    this.notify(how);
  }

  private notify(how: RequestSettlement): void {
    this.settled.fire(how);
    this.settled.dispose();
  }
}
