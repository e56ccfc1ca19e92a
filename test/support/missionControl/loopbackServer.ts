import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * A connection without requests is closed after this, in milliseconds. After Node's own 5 s, a client on a busy machine
 * sends its next request just as the connection is closed, and is told that the service cannot be reached.
 */
const KEEP_ALIVE_MS = 10 * 60_000;

/** An HTTP server on 127.0.0.1 that can go down, and come up again on the same port. */
export class LoopbackServer {
  /** `http://127.0.0.1:PORT`, the same one as long as it lives. */
  readonly url: string;
  private readonly port: number;
  private closed = false;
  private revival: NodeJS.Timeout | undefined;

  private constructor(private readonly server: http.Server) {
    this.port = (server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${this.port}`;
  }

  /**
   * @param port 0: one that is free
   * @param onProxied is told the host that somebody wanted to reach through this server as a proxy; it is refused
   */
  static async start(
    handler: http.RequestListener,
    port: number,
    onProxied: (host: string) => void,
  ): Promise<LoopbackServer> {
    const server = http.createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, handler);
    server.on('connect', (request, socket) => {
      onProxied(request.url ?? '');
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    await listen(server, port);
    return new LoopbackServer(server);
  }

  /** From now on every connection is refused, and those that are open are torn down. */
  async down(): Promise<void> {
    clearTimeout(this.revival);
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  /** Down now, and up again after so many milliseconds. Resolves when it is down. */
  async downFor(milliseconds: number): Promise<void> {
    await this.down();
    this.revival = setTimeout(() => void this.up().catch(() => undefined), milliseconds);
  }

  async up(): Promise<void> {
    clearTimeout(this.revival);
    // Somebody else may have the port for a moment: it is one of those that the system gives to outgoing connections.
    for (let attempt = 0; !this.server.listening && !this.closed; attempt++) {
      try {
        await listen(this.server, this.port);
      } catch (error) {
        if (attempt === 50) {
          throw error;
        }
        await delay(50);
      }
    }
  }

  async dispose(): Promise<void> {
    this.closed = true;
    await this.down();
  }
}

async function listen(server: http.Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
