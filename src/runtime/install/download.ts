import * as l10n from '@vscode/l10n';
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import { Duplex } from 'node:stream';
import * as tls from 'node:tls';
import { defined } from '../../core/common/defined';
import { textOf } from '../../core/redaction/secrets';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { bareHost, basicAuthorization, hostAndPort, portOf } from '../network/hostAddress';
import { installFailed } from './installErrors';
import type { NpmConfig } from './npmConfig';

const MOST_REDIRECTS = 5;

/** The minimum data rate of a download. */
export interface Patience {
  /** A download without any data for this long fails, in milliseconds. */
  readonly silenceMs: number;
  /** A download with fewer than `slowBytes` bytes in each `slowMs` milliseconds fails. */
  readonly slowMs: number;
  readonly slowBytes: number;
}

/** At 1 kB/s, a runtime takes a day. */
const DEFAULT_PATIENCE: Patience = { silenceMs: 30_000, slowMs: 60_000, slowBytes: 60_000 };

const RETRY = l10n.t('Check the network, and npm’s registry and proxy settings, then try again.');

/**
 * Requests an address as npm would: with its proxy, credentials and certificates. Without an npm proxy, the connection
 * is one of Node.js, to which the editor applies `http.proxy`.
 *
 * @throws {CloudSessionsError} `install-failed`; `cancelled` when the signal is aborted
 */
export async function openDownload(
  url: URL,
  config: NpmConfig,
  signal: AbortSignal,
  { accept = '*/*', patience = {} }: { readonly accept?: string; readonly patience?: Partial<Patience> } = {},
): Promise<http.IncomingMessage> {
  const { silenceMs, ...slow } = { ...DEFAULT_PATIENCE, ...patience };
  let at = url;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const response = await request(at, config, { signal, accept, silenceMs });
    const { statusCode = 0, headers } = response;
    if (statusCode === 200) {
      failWhenSlow(response, at.host, slow);
      return response;
    }
    response.destroy();
    if (statusCode < 300 || statusCode >= 400 || headers.location === undefined) {
      throw statusError(statusCode, at);
    }
    if (!URL.canParse(headers.location, at.href)) {
      throw installFailed(l10n.t('{0} redirects to an invalid address.', at.host), RETRY);
    }
    const next = new URL(headers.location, at);
    if (next.protocol !== 'https:' && (next.protocol !== 'http:' || at.protocol === 'https:')) {
      const from = at.protocol.slice(0, -1);
      throw installFailed(
        l10n.t('{0} redirects from {1} to {2}.', at.host, from, `${next.protocol}//${next.host}`),
        RETRY,
      );
    }
    at = next;
  }
  throw installFailed(l10n.t('{0} redirects too often.', url.host), RETRY);
}

/** Converts an error of a connection or a stream. */
export function asDownloadError(error: unknown, host: string, signal: AbortSignal): CloudSessionsError {
  if (signal.aborted) {
    return new CloudSessionsError('cancelled', l10n.t('The installation was cancelled.'));
  }
  if (error instanceof CloudSessionsError) {
    return error;
  }
  const { code } = error as NodeJS.ErrnoException;
  return installFailed(l10n.t('the connection to {0} failed ({1}).', host, code ?? textOf(error)), RETRY, error);
}

/** Fails a slow response, which never is silent for long enough. */
function failWhenSlow(
  response: http.IncomingMessage,
  host: string,
  { slowMs, slowBytes }: Omit<Patience, 'silenceMs'>,
): void {
  const { socket } = response;
  let before = socket.bytesRead;
  const timer = setInterval(() => {
    // Unread data (on a slow disk) also stops the transfer.
    if (socket.bytesRead - before < slowBytes && response.readableLength === 0) {
      response.destroy(installFailed(l10n.t('{0} sends data too slowly.', host), RETRY));
    }
    before = socket.bytesRead;
  }, slowMs);
  timer.unref();
  response.once('close', () => clearInterval(timer));
}

interface RequestOptions {
  readonly signal: AbortSignal;
  readonly accept: string;
  readonly silenceMs: number;
}

