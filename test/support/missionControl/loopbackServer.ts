import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * How long a connection stays open without requests, in milliseconds. With Node's default of 5 s, a client on a busy
 * machine may send its next request just as the connection closes, and reports that the service cannot be reached.
 */
const KEEP_ALIVE_MS = 10 * 60_000;

/** An HTTP server on 127.0.0.1 that can go down and come up again on the same port. */
export class LoopbackServer {
  /** `http://127.0.0.1:PORT`, unchanged for its whole life. */
  readonly url: string;
  private readonly port: number;
  private closed = false;
  private revival: NodeJS.Timeout | undefined;

  private constructor(private readonly server: http.Server) {
    this.port = (server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${this.port}`;
  }

  /**
   * @param port 0 for a free one
   * @param onProxied called with the host of each request that uses this server as a proxy; such requests are refused
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

  /** Goes down: refuses connections and resets the open ones. */
  async down(): Promise<void> {
    clearTimeout(this.revival);
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  /** Goes down, and up again after this many milliseconds. Resolves when it is down. */
  async downFor(milliseconds: number): Promise<void> {
    await this.down();
    this.revival = setTimeout(() => void this.up().catch(() => undefined), milliseconds);
  }

  async up(): Promise<void> {
    clearTimeout(this.revival);
    // Another process may have the port for a moment, because it is in the range that the system uses for outgoing
    // connections.
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
