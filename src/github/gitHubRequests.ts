import { request as octokit } from '@octokit/request';
import { BoundedMap } from '../core/common/bounded';
import { isRecord } from '../core/common/json';
import { isLoopback } from '../core/common/loopback';
import { realTimers, type Timers } from '../core/common/timers';
import { CloudSessionsError } from '../core/errors/cloudSessionsError';
import type { ApiBase } from '../core/github/apiBase';
import { secrets } from '../core/redaction/secrets';
import { AnswerCache } from './answerCache';
import {
  badRedirect,
  failureOf,
  notJson,
  rateLimited,
  signedOut,
  wrongShape,
  type GitHubSubject,
} from './gitHubErrors';
import { cancelled, exchange, type HttpAnswer, type HttpRequest } from './httpExchange';
import { isRateLimited, RateLimit } from './rateLimit';
import { RequestSlots } from './requestSlots';

export interface GitHubRequestsOptions {
  /** Asked before each request: the host may be another one meanwhile. */
  readonly base: () => ApiBase;
  /** The account's token for that base; `undefined` for requests without an account. It is sent to no other host. */
  readonly token: () => Promise<string | undefined>;
  readonly userAgent: string;
  /** Gets single lines, in English and without secrets. */
  readonly log: (line: string) => void;
  readonly timers?: Timers;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** That of the platform at the time of the request: the editor replaces it by one that knows its proxy. */
  readonly fetch?: typeof fetch;
}

export interface Asked {
  /** `GET /repos/{owner}/{repo}`: a route of GitHub's documentation. */
  readonly route: `${'GET' | 'POST'} /${string}`;
  /** Values for the route's names; the others go into the query, or into the body of a POST. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly about: GitHubSubject;
  readonly signal?: AbortSignal | undefined;
  /** The file itself, instead of JSON. */
  readonly raw?: true;
  /** The largest answer, in bytes. */
  readonly maxBytes?: number;
}

/** What is known about one account at one base. */
interface Account {
  readonly token: string | undefined;
  readonly answers: AnswerCache;
  readonly limit: RateLimit;
}

const CONCURRENT = 4;
const MAX_REDIRECTS = 3;
const MAX_JSON_BYTES = 20 * 1024 * 1024;
const MOST_BASES = 8;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 307, 308]);

/**
 * Requests to GitHub's REST API: conditional, within its rate limits, bounded in number, size and silence, and to one
 * host only.
 */
export class GitHubRequests {
  private readonly slots = new RequestSlots(CONCURRENT);
  private readonly accounts = new BoundedMap<string, Account>(MOST_BASES);
  private count = 0;

  constructor(private readonly options: GitHubRequestsOptions) {}

  /** The number of HTTP requests so far, those for redirects and those that were answered by 304 included. */
  get sent(): number {
    return this.count;
  }

  /**
   * @returns the JSON of a successful answer, unchecked
   * @throws CloudSessionsError
   */
  async json(asked: Asked): Promise<unknown> {
    const { bytes } = await this.ask(asked);
    try {
      return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
    } catch {
      throw notJson(new URL(this.options.base().url).host);
    }
  }

  /**
   * @returns a successful answer
   * @throws CloudSessionsError
   */
  async ask(asked: Asked): Promise<HttpAnswer> {
    const base = this.options.base();
    const token = await this.options.token();
    if (token !== undefined) {
      secrets.add(token);
    } else if (!asked.route.startsWith('GET ')) {
      throw signedOut();
    }
    const account = this.account(base, token);
    return await this.slots.run(async () => await this.send(asked, base, account), asked.signal, cancelled);
  }

  /** When requests are accepted again, in milliseconds since the epoch; `undefined` if nothing is known against it. */
  get blockedUntil(): number | undefined {
    return this.accounts.get(this.options.base().url)?.limit.blockedUntil(this.now());
  }

