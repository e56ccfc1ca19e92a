import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { formatServerAddress, isThisMachine, parseServerAddress } from '../../runtime/transport';
import { showError } from '../common/errors';
import { readRuntimeSettings } from '../common/settings';
import type { ServerTokens } from './serverTokens';

/**
 * Asks for the token of the server in `cloudSessions.runtime.server`, and stores it as a secret; an empty answer removes
 * the stored one.
 *
 * @returns whether the stored token was set or removed
 * @throws `server-address` if that setting is not an address
 */
export async function askServerToken(tokens: ServerTokens): Promise<boolean> {
  const { server: setting } = readRuntimeSettings();
  if (setting === '') {
    await showError(
      new CloudSessionsError('server-address', l10n.t('cloudSessions.runtime.server is not set. No token is needed.'), {
        nextStep: l10n.t('Set it to host:port of a running runtime first.'),
      }),
    );
    return false;
  }
  const { host, port } = parseServerAddress(setting);
  const server = formatServerAddress({ host, port });
  const token = await vscode.window.showInputBox({
    title: l10n.t('Token of the Copilot Runtime at {0}', server),
    prompt: l10n.t('The token is kept in the editor’s secret storage. Leave the box empty to remove it.'),
    password: true,
    ignoreFocusOut: true,
  });
  if (token === undefined) {
    return false;
  }
  if (token === '') {
    await tokens.delete(server);
    return true;
  }
  if (!(await isSendingAllowed(tokens, server, host))) {
    return false;
  }
  await tokens.store(server, token);
  return true;
}

/** Whether a token may be sent to a server. For another machine, the user has to confirm that. */
async function isSendingAllowed(tokens: ServerTokens, server: string, host: string): Promise<boolean> {
  if (tokens.isConfirmed(server) || (await isThisMachine(host))) {
    return true;
  }
  const send = l10n.t('Send Unencrypted');
  const chosen = await vscode.window.showWarningMessage(
    l10n.t('Send the token to {0} unencrypted?', host),
    {
      modal: true,
      detail: l10n.t(
        '{0} is not on this machine, and the connection to it is not encrypted: the token, the prompts and the answers can be read on the network. An SSH tunnel to 127.0.0.1 is safer.',
        server,
      ),
    },
    send,
  );
  if (chosen !== send) {
    return false;
  }
  await tokens.confirm(server);
  return true;
}
