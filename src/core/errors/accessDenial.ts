import { isOfSystem, leadingClauses, statusInClauses, withoutQuotations } from './errorText';
import { isRecord } from '../common/json';

/** Why GitHub denies an account an access. Each has a remedy of its own. */
export type AccessDenial =
  /** Nobody is signed in. */
  | 'signed-out'
  /** There is a sign-in that GitHub does not accept: expired, revoked or wrong. */
  | 'refused'
  /** The sign-in is valid, but the account has no access: the wrong account, or an organization's single sign-on. */
  | 'no-access'
  /** The account has no plan or seat that includes it. */
  | 'no-entitlement'
  /** An organization or an enterprise has turned it off. */
  | 'policy';

/** The first match wins: patterns that name a reason stand before those that only say that it is forbidden. */
const WORDS: readonly (readonly [RegExp, AccessDenial])[] = [
  [
    /\bnot authenticated|requires authentication|authentication required|\blog ?in required|\bmust sign in/i,
    'signed-out',
  ],
  [
    /unauthori[sz]ed|bad credentials|authentication failed|(?<!\bunexpected )\btoken\b.*\b(expired|revoked|invalid)|\bsign(ed)?[- ]?in\b/i,
    'refused',
  ],
  [/\bpolic(y|ies)\b|disabled by|not enabled/i, 'policy'],
  [
    /payment required|not (entitled|licen[cs]ed|subscribed)|\b(subscription|licen[cs]e|seat|entitlement)s?\b|\bplan (does not|doesn.t|is)|upgrade (your|to)|access to (github )?copilot/i,
    'no-entitlement',
  ],
  [
    /\bSAML\b|\bSSO\b|single sign-?on|not accessible|not a (member|collaborator)|(do(es)? not|must) have (\w+ )?(access|rights|permissions?)/i,
    'no-access',
  ],
  [/forbidden|not (allowed|permitted)/i, 'policy'],
];

/**
 * @param text the error of a call that carries no text of the user: words anywhere in it count
 * @param status the service's HTTP status, where it is known: it takes precedence over words
 * @returns `undefined` for what denies no account an access
 */
export function accessDenialOf(text: string, status: number | undefined): AccessDenial | undefined {
  const plain = withoutQuotations(text);
  switch (status ?? statusInClauses(leadingClauses(plain))) {
    case undefined:
      return wordsOf(plain);
    case 401:
      return 'refused';
    case 402:
      return 'no-entitlement';
    case 403: {
      const said = wordsOf(plain);
      return said === undefined || said === 'signed-out' || said === 'refused' ? 'policy' : said;
    }
    default:
      return undefined;
  }
}

/**
 * The HTTP status in an error's data: `sessions.list` of the newer runtimes has one (`{statusCode: 401, errorKind,
 * timedOut}`, measured on 1.0.102); `session.create` has only text.
 */
export function statusOf(data: unknown): number | undefined {
  const status = isRecord(data) ? data['statusCode'] : undefined;
  return typeof status === 'number' && Number.isInteger(status) && status >= 100 && status < 600 ? status : undefined;
}

function wordsOf(text: string): AccessDenial | undefined {
  return isOfSystem(text) ? undefined : WORDS.find(([pattern]) => pattern.test(text))?.[1];
}
