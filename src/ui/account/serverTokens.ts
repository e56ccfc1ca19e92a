import * as l10n from '@vscode/l10n';
import type * as vscode from 'vscode';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { isLoopbackAddress, type Remote } from '../../runtime/transport';

const CONFIRMED_KEY = 'serverTokensInClear';
/** Maximum number of confirmed addresses; the oldest are removed first. */
const MAX_CONFIRMED = 50;

/**
 * The tokens of running servers. The connection to a server is not encrypted, so a token is sent to another machine only
 * if the user has confirmed that address.
 */
export class ServerTokens {
  constructor(
    private readonly secrets: Pick<vscode.SecretStorage, 'get' | 'store' | 'delete'>,
    private readonly memento: Pick<vscode.Memento, 'get' | 'update'>,
  ) {}

  /**
   * The token to send over an open connection, if there is one.
   *
   * @param remote the other end of the connection: its address counts, whatever name led there
   * @throws `server-address` if the token would leave this machine and the user has not confirmed that
   */
  async forConnection(remote: Remote): Promise<string | undefined> {
    const token = await this.secrets.get(secretKey(remote.server));
    if (token === undefined || isLoopbackAddress(remote.address) || this.isConfirmed(remote.server)) {
      return token;
    }
    const { server, address } = remote;
    const port = server.replace(/^.*:/, '');
    throw new CloudSessionsError(
      'server-address',
      address === undefined || server.startsWith(address)
        ? l10n.t(
            'The token of the Copilot runtime at {0} was not sent: the server is not on this machine, and the connection is not encrypted.',
            server,
          )
        : l10n.t(
            'The token of the Copilot runtime at {0} ({1}) was not sent: the server is not on this machine, and the connection is not encrypted.',
            server,
            address,
          ),
      {
        nextStep: l10n.t(
          'Use an SSH tunnel (ssh -L {0}:127.0.0.1:{0} HOST) and set cloudSessions.runtime.server to 127.0.0.1:{0}; or run “Cloud Sessions: Set Runtime Server Token…” and allow the token to be sent unencrypted.',
          port,
        ),
      },
    );
  }

  /** Whether the user has allowed the token to be sent unencrypted to exactly this address. */
  isConfirmed(server: string): boolean {
    return this.confirmed().includes(server);
  }

  async confirm(server: string): Promise<void> {
    await this.setConfirmed([...this.confirmed().filter((other) => other !== server), server]);
  }

  async store(server: string, token: string): Promise<void> {
    await this.secrets.store(secretKey(server), token);
  }

  /** Removes the token and the confirmation. */
  async delete(server: string): Promise<void> {
    await this.secrets.delete(secretKey(server));
    await this.setConfirmed(this.confirmed().filter((other) => other !== server));
  }

  private confirmed(): readonly string[] {
    const saved: unknown = this.memento.get(CONFIRMED_KEY);
    return Array.isArray(saved) ? saved.filter((entry) => typeof entry === 'string') : [];
  }

  private async setConfirmed(servers: readonly string[]): Promise<void> {
    await this.memento.update(CONFIRMED_KEY, servers.slice(-MAX_CONFIRMED));
  }
}

function secretKey(server: string): string {
  return `cloudSessions.serverToken:${server}`;
}
