import { createHash } from 'node:crypto';
import type { Answer } from '../../httpAnswer';

/*
 * GitHub's REST API as documented (https://docs.github.com/rest, version 2022-11-28), as far as the extension needs it,
 * answered from the bare repositories.
 */

const DOCUMENTATION = 'https://docs.github.com/rest';

export function ok(body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 200, body, headers };
}

/** An error as GitHub words it. */
export function failed(status: number, message: string, errors?: readonly unknown[]): Answer {
  return {
    status,
    body: {
      message,
      ...(errors === undefined ? {} : { errors }),
      documentation_url: DOCUMENTATION,
      status: String(status),
    },
  };
}

export const notFound = (): Answer => failed(404, 'Not Found');

/** 422 `Validation Failed`. */
export function invalid(error: Readonly<Record<string, unknown>>): Answer {
  return failed(422, 'Validation Failed', [error]);
}

const MOST_PER_PAGE = 100;

/** A part of a list, with the `Link` header to the others. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly number: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** @param url of the request, without its query */
export function pageOf<T>(
  all: readonly T[],
  query: URLSearchParams,
  url: string,
  { usual = 30, most = MOST_PER_PAGE }: { readonly usual?: number; readonly most?: number } = {},
): Page<T> {
  const size = Math.min(positive(query.get('per_page')) ?? usual, most);
  const number = positive(query.get('page')) ?? 1;
  const last = Math.max(1, Math.ceil(all.length / size));
  const link = (page: number, rel: string): string => {
    const parameters = new URLSearchParams(query);
    parameters.set('page', String(page));
    return `<${url}?${parameters.toString()}>; rel="${rel}"`;
  };
  const links = [
    ...(number > 1 ? [link(number - 1, 'prev')] : []),
    ...(number < last ? [link(number + 1, 'next'), link(last, 'last')] : []),
    ...(number > 1 ? [link(1, 'first')] : []),
  ];
  return {
    items: all.slice((number - 1) * size, number * size),
    number,
    headers: links.length === 0 ? {} : { link: links.join(', ') },
  };
}

function positive(text: string | null): number | undefined {
  const number = Number(text);
  return Number.isSafeInteger(number) && number > 0 ? number : undefined;
}

/** The answer with an `ETag`; 304 without a body if the client has it already. */
export function conditional(answer: Answer, ifNoneMatch: string | undefined): Answer {
  if (answer.status !== 200) {
    return answer;
  }
  const bytes = Buffer.isBuffer(answer.body) ? answer.body : JSON.stringify(answer.body);
  const etag = `W/"${createHash('sha256').update(bytes).digest('hex')}"`;
  const headers = { ...answer.headers, etag, 'cache-control': 'private, max-age=60, s-maxage=60' };
  const known = (ifNoneMatch ?? '').split(',').map((each) => each.trim().replace(/^W\//, ''));
  return known.includes(etag.slice(2)) || known.includes('*')
    ? { status: 304, body: Buffer.alloc(0), headers }
    : { ...answer, headers };
}
