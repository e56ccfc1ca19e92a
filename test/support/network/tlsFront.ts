import { once } from 'node:events';
import * as net from 'node:net';
import * as tls from 'node:tls';
import type { Identity } from './certificates';

/** TLS on 127.0.0.1 in front of a plain server, to which the decrypted data goes. */
export class TlsFront {
  /** Server names (SNI) of the clients that completed the handshake. */
  readonly names: string[] = [];
  private readonly sockets = new Set<net.Socket>();

  private constructor(private readonly server: tls.Server) {}

  /** @param backendPort port on 127.0.0.1 */
  static async start(identity: Identity, backendPort: number): Promise<TlsFront> {
    const server = tls.createServer({ ...identity });
    const front = new TlsFront(server);
    server.on('connection', (socket: net.Socket) => front.keep(socket));
    server.on('tlsClientError', () => undefined);
    server.on('secureConnection', (socket) => {
      front.names.push(typeof socket.servername === 'string' ? socket.servername : '');
      const backend = net.connect(backendPort, '127.0.0.1');
      front.keep(backend);
      socket.on('error', () => backend.destroy());
      backend.on('error', () => socket.destroy());
      socket.pipe(backend).pipe(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return front;
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  async dispose(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => this.server.close(resolve));
  }

  private keep(socket: net.Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.sockets.delete(socket));
  }
}
