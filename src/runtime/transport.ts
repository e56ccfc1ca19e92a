import * as net from 'node:net';
import { CloudSessionsError } from '../core/errors';

/** The two directions of a connection to a runtime. */
export interface Transport {
  readonly reader: NodeJS.ReadableStream;
  readonly writer: NodeJS.WritableStream;
}

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** How long a connection may take to be made, in milliseconds. */
const CONNECT_MS = 10_000;

/**
 * Reads `host:port`, with IPv6 addresses in brackets.
 * @throws `server-address`
 */
export function parseServerAddress(text: string): ServerAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new CloudSessionsError('server-address', `“${text}” is not the address of a runtime.`, {
      nextStep: 'Set cloudSessions.runtime.server to host:port, such as 127.0.0.1:3000.',
    });
  }
  return { host, port };
}

/**
 * Connects to a runtime that runs already (`copilot --headless --port N`).
 * @throws `server-unreachable`
 */
export function connectToServer({ host, port }: ServerAddress, signal?: AbortSignal): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port });
    const where = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    const fail = (reason: string, cause?: unknown): void => {
      end();
      socket.destroy();
      reject(
        new CloudSessionsError('server-unreachable', `No Copilot runtime can be reached at ${where}: ${reason}.`, {
          nextStep: `Start one there (copilot --headless --port ${port}), or correct cloudSessions.runtime.server.`,
          cause,
        }),
      );
    };
    const onError = (error: NodeJS.ErrnoException): void => {
      const reasons: Readonly<Record<string, string>> = {
        ECONNREFUSED: 'nothing listens there',
        ENOTFOUND: 'there is no such host',
        EAI_AGAIN: 'the name could not be looked up',
        EHOSTUNREACH: 'the host cannot be reached',
        ENETUNREACH: 'the network cannot be reached',
      };
      fail(reasons[error.code ?? ''] ?? error.message, error);
    };
    const onAbort = (): void => fail('it was given up');
    const timer = setTimeout(() => fail(`it did not answer within ${CONNECT_MS / 1_000} s`), CONNECT_MS);
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      // Later errors are followed by `close`, which is what is listened for.
      socket.on('error', () => undefined);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('error', onError);
    socket.once('connect', () => {
      end();
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}
