import * as l10n from '@vscode/l10n';
import type { Disposable } from 'vscode-jsonrpc/node';
import type { Timers } from '../core/common/timers';
import { CloudSessionsError } from '../core/errors/cloudSessionsError';
import { textOf } from '../core/redaction/secrets';

/** An answer that was read to its end. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ExchangeOptions {
  readonly fetch: typeof fetch;
  readonly timers: Timers;
  readonly signal: AbortSignal | undefined;
  /** The largest answer, in bytes. */
  readonly maxBytes: number;
}

/** The longest time without a byte, in milliseconds. A limit for the whole would end large files on slow lines. */
const SILENCE_MS = 15_000;

/**
 * One request and its answer, without redirects.
 * @throws CloudSessionsError `cancelled`, `service-unavailable` (unreachable, silent, cut off), `response-too-large`
 */
export async function exchange(request: HttpRequest, options: ExchangeOptions): Promise<HttpAnswer> {
  const { signal, timers, maxBytes } = options;
  const { host } = new URL(request.url);
  const controller = new AbortController();
  /** Why we ended it ourselves. */
  let failure: CloudSessionsError | undefined;
  const end = (error: CloudSessionsError): void => {
    failure ??= error;
    controller.abort();
  };
  let timer: Disposable | undefined;
  const restart = (): void => {
    timer?.dispose();
    timer = timers(() => end(silent(host)), SILENCE_MS);
  };
  const onAbort = (): void => end(cancelled());
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal?.aborted === true) {
      throw cancelled();
    }
    restart();
    const { url, ...init } = request;
    const response = await options.fetch(url, { ...init, redirect: 'manual', signal: controller.signal });
    const chunks: Uint8Array[] = [];
    let size = 0;
    const reader = response.body?.getReader();
    for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
      restart();
      const chunk = part.value as Uint8Array;
      size += chunk.byteLength;
      if (size > maxBytes) {
        end(tooLarge(host, maxBytes));
        break;
      }
      chunks.push(chunk);
    }
    if (failure !== undefined) {
      throw failure;
    }
    return { status: response.status, headers: response.headers, bytes: joined(chunks, size) };
  } catch (error) {
    throw failure ?? (error instanceof CloudSessionsError ? error : unreachable(host, error));
  } finally {
    timer?.dispose();
    signal?.removeEventListener('abort', onAbort);
  }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) {
    return only;
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

export function cancelled(): CloudSessionsError {
  return new CloudSessionsError('cancelled', l10n.t('The request to GitHub was cancelled.'));
}

const NETWORK = l10n.t('Check the network and https://www.githubstatus.com, then try again.');

function silent(host: string): CloudSessionsError {
  return new CloudSessionsError('service-unavailable', l10n.t('{0} does not answer.', host), { nextStep: NETWORK });
}

function unreachable(host: string, error: unknown): CloudSessionsError {
  // Node's fetch says only “fetch failed”; the reason is the cause.
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return new CloudSessionsError(
    'service-unavailable',
    l10n.t('The connection to {0} failed: {1}', host, textOf(cause)),
    { nextStep: NETWORK, cause },
  );
}

function tooLarge(host: string, maxBytes: number): CloudSessionsError {
  return new CloudSessionsError(
    'response-too-large',
    l10n.t('The answer of {0} is larger than {1} MB.', host, Math.ceil(maxBytes / 2 ** 20)),
    { nextStep: l10n.t('Open it on the web instead.') },
  );
}
