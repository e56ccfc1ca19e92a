import * as l10n from '@vscode/l10n';
import { defined } from '../../core/common/defined';
import * as net from 'node:net';
import { Duplex } from 'node:stream';
import * as tls from 'node:tls';
import { textOf } from '../../core/redaction/secrets';
import { endpointsOf, type Endpoint } from './endpoints';
import { certificateFault, describeCertificate, tlsFault, type NetworkFault } from './networkFault';
import { bareHost, basicAuthorization, hostAndPort, portOf } from './hostAddress';
import { proxyFor } from './runtimeNetwork';
import { trustOf, type Trust, type TrustProblem } from './networkTrust';

/*
 * Checks whether the hosts that the runtime needs can be reached in the way that it uses. The runtime itself reports a
 * dead proxy, an unknown authority and a missing file all as “error sending request for url”. The probe uses plain
 * sockets: within VS Code, `http`, `https` and `fetch` have its proxy and certificates, which are not those of the
 * runtime. It sends no token and no request to the host: it ends with the TLS handshake.
 */

export interface EndpointReport extends Endpoint {
  /** `host:port` of the proxy, if there is one. */
  readonly proxy?: string;
  /** Absent if the host can be reached. */
  readonly fault?: NetworkFault;
  /** What was seen, for the user: an error's code, a status, a certificate's issuer. Partly text of others. */
  readonly detail?: string;
}

export interface NetworkReport {
  readonly endpoints: readonly EndpointReport[];
  readonly problems: readonly TrustProblem[];
}

export interface ProbeOptions {
  /** For each endpoint, in milliseconds; all are tried at once. */
  readonly timeoutMs?: number;
  readonly platform?: NodeJS.Platform;
}

const TIMEOUT_MS = 8_000;
/** The longest header of a proxy's answer, in bytes. */
const LONGEST_HEAD = 16_384;

/**
 * Probes the hosts that a runtime with this environment needs. Never rejects; takes `timeoutMs` at most.
 *
 * @param environment of the runtime, from `withNetwork`
 */
export async function probeNetwork(
  environment: Readonly<Record<string, string>>,
  { timeoutMs = TIMEOUT_MS, platform = process.platform }: ProbeOptions = {},
): Promise<NetworkReport> {
  const trust = trustOf(environment, platform);
  const endpoints = await Promise.all(
    endpointsOf(environment).map((endpoint) => probeEndpoint(endpoint, environment, trust, timeoutMs)),
  );
  return { endpoints, problems: trust.problems };
}

class Fault extends Error {
  constructor(
    readonly fault: NetworkFault,
    readonly detail?: string,
  ) {
    super(fault);
  }
}

async function probeEndpoint(
  endpoint: Endpoint,
  environment: Readonly<Record<string, string>>,
  trust: Trust,
  timeoutMs: number,
): Promise<EndpointReport> {
  const proxy = proxyFor(endpoint.url, environment);
  const attempt = new Attempt(endpoint.url, proxy, trust);
  const report = { ...endpoint, ...(proxy === undefined ? {} : { proxy: hostAndPort(proxy) }) };
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Fault(attempt.silence)), timeoutMs);
  });
  try {
    await Promise.race([attempt.run(), silence]);
    return report;
  } catch (error) {
    const { fault, detail } =
      error instanceof Fault ? error : new Fault(proxy === undefined ? 'host-reset' : 'proxy-broken', textOf(error));
    return { ...report, fault, ...defined({ detail }) };
  } finally {
    clearTimeout(timer);
    attempt.dispose();
  }
}

/** An attempt to reach one host. */
class Attempt {
  /** What a timeout means at the current step. */
  silence: NetworkFault;
  private readonly sockets: Duplex[] = [];

  constructor(
    private readonly url: URL,
    private readonly proxy: URL | undefined,
    private readonly trust: Trust,
  ) {
    this.silence = proxy === undefined ? 'host-silent' : 'proxy-silent';
  }

  dispose(): void {
    [...this.sockets].reverse().forEach((socket) => socket.destroy());
  }

  async run(): Promise<void> {
    const { url, proxy } = this;
    let socket: Duplex = await this.connect(proxy ?? url);
    if (proxy?.protocol === 'https:') {
      const secured = await this.secure(socket, proxy);
      // TLS directly on a TLS socket crashes the process when the outer one breaks first (Node.js 20).
      socket = this.own(Duplex.from({ readable: secured, writable: secured }));
    }
    if (proxy !== undefined) {
      await this.passProxy(socket, proxy);
    }
    if (url.protocol === 'https:') {
      this.silence = 'host-silent';
      await this.secure(socket, url);
    }
  }

