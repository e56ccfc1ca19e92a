import type { RouteName } from './faults';

/** A request as the service got it, without its token. */
export interface RecordedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly route: RouteName | undefined;
  /** Parsed JSON; `undefined` if there was none. */
  readonly body: unknown;
  /** Of the answer; `undefined` while there is none, or when the connection was reset. */
  status: number | undefined;
}

/** Runtimes poll every second: more of it than anybody looks at. */
const LIMIT = 10_000;

/** GitHub's tokens, and whatever else is given as a bearer. */
const TOKENS = /\b(?:gh[a-z]_|github_pat_)\w+|\b[Bb]earer +[^\s"]+/g;

/** Records what was asked. No token is ever kept. */
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
