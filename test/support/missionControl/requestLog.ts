import type { RouteName } from './faults';

/** A request as the service received it, without its token. */
export interface RecordedRequest {
  readonly method: string;
  /** With the query string. */
  readonly path: string;
  readonly route: RouteName | undefined;
  /** The parsed JSON; `undefined` if there was none. */
  readonly body: unknown;
  /** Status of the answer; `undefined` while there is none, and after a reset. */
  status: number | undefined;
}

/** Runtimes poll every second; more requests than this are of no use. */
const LIMIT = 10_000;

/** GitHub's tokens and all bearer tokens. */
const TOKENS = /\b(?:gh[a-z]_|github_pat_)\w+|\b[Bb]earer +[^\s"]+/g;

/** Records requests. It never stores a token. */
export class RequestLog {
  readonly entries: RecordedRequest[] = [];

  add(request: RecordedRequest): RecordedRequest {
    const entry = { ...request, path: redact(request.path), body: redactDeep(request.body) };
    if (this.entries.length === LIMIT) {
      this.entries.shift();
    }
    this.entries.push(entry);
    return entry;
  }
}

export function redact(text: string): string {
  return text.replace(TOKENS, '***');
}

function redactDeep(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(redact(JSON.stringify(value))) as unknown);
}
