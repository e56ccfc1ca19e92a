import type { Answer } from '../../httpAnswer';
import { failed } from './answers';

/** What GitHub counts on its own. */
export type RateResource = 'core' | 'search';

const HOUR_S = 3_600;

/** The requests that the account has left in this hour. Answers 304 are not counted. */
export class RateLimit {
  limit: number;
  remaining: number;
  /** Seconds since the epoch. */
  reset: number;

  constructor(
    private readonly resource: RateResource,
    now: number,
  ) {
    this.limit = resource === 'core' ? 5_000 : 30;
    this.remaining = this.limit;
    this.reset = Math.floor(now / 1_000) + HOUR_S;
  }

  /** Counts a request. Its answer, with the headers that say what is left; 403 if nothing is. */
  async take(handle: () => Promise<Answer>): Promise<Answer> {
    const isAllowed = this.remaining > 0;
    const answer = isAllowed ? await handle() : failed(403, 'API rate limit exceeded for user ID 583231.');
    if (isAllowed && answer.status !== 304) {
      this.remaining--;
    }
    return { ...answer, headers: { ...answer.headers, ...this.headers } };
  }

  private get headers(): Readonly<Record<string, string>> {
    return {
      'x-ratelimit-limit': String(this.limit),
      'x-ratelimit-remaining': String(this.remaining),
      'x-ratelimit-used': String(this.limit - this.remaining),
      'x-ratelimit-reset': String(this.reset),
      'x-ratelimit-resource': this.resource,
    };
  }
}
