import * as vscode from 'vscode';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { formatServerAddress, isThisMachine, parseServerAddress } from '../../runtime/transport';
import { showError } from '../common/errors';
import { readRuntimeSettings } from '../common/settings';
import type { ServerTokens } from './serverTokens';

/**
 * Asks for the token of the server in `cloudSessions.runtime.server`, and keeps it as a secret; an empty one is removed.
 *
 * @returns whether the stored token was set or removed
 * @throws `server-address` if that setting is no address
 */
export async function askServerToken(tokens: ServerTokens): Promise<boolean> {
  const { server: setting } = readRuntimeSettings();
  if (setting === '') {
    await showError(
      new CloudSessionsError('server-address', 'cloudSessions.runtime.server is not set, so no token is needed.', {
        nextStep: 'Set it to host:port of a running runtime first.',
      }),
    );
    return false;
  }
  const { host, port } = parseServerAddress(setting);
  const server = formatServerAddress({ host, port });
  const token = await vscode.window.showInputBox({
    title: `Token of the Copilot Runtime at ${server}`,
    prompt: 'Kept in the editor’s secret storage. Leave it empty to remove it.',
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
  if (!(await mayHaveToken(tokens, server, host))) {
    return false;
  }
  await tokens.store(server, token);
  return true;
}

/** Whether a token may be sent to a server; to another machine only if the user confirms that. */
async function mayHaveToken(tokens: ServerTokens, server: string, host: string): Promise<boolean> {
  if (tokens.isConfirmed(server) || (await isThisMachine(host))) {
    return true;
  }
  const send = 'Send Unencrypted';
  const chosen = await vscode.window.showWarningMessage(
    `Send the token to ${host} unencrypted?`,
    {
      modal: true,
      detail: `${server} is not this machine, and the connection to it is not encrypted: everybody on the way can read the token, the prompts and the answers. An SSH tunnel to 127.0.0.1 is safer.`,
    },
    send,
  );
  if (chosen !== send) {
    return false;
  }
  await tokens.confirm(server);
  return true;
}