  private async send(asked: Asked, base: ApiBase, account: Account): Promise<HttpAnswer> {
    let answer: HttpAnswer | undefined;
    try {
      await octokit(asked.route, {
        ...asked.parameters,
        baseUrl: base.url,
        headers: {
          accept: `application/vnd.github${asked.raw === true ? '.raw' : ''}+json`,
          'user-agent': this.options.userAgent,
          'x-github-api-version': '2022-11-28',
          ...(account.token === undefined ? {} : { authorization: `Bearer ${account.token}` }),
        },
        request: {
          // The answer is kept here, because Octokit takes JSON that it cannot parse for text.
          fetch: async (url: string, { method, headers, body }: Omit<HttpRequest, 'url'>) => {
            answer = await this.follow(
              { url, method, headers, ...(body === undefined ? {} : { body }) },
              asked,
              base,
              account,
            );
            const isNull = [204, 205, 304].includes(answer.status);
            return new Response(isNull ? null : (answer.bytes as Uint8Array<ArrayBuffer>), answer);
          },
          parseSuccessResponseBody: false,
          log: { warn: (line: string) => this.options.log(secrets.redact(line)) },
        },
      });
    } catch (error) {
      throw this.failure(error, answer, asked, base, account);
    }
    if (answer === undefined) {
      throw wrongShape(asked.route);
    }
    return answer;
  }

  private failure(
    thrown: unknown,
    answer: HttpAnswer | undefined,
    asked: Asked,
    base: ApiBase,
    account: Account,
  ): unknown {
    if (answer === undefined) {
      // Octokit wraps what `fetch` throws.
      return thrown instanceof Error && thrown.cause instanceof CloudSessionsError ? thrown.cause : thrown;
    }
    const until = isRateLimited(answer) ? account.limit.blockedUntil(this.now()) : undefined;
    if (until !== undefined) {
      return rateLimited(until);
    }
    const response: unknown = isRecord(thrown) ? thrown['response'] : undefined;
    return failureOf(answer.status, isRecord(response) ? response['data'] : undefined, {
      about: asked.about,
      isSignedIn: account.token !== undefined,
      webHost: base.webHost,
      header: (name) => answer.headers.get(name) ?? undefined,
    });
  }

  /** Follows redirects, as those of a renamed repository, on the same host: another one must not get the token. */
  private async follow(request: HttpRequest, asked: Asked, base: ApiBase, account: Account): Promise<HttpAnswer> {
    const { origin, host, protocol } = new URL(base.url);
    let { url } = request;
    if (protocol !== 'https:' && !isLoopback(new URL(base.url))) {
      throw badRedirect(host, base.url);
    }
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const answer = await this.once({ ...request, url }, asked, account);
      if (!REDIRECTS.has(answer.status)) {
        return answer;
      }
      const location = answer.headers.get('location') ?? '';
      if (location === '' || !URL.canParse(location, url)) {
        break;
      }
      const target = new URL(location, url);
      if (target.origin !== origin) {
        throw badRedirect(host, target.origin === 'null' ? target.protocol : target.origin);
      }
      url = target.href;
    }
    throw badRedirect(host, undefined);
  }

  private async once(request: HttpRequest, asked: Asked, { answers, limit }: Account): Promise<HttpAnswer> {
    const until = limit.blockedUntil(this.now());
    if (until !== undefined) {
      throw rateLimited(until);
    }
    const key = `${request.headers['accept'] ?? ''} ${request.url}`;
    const known = request.method === 'GET' ? answers.get(key) : undefined;
    const etag = known?.headers.get('etag');
    this.count++;
    const answer = await exchange(
      typeof etag === 'string' ? { ...request, headers: { ...request.headers, 'if-none-match': etag } } : request,
      {
        fetch: this.options.fetch ?? globalThis.fetch,
        timers: this.options.timers ?? realTimers,
        signal: asked.signal,
        maxBytes: asked.maxBytes ?? MAX_JSON_BYTES,
      },
    );
    limit.observe(answer, this.now());
    if (answer.status === 304 && known !== undefined) {
      return known;
    }
    if (request.method === 'GET') {
      answers.put(key, answer);
    }
    return answer;
  }

  /** Another token may see other things, and has a limit of its own. */
  private account({ url }: ApiBase, token: string | undefined): Account {
    const known = this.accounts.get(url);
    if (known?.token === token && known !== undefined) {
      return known;
    }
    const account: Account = { token, answers: new AnswerCache(), limit: new RateLimit() };
    this.accounts.set(url, account);
    return account;
  }

  private now(): number {
    return (this.options.now ?? Date.now)();
  }
}