  private connect(to: URL): Promise<net.Socket> {
    return new Promise((resolve, reject) => {
      // Not `net.connect`, which VS Code replaces.
      const socket = this.own(new net.Socket());
      socket.once('error', (error: NodeJS.ErrnoException) => {
        const code = error.code ?? textOf(error);
        const [refused, unknown, silent] =
          to === this.proxy
            ? (['proxy-refused', 'proxy-unknown', 'proxy-silent'] as const)
            : (['host-refused', 'host-unknown', 'host-silent'] as const);
        const isUnknown = code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'ENODATA';
        reject(new Fault(isUnknown ? unknown : code === 'ETIMEDOUT' ? silent : refused, code));
      });
      socket.once('connect', () => resolve(socket));
      socket.connect({ host: bareHost(to), port: portOf(to) });
    });
  }

  /** Asks the proxy for a connection to the host, and nothing else. */
  private async passProxy(socket: Duplex, proxy: URL): Promise<void> {
    const { url } = this;
    const target = hostAndPort(url);
    const isTunnel = url.protocol === 'https:';
    const authorization = basicAuthorization(proxy);
    socket.write(
      [
        isTunnel ? `CONNECT ${target} HTTP/1.1` : `HEAD ${url.origin}/ HTTP/1.1`,
        `Host: ${isTunnel ? target : url.host}`,
        ...(authorization === undefined ? [] : [`Proxy-Authorization: ${authorization}`]),
        // eslint-disable-next-line texts/localized -- a header
        ...(isTunnel ? [] : ['Connection: close']),
        '\r\n',
      ].join('\r\n'),
    );
    const head = await readHead(socket);
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]);
    const offered = [...head.matchAll(/^proxy-authenticate:\s*(\S+)/gim)].map(([, scheme]) => scheme);
    if (Number.isNaN(status)) {
      throw new Fault('proxy-broken', l10n.t('the answer is not that of an HTTP proxy'));
    }
    if (status === 407) {
      throw new Fault(
        authorization === undefined ? 'proxy-authentication' : 'proxy-credentials',
        offered.join(', ') || '407',
      );
    }
    if (isTunnel ? status !== 200 : status >= 502 && status <= 504) {
      throw new Fault(status >= 500 ? 'proxy-cannot-reach' : 'proxy-blocks', String(status));
    }
  }

  private secure(socket: Duplex, to: URL): Promise<tls.TLSSocket> {
    const isProxy = to === this.proxy;
    return new Promise((resolve, reject) => {
      const host = bareHost(to);
      const secured = tls.connect({
        socket,
        // VS Code adds its own authorities only if none are given.
        ca: [...this.trust.certificates],
        host,
        ...(net.isIP(host) === 0 ? { servername: host } : {}),
        // No data is sent. Invalid certificates are handled below, where their details are available.
        rejectUnauthorized: false,
      });
      this.own(secured);
      const fail = (code: string): void => reject(new Fault(isProxy ? 'proxy-broken' : tlsFault(code), code));
      secured.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? textOf(error)));
      secured.once('close', () => fail('ECONNRESET'));
      secured.once('secureConnect', () => {
        // Declared as an `Error`, but a code at run time.
        const { authorizationError } = secured as { authorizationError: unknown };
        if (secured.authorized) {
          resolve(secured);
          return;
        }
        const code =
          authorizationError instanceof Error
            ? ((authorizationError as NodeJS.ErrnoException).code ?? textOf(authorizationError))
            : textOf(authorizationError);
        const fault = certificateFault(code);
        const isUnknown = fault === 'authority-unknown';
        reject(
          new Fault(
            !isProxy ? fault : isUnknown ? 'proxy-authority-unknown' : 'proxy-certificate',
            describeCertificate(secured.getPeerCertificate(), fault, code),
          ),
        );
      });
    });
  }

  private own<S extends Duplex>(socket: S): S {
    this.sockets.push(socket);
    // Errors after the decision have no other handler.
    socket.on('error', () => undefined);
    return socket;
  }
}

function readHead(socket: Duplex): Promise<string> {
  return new Promise((resolve, reject) => {
    let head = '';
    const onData = (chunk: Buffer): void => {
      head += chunk.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end >= 0 || head.length > LONGEST_HEAD || !'HTTP/1.'.startsWith(head.slice(0, 7))) {
        socket.off('data', onData);
        socket.pause();
        resolve(end >= 0 ? head.slice(0, end) : head);
      }
    };
    socket.on('data', onData);
    socket.once('error', (error: NodeJS.ErrnoException) =>
      reject(new Fault('proxy-broken', error.code ?? textOf(error))),
    );
    socket.once('close', () =>
      reject(new Fault('proxy-broken', l10n.t('the proxy closed the connection without an answer'))),
    );
  });
}
