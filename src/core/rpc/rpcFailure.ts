import { ResponseError } from 'vscode-jsonrpc/node';
import { textOf } from '../redaction/secrets';
import { subjectOf, type RequestAccount, type RequestContext, type RequestSubject } from './requestSubject';

/**
 * An error answer with the call that it answers. An answer has neither method nor params, and the same code and text mean
 * different things for different methods.
 */
export class RpcFailure extends ResponseError<unknown> implements RequestContext {
  constructor(
    answer: ResponseError<unknown>,
    readonly method: string,
    readonly about: RequestSubject,
  ) {
    super(answer.code, textOf(answer), answer.data);
    // The base class sets its own prototype.
    Object.setPrototypeOf(this, RpcFailure.prototype);
  }
}

/** Adds the call to an error answer; any other failure (a lost connection, one of our own errors) is returned as it is. */
export function asRpcFailure(error: unknown, method: string, params: unknown, account?: RequestAccount): unknown {
  return error instanceof ResponseError && !(error instanceof RpcFailure)
    ? new RpcFailure(error as ResponseError<unknown>, method, subjectOf(params, account))
    : error;
}
