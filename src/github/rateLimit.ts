import type { HttpAnswer } from './httpExchange';

/** GitHub asks for a minute after a secondary limit that names no time. */
const DEFAULT_WAIT_MS = 60_000;
/** Its limits are hourly; a later time is a mistake of somebody's clock. */
const MAX_WAIT_MS = 61 * 60_000;
/** The times of its headers have no fractions of a second. */
const MARGIN_MS = 1_000;

/** Whether GitHub has refused a request for its rate: then nothing was done. */
export function isRateLimited({ status, headers, bytes }: HttpAnswer): boolean {
  return (
    status === 429 ||
    (status === 403 &&
      (headers.get('x-ratelimit-remaining') === '0' ||
        headers.has('retry-after') ||
        /rate limit|abuse detection/i.test(new TextDecoder().decode(bytes.subarray(0, 4096)))))
  );
}

/** Until when GitHub accepts no requests of one account. Times are in milliseconds since the epoch, by the own clock. */
export class RateLimit {
  private until = 0;

  /** When requests are accepted again; `undefined` if they are now. */
  blockedUntil(now: number): number | undefined {
    return this.until > now ? this.until : undefined;
  }

  /** Takes note of what an answer says about the limits. */
  observe(answer: HttpAnswer, now: number): void {
    const { status, headers } = answer;
    const limited = isRateLimited(answer);
    const wait =
      (limited || status === 503 ? retryAfter(headers, now) : undefined) ??
      (headers.get('x-ratelimit-remaining') === '0' ? untilReset(headers, now) : undefined) ??
      (limited ? DEFAULT_WAIT_MS : undefined);
    if (wait !== undefined) {
      this.until = Math.max(this.until, now + Math.min(MAX_WAIT_MS, wait + MARGIN_MS));
    }
  }
}

/** `Retry-After`: seconds, or a date. */
function retryAfter(headers: Headers, now: number): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) {
    return Number(text) * 1000;
  }
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - serverTime(headers, now));
}

function untilReset(headers: Headers, now: number): number | undefined {
  const text = headers.get('x-ratelimit-reset')?.trim() ?? '';
  const wait = Number(text) * 1000 - serverTime(headers, now);
  return /^\d{1,12}$/.test(text) && wait > 0 ? wait : undefined;
}

/** The limits end by GitHub's clock, which may differ from this machine's. */
function serverTime(headers: Headers, now: number): number {
  const date = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(date) ? now : date;
}