async function request(
  url: URL,
  config: NpmConfig,
  { signal, accept, silenceMs }: RequestOptions,
): Promise<http.IncomingMessage> {
  let opened: net.Socket | undefined;
  try {
    // For each address: the credentials of a registry are not for the targets of its redirects.
    const authorization = config.authorizationFor(url);
    const headers = {
      accept,
      'user-agent': 'cloud-sessions',
      ...defined({ authorization }),
    };
    const ca = config.caFile === undefined ? undefined : fs.readFileSync(config.caFile, 'utf8');
    const proxy = config.proxyFor(url);
    const options: https.RequestOptions = { headers, signal, ...defined({ ca }) };
    if (proxy === undefined) {
      return await answer((url.protocol === 'https:' ? https : http).request(url, options), silenceMs);
    }
    const trust = ca === undefined ? {} : { ca };
    const socket = reachProxy(proxy, trust);
    opened = socket;
    if (url.protocol === 'http:') {
      const asked = {
        ...options,
        path: url.href,
        headers: { ...headers, host: url.host, ...proxyAuthorization(proxy) },
      };
      return await answer(requestOver(socket, asked), silenceMs);
    }
    await tunnel(socket, url, proxy, { signal, silenceMs });
    // TLS directly on a TLS socket crashes the process when the outer one breaks first (Node.js 20).
    const inner = proxy.protocol === 'https:' ? Duplex.from({ readable: socket, writable: socket }) : socket;
    const secured = tls.connect({ socket: inner, servername: serverName(url), ...trust });
    const asked = { ...options, path: url.pathname + url.search, headers: { ...headers, host: url.host } };
    return await answer(requestOver(secured, asked), silenceMs);
  } catch (error) {
    opened?.destroy();
    throw asDownloadError(error, url.host, signal);
  }
}

function answer(outgoing: http.ClientRequest, silenceMs: number): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.setTimeout(silenceMs, () => outgoing.destroy(new Error(l10n.t('it does not answer'))));
    outgoing.once('response', resolve);
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/**
 * A request over an existing connection. Not by `http.request` or `https.request`: within the editor, these use its
 * proxy settings, whatever agent or connection they are given.
 */
function requestOver(socket: Duplex, options: http.RequestOptions): http.ClientRequest {
  return new http.ClientRequest({ ...options, createConnection: () => socket });
}

/** @returns a connection to the proxy itself, which may not be established yet */
function reachProxy(proxy: URL, trust: tls.SecureContextOptions): net.Socket {
  const to = { host: bareHost(proxy), port: portOf(proxy) };
  const socket =
    proxy.protocol === 'https:' ? tls.connect({ ...to, servername: serverName(proxy), ...trust }) : net.connect(to);
  // The request on it reports errors. Without a listener, errors before and after it would crash this process.
  return socket.on('error', () => undefined);
}

/** Opens a tunnel through a proxy to a host. */
function tunnel(
  socket: Duplex,
  url: URL,
  proxy: URL,
  { signal, silenceMs }: Pick<RequestOptions, 'signal' | 'silenceMs'>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const target = hostAndPort(url);
    const headers = { host: target, ...proxyAuthorization(proxy) };
    const outgoing = requestOver(socket, { method: 'CONNECT', path: target, headers, signal });
    outgoing.setTimeout(silenceMs, () => outgoing.destroy(new Error(l10n.t('the proxy does not answer'))));
    outgoing.once('connect', ({ statusCode }) => {
      if (statusCode === 200) {
        resolve();
      } else {
        socket.destroy();
        reject(
          statusCode === 407
            ? statusError(407, url)
            : installFailed(l10n.t('the proxy {0} refuses the connection ({1}).', proxy.host, statusCode ?? 0), RETRY),
        );
      }
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** For SNI, which takes no IP addresses. */
function serverName(url: URL): string {
  return net.isIP(bareHost(url)) === 0 ? url.hostname : '';
}

function proxyAuthorization(proxy: URL): Record<string, string> {
  const authorization = basicAuthorization(proxy);
  return authorization === undefined ? {} : { 'proxy-authorization': authorization };
}

function statusError(status: number, { host }: URL): CloudSessionsError {
  switch (status) {
    case 401:
    case 403:
      return installFailed(
        l10n.t('{0} denies access ({1}).', host, status),
        l10n.t('Sign in to that registry with “npm login”.'),
      );
    case 404:
      return installFailed(
        l10n.t('{0} does not have the package (404).', host),
        l10n.t(
          'Use a registry that has @github/copilot, or install the runtime yourself and set cloudSessions.runtime.path.',
        ),
      );
    case 407:
      return installFailed(
        l10n.t('the proxy requires a sign-in, or rejects the one that it was given (407).'),
        l10n.t(
          'Put the user name and the password into npm’s https-proxy setting, with special characters percent-encoded.',
        ),
      );
    default:
      return installFailed(l10n.t('{0} answered with status {1}.', host, status), RETRY);
  }
}
