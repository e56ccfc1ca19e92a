import type * as vscode from 'vscode';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { isLoopbackAddress, type Remote } from '../../runtime/transport';

const CONFIRMED_KEY = 'serverTokensInClear';
/** Addresses kept; the oldest go first. */
const LIMIT = 50;

/**
 * The tokens of runtimes that run already. The connection to one is not encrypted, so a token leaves this machine only
 * for an address for which the user has said so.
 */
export class ServerTokens {
  constructor(
    private readonly secrets: Pick<vscode.SecretStorage, 'get' | 'store' | 'delete'>,
    private readonly memento: Pick<vscode.Memento, 'get' | 'update'>,
  ) {}

  /**
   * The token to send over a connection that is open, if there is one.
   *
   * @param remote where the connection leads: what counts is the address at its end, whatever name led there
   * @throws `server-address` when it would leave this machine and nobody has confirmed that
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
      `The token of the Copilot runtime at ${server} was not sent: that is ${address === undefined || server.startsWith(address) ? '' : `${address}, `}not this machine, and the connection is not encrypted.`,
      {
        nextStep: `Use an SSH tunnel (ssh -L ${port}:127.0.0.1:${port} HOST) and set cloudSessions.runtime.server to 127.0.0.1:${port}; or run “Cloud Sessions: Set Runtime Server Token…” and confirm that it may go unencrypted.`,
      },
    );
  }

  /** Whether the user has said that the token may go to this address unencrypted. Another address is another question. */
  isConfirmed(server: string): boolean {
    return this.confirmed().includes(server);
  }

  async confirm(server: string): Promise<void> {
    await this.setConfirmed([...this.confirmed().filter((other) => other !== server), server]);
  }

  async store(server: string, token: string): Promise<void> {
    await this.secrets.store(secretKey(server), token);
  }

  /** The token, and what was said of it. */
  async delete(server: string): Promise<void> {
    await this.secrets.delete(secretKey(server));
    await this.setConfirmed(this.confirmed().filter((other) => other !== server));
  }

  private confirmed(): readonly string[] {
    const saved: unknown = this.memento.get(CONFIRMED_KEY);
    return Array.isArray(saved) ? saved.filter((entry) => typeof entry === 'string') : [];
  }

  private async setConfirmed(servers: readonly string[]): Promise<void> {
    await this.memento.update(CONFIRMED_KEY, servers.slice(-LIMIT));
  }
}

function secretKey(server: string): string {
  return `cloudSessions.serverToken:${server}`;
}
