import * as l10n from '@vscode/l10n';
import { ResponseError } from 'vscode-jsonrpc/node';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import { RpcErrorCode } from '../rpc/inboundRequest';
import { PROTOCOL_VERSION, Rpc, type Handshake } from '../rpc/methods';
import { explainRequestError } from '../rpc/rpcErrors';
import type { RuntimeCalls } from './runtimeCalls';

/**
 * The first call on a connection.
 *
 * @param token of a runtime that asks for one
 * @throws see `RuntimeClient.handshake`
 */
export async function shakeHands(calls: Pick<RuntimeCalls, 'request'>, token: string | undefined): Promise<Handshake> {
  let handshake: Handshake;
  try {
    handshake = await calls.request(Rpc.connect, token === undefined ? {} : { token });
  } catch (error) {
    if (!(error instanceof ResponseError) || error.code !== RpcErrorCode.methodNotFound) {
      throw handshakeError(error);
    }
    // Servers without `connect` give their version in the answer to `ping`.
    handshake = await calls.request(Rpc.ping, {}).catch((reason: unknown) => {
      throw handshakeError(reason);
    });
  }
  if (handshake.protocolVersion !== PROTOCOL_VERSION) {
    throw otherVersion(handshake.protocolVersion);
  }
  return handshake;
}

function otherVersion(theirs: number | undefined): CloudSessionsError {
  return new CloudSessionsError(
    'protocol-version',
    theirs === undefined
      ? l10n.t(
          'The Copilot runtime does not say which version of the protocol it speaks. This extension speaks version {0}.',
          PROTOCOL_VERSION,
        )
      : l10n.t(
          'The Copilot runtime speaks version {0} of the protocol. This extension speaks version {1}.',
          theirs,
          PROTOCOL_VERSION,
        ),
    { nextStep: l10n.t('Update the Copilot runtime (npm install -g @github/copilot) or this extension.') },
  );
}

function handshakeError(error: unknown): CloudSessionsError {
  const failure = explainRequestError(
    (reason) => l10n.t('Could not connect to the Copilot runtime: {0}', reason),
    error,
  );
  return new CloudSessionsError('handshake-failed', failure.message, {
    nextStep: l10n.t(
      'Check cloudSessions.runtime.path, and the token of cloudSessions.runtime.server if one is needed.',
    ),
    cause: error,
  });
}
