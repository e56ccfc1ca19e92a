import * as l10n from '@vscode/l10n';
import { lookup } from 'node:dns/promises';
import * as net from 'node:net';
import { defined } from '../core/common/defined';
import { textOf } from '../core/redaction/secrets';
import { CloudSessionsError } from '../core/errors/cloudSessionsError';
import type { RuntimeProcess } from './runtimeProcess';
import type { ProcessExit } from './processExit';

/** Why a connection has ended: the process exited, or only its stream ended, with or without an error. */
export type CloseReason =
  { readonly kind: 'exit'; readonly exit: ProcessExit } | { readonly kind: 'end'; readonly error?: Error };

/** The remote end of a connection over the network. */
export interface Remote {
  /** As requested: `host:port`. */
  readonly server: string;
  /** The IP address that the socket is connected to; `undefined` if it was closed already. */
  readonly address: string | undefined;
}

/** The two streams of a connection to a runtime. */
export interface Transport {
  readonly reader: NodeJS.ReadableStream;
  readonly writer: NodeJS.WritableStream;
  /** Resolves when the connection has ended; never rejects. */
  readonly closed: Promise<CloseReason>;
  /** Absent for a child process. */
  readonly remote?: Remote;
  /** Closes the connection. A process has to be stopped separately. */
  dispose(): void;
}

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

export interface ConnectOptions {
  readonly signal?: AbortSignal;
  /** Time limit in milliseconds. */
  readonly timeoutMs?: number;
}

const CONNECT_MS = 10_000;
/** In milliseconds. Detects a server that is gone without closing the connection (a broken tunnel, say). */
const KEEP_ALIVE_MS = 30_000;

/**
 * Parses `host:port`, with IPv6 addresses in brackets.
 * @throws {CloudSessionsError} `server-address`
 */
export function parseServerAddress(text: string): ServerAddress {
  const refuse = (reason: string): never => {
    throw new CloudSessionsError(
      'server-address',
      l10n.t('“{0}” is not the address of a Copilot runtime: {1}.', text.trim(), reason),
      { nextStep: l10n.t('Set cloudSessions.runtime.server to host:port, such as 127.0.0.1:3000 or [::1]:3000.') },
    );
  };
  const address = text.trim();
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(address)) {
    return refuse(l10n.t('it must be written without a scheme'));
  }
  if (net.isIPv6(address)) {
    return refuse(l10n.t('an IPv6 address must be in brackets, followed by the port'));
  }
  const [, brackets, name, digits] =
    /^(?:\[([^\]]*)\]|([^\s:/@[\]]+))(?::(\d+))?$/.exec(address) ??
    refuse(l10n.t('it does not have the form host:port'));
  const host = brackets ?? name ?? '';
  if (brackets === undefined ? !isHostName(host) : !net.isIPv6(host)) {
    return refuse(l10n.t('{0} is not a host name or an IP address', brackets === undefined ? host : `[${host}]`));
  }
  const port = Number(digits ?? refuse(l10n.t('it has no port')));
  return port >= 1 && port <= 65_535 ? { host, port } : refuse(l10n.t('the port must be a number from 1 to 65535'));
}

/** As `host:port`. */
export function formatServerAddress({ host, port }: ServerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Digits and dots alone have to be an IPv4 address. */
function isHostName(host: string): boolean {
  return /^[\d.]+$/.test(host) ? net.isIPv4(host) : /^(?!-)[\w-]+(\.[\w-]+)*\.?$/.test(host);
}

const LOOPBACK = new net.BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether data sent to an IP address stays on this machine. False for a host name. */
export function isLoopbackAddress(address: string | undefined): boolean {
  const family = address === undefined ? 0 : net.isIP(address);
  return address !== undefined && family !== 0 && LOOPBACK.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** Whether all addresses of a host are loopback ones. False if it cannot be looked up. */
export async function isThisMachine(host: string): Promise<boolean> {
  try {
    const addresses = await lookup(host, { all: true });
    return addresses.length > 0 && addresses.every(({ address }) => isLoopbackAddress(address));
  } catch {
    return false;
  }
}

/** The standard streams of a runtime that is a child process. */
export function processTransport(process: RuntimeProcess): Transport {
  const { output: reader, input: writer } = process;
  const closed = new Promise<CloseReason>((resolve) => {
    reader.once('end', () => resolve({ kind: 'end' }));
    reader.once('close', () => resolve({ kind: 'end' }));
    reader.once('error', (error: Error) => resolve({ kind: 'end', error }));
    void process.exited.then((exit) => resolve({ kind: 'exit', exit }));
  });
  return { reader, writer, closed, dispose: () => undefined };
}

/**
 * Connects to a running runtime (`copilot --headless --port N`).
 * @throws {CloudSessionsError} `server-unreachable`; `cancelled` when the signal is aborted
 */
export function connectToServer(
  address: ServerAddress,
  { signal, timeoutMs = CONNECT_MS }: ConnectOptions = {},
): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: address.host, port: address.port });
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      socket.off('connect', onConnect);
      // Later errors are followed by `close`, which has a listener.
      socket.on('error', () => undefined);
    };
    const fail = (error: CloudSessionsError): void => {
      settle();
      socket.destroy();
      reject(error);
    };
    const onError = (error: NodeJS.ErrnoException): void => fail(unreachable(address, reasonOf(error), error));
    const onAbort = (): void => fail(new CloudSessionsError('cancelled', l10n.t('The connection was cancelled.')));
    const onConnect = (): void => {
      settle();
      socket.setNoDelay(true);
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      resolve(socketTransport(socket, address));
    };
    const timer = setTimeout(
      () => fail(unreachable(address, l10n.t('it did not answer within {0} s', timeoutMs / 1_000))),
      timeoutMs,
    );
    socket.once('error', onError);
    socket.once('connect', onConnect);
    if (signal?.aborted === true) {
      onAbort();
    } else {
      signal?.addEventListener('abort', onAbort, { once: true });
    }
  });
}

function socketTransport(socket: net.Socket, asked: ServerAddress): Transport {
  const remote = { server: formatServerAddress(asked), address: socket.remoteAddress };
  let failure: Error | undefined;
  socket.on('error', (error) => (failure ??= error));
  const closed = new Promise<CloseReason>((resolve) => {
    const end = (): void => resolve({ kind: 'end', ...defined({ error: failure }) });
    socket.once('end', end);
    socket.once('close', end);
  });
  return { reader: socket, writer: socket, closed, remote, dispose: () => socket.destroy() };
}

function unreachable(address: ServerAddress, reason: string, cause?: unknown): CloudSessionsError {
  return new CloudSessionsError(
    'server-unreachable',
    l10n.t('No Copilot runtime can be reached at {0}: {1}.', formatServerAddress(address), reason),
    {
      nextStep: l10n.t(
        'Start one there (copilot --headless --port {0}), or correct cloudSessions.runtime.server.',
        address.port,
      ),
      ...defined({ cause }),
    },
  );
}

function reasonOf(error: NodeJS.ErrnoException): string {
  const { code } = error;
  switch (code) {
    case 'ECONNREFUSED':
      return l10n.t('nothing listens there');
    case 'ENOTFOUND':
      return l10n.t('there is no such host');
    case 'EAI_AGAIN':
      return l10n.t('the host name could not be looked up');
    case 'EHOSTUNREACH':
      return l10n.t('the host cannot be reached');
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return l10n.t('the network cannot be reached');
    case 'ETIMEDOUT':
      return l10n.t('it did not answer in time');
    default:
      return textOf(error) || (code ?? l10n.t('the connection failed'));
  }
}
