import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import type { Duplex } from 'node:stream';
import type { Identity } from './certificates';

export interface ProxyOptions {
  /** Ports on 127.0.0.1 by `host:port` or `host`. Other hosts are not found (502). */
  readonly hosts?: Readonly<Record<string, number>>;
  /** Required credentials, `user:password`. Requests without them get 407. */
  readonly credentials?: string;
  /** Hosts that are refused with 403. */
  readonly blocked?: readonly string[];
  /** Accepts connections and requests, and answers nothing. */
  readonly silent?: boolean;
  /** Certificate for a proxy that uses TLS. */
  readonly identity?: Identity;
}

/** An HTTP proxy on 127.0.0.1 that reaches only this machine. */
export class Proxy {
  /** Requests, as `CONNECT host:port` or `GET http://host/path`, with the status of the answer. */
  readonly requests: { readonly what: string; readonly status: number }[] = [];
  /** The `proxy-authorization` header of each request, as received. */
  readonly authorizations: (string | undefined)[] = [];
  private readonly sockets = new Set<Duplex>();

  private constructor(
    private readonly server: http.Server,
    private readonly options: ProxyOptions,
  ) {}

  static async start(options: ProxyOptions = {}): Promise<Proxy> {
    const server = options.identity === undefined ? http.createServer() : https.createServer({ ...options.identity });
    const proxy = new Proxy(server, options);
    server.on('connection', (socket: net.Socket) => proxy.keep(socket));
    server.on('connect', (request: http.IncomingMessage, socket: Duplex) => proxy.tunnel(request, socket));
    server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) =>
      proxy.forward(request, response),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  /** The proxy's URL without credentials. */
  get url(): string {
    return `${this.options.identity === undefined ? 'http' : 'https'}://127.0.0.1:${this.port}`;
  }

  /** Destroys all connections. */
  breakOff(): void {
    this.sockets.forEach((socket) => socket.destroy());
  }

  async dispose(): Promise<void> {
    this.breakOff();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private tunnel(request: http.IncomingMessage, socket: Duplex): void {
    this.keep(socket);
    const status = this.judge(request, `CONNECT ${request.url ?? ''}`, request.url ?? '');
    if (status === undefined) {
      return;
    }
    if (typeof status === 'number') {
      socket.end(
        `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}\r\n${challenge(status)}content-length: 0\r\n\r\n`,
      );
      return;
    }
    const target = net.connect(status.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(target).pipe(socket);
    });
    this.keep(target);
    target.on('error', () => socket.destroy());
    socket.on('error', () => target.destroy());
  }

  private forward(request: http.IncomingMessage, response: http.ServerResponse): void {
    const url = URL.canParse(request.url ?? '') ? new URL(request.url!) : undefined;
    const status = this.judge(
      request,
      `${request.method ?? ''} ${request.url ?? ''}`,
      url === undefined ? '' : `${url.hostname}:${url.port || '80'}`,
    );
    if (status === undefined) {
      return;
    }
    if (typeof status === 'number' || url === undefined) {
      response.writeHead(Number(status), status === 407 ? { 'proxy-authenticate': 'Basic realm="test"' } : {}).end();
      return;
    }
    const { method, headers } = request;
    const onward = http.request({
      host: '127.0.0.1',
      port: status.port,
      method,
      path: url.pathname + url.search,
      headers,
    });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  }

  /** The port to forward to, the status of the refusal, or `undefined` for no answer. */
  private judge(request: http.IncomingMessage, what: string, target: string): { port: number } | number | undefined {
    const { hosts = {}, credentials, blocked = [], silent = false } = this.options;
    const header = request.headers['proxy-authorization'];
    this.authorizations.push(header);
    const host = target.replace(/:\d+$/, '');
    const port = hosts[target] ?? hosts[host];
    const isKnown = credentials === undefined || header === `Basic ${Buffer.from(credentials).toString('base64')}`;
    const status = !isKnown ? 407 : blocked.includes(host) ? 403 : port === undefined ? 502 : 200;
    this.requests.push({ what, status: silent ? 0 : status });
    return silent ? undefined : status === 200 ? { port: port! } : status;
  }

  private keep(socket: Duplex): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.sockets.delete(socket));
  }
}

function challenge(status: number): string {
  return status === 407 ? 'proxy-authenticate: Basic realm="test"\r\n' : '';
}
