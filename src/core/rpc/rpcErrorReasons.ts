import { isOfSystem, leadingClauses, statusInClauses, withoutQuotations } from '../errors/errorText';
import { isRecord } from '../common/json';
import { accessDenialOf, statusOf, type AccessDenial } from '../errors/accessDenial';
import type { RequestContext } from './requestSubject';

/** Why the runtime or the service did not do it. */
export type Reason =
  | AccessDenial
  | 'limit'
  | 'repository'
  | 'branch'
  | 'model'
  | 'session-gone'
  | 'not-started'
  | 'sandbox-late'
  | 'agent-silent'
  | 'unreachable'
  | 'slow'
  | 'unreadable'
  | 'not-supported';

/** What a call is for: the same status and the same words mean different things for each kind. */
export type CallKind = 'create' | 'connect' | 'list' | 'account' | 'session' | 'runtime' | 'other';

export function kindOf(method: string | undefined): CallKind {
  switch (method) {
    case 'session.create':
      return 'create';
    case 'sessions.connect':
      return 'connect';
    case 'sessions.list':
      return 'list';
    case 'auth.getStatus':
      return 'account';
    case 'connect':
    case 'ping':
    case 'runtime.shutdown':
      return 'runtime';
    default:
      return method?.startsWith('session.') === true ? 'session' : 'other';
  }
}

/** What "not found" means, by what was asked for. A list that one account does not find is there for others. */
const NOT_FOUND: Readonly<Partial<Record<CallKind, Reason>>> = {
  create: 'repository',
  connect: 'session-gone',
  list: 'no-access',
  session: 'session-gone',
};

interface Rule {
  readonly reason: Reason;
  /** Matches a clause from its beginning. */
  readonly pattern: RegExp;
  /** The calls that it applies to; absent for all. */
  readonly kinds?: readonly CallKind[];
}

/** Calls whose only user text are names, which are removed before: words anywhere in the error text count. */
const WORDY: readonly CallKind[] = ['create', 'connect', 'list', 'account'];

const RULES: readonly Rule[] = [
  {
    // A forwarded call that the agent's machine does not know comes back as -32603 with such a text; so does one that the
    // runtime's native part does not: `unknown session skills method 'x'` (1.0.85).
    reason: 'not-supported',
    pattern:
      /^((method not found|unhandled method|unknown (session \S+ )?method|unsupported native server host request)\b|\S+ (is )?not (yet )?implemented$)/i,
  },
  { reason: 'not-started', pattern: /^no events found for task\b/i, kinds: ['connect', 'session'] },
  {
    reason: 'sandbox-late',
    pattern: /^time(d ?)?out (while )?waiting for (the remote sandbox|session\.start)\b/i,
    kinds: ['create', 'connect'],
  },
  { reason: 'agent-silent', pattern: /^timed out waiting for this session['’]s\b/i, kinds: ['connect', 'session'] },
  {
    reason: 'session-gone',
    pattern:
      /^(the )?((remote|native) )?(session|task)( (“”|\S*[\d/_.-]\S*))? (was )?(not found|does not exist)\b|^(no such|unknown) (session|task)\b/i,
    kinds: ['connect', 'session'],
  },
  {
    reason: 'model',
    pattern:
      /^(the )?model( (“”|\S*[\d/_.-]\S*))? (is |was )?(not (found|supported|available)|does not exist|unavailable)\b|^(no such|unknown|invalid) model\b/i,
    kinds: ['create', 'session'],
  },
  {
    reason: 'branch',
    pattern:
      /^(the )?((remote )?branch|ref|reference|git ref)( (“”|\S*[\d/_.-]\S*))? (was )?(not found|does not exist|could not be found)\b|^(no such|unknown|invalid) (branch|ref)\b|^no commit found for\b|^could not (resolve to a ref|find (the )?(branch|ref))\b/i,
    kinds: ['create'],
  },
  {
    reason: 'repository',
    pattern:
      /^(the )?repository( (“”|\S*[\d/_.-]\S*))? (was )?(not found|does not exist|could not be found)\b|^(no such|unknown) repository\b|^could not resolve to a repository\b|^not found$/i,
    kinds: ['create'],
  },
  { reason: 'session-gone', pattern: /^not found$/i, kinds: ['connect'] },
  {
    reason: 'signed-out',
    pattern: /^not authenticated$|^\S+( cloud)? requires authentication$|^authentication required$/i,
    kinds: ['session', 'other'],
  },
  { reason: 'refused', pattern: /^bad credentials$|^unauthori[sz]ed$/i, kinds: ['session', 'other'] },
  { reason: 'no-access', pattern: /^forbidden$/i, kinds: ['session', 'other'] },
  {
    // The service has answered, and the runtime cannot make sense of it: texts of its native part (1.0.85), of serde, of V8.
    reason: 'unreadable',
    pattern:
      /^(error decoding response body|invalid cloud (task|session) (metadata|events)|cloud task metadata omitted|unexpected token\b.* json|unexpected end of json input|expected value at line \d+|eof while parsing|“”( is|\.\.\. is) not valid json)/i,
    kinds: ['create', 'connect', 'list'],
  },
  {
    reason: 'slow',
    pattern: /^(the )?((request|connection|operation) )?(has )?time(d ?)?out( after \d+ ?m?s)?$/i,
  },
  {
    reason: 'unreachable',
    pattern: new RegExp(
      /* eslint-disable texts/localized -- what runtimes and services say */
      [
        'error sending request( for url.*)?$',
        '(bad gateway|service (temporarily )?unavailable|gateway time-?out|internal server error)$',
        '((connect|getaddrinfo|read|write) )?E(CONN[A-Z]+|NOTFOUND|AI_AGAIN|TIMEDOUT|HOSTUNREACH|NETUNREACH|PIPE)\\b',
        '(type ?error )?fetch failed$',
        'socket hang up$',
        'could not resolve host$',
        '(dns|tcp connect|network|connection) error$',
        'connection (was )?(refused|reset|closed)( by (the )?peer| before message completed)?$',
        '(request or response body error|error (reading|writing) a body (from|to) connection)$',
        'unexpected (eof|end of file)\\b',
        'network (is )?(unreachable|unavailable|down)$',
      ]
        /* eslint-enable texts/localized */
        .map((form) => `^${form}`)
        .join('|'),
      'i',
    ),
  },
];

const LIMITED =
  /rate.?limit|too many requests|(?<!\b(disk|storage|memory) )\bquota\b|(?<!\b(size|length|memory|disk|storage|file|line|depth|stack|heap|body|context|time|time-?out) )\blimit (was |is )?(reached|exceeded)/i;
const LIMIT_CLAUSE =
  /^((api |secondary |you have exceeded a secondary )?rate limit( (exceeded|reached))?|too many requests)\b/i;

/**
 * Why a call was refused: by its method and its structured data first, by its text last.
 * @returns `undefined` if it is not known: then only the text explains it
 */
export function reasonOf(text: string, data: unknown, { method, about = {} }: RequestContext): Reason | undefined {
  const kind = kindOf(method);
  const names = [about.repository, about.branch, about.model, about.sessionId].filter((name) => name !== undefined);
  const plain = withoutQuotations(text, names);
  const status = statusOf(data);
  if (status !== undefined) {
    return reasonOfStatus(status, plain, kind);
  }
  if (isRecord(data) && data['timedOut'] === true) {
    return 'slow';
  }
  if (isRecord(data) && data['errorKind'] === 'transport') {
    return 'unreachable';
  }
  return kind === 'runtime' ? undefined : reasonOfText(plain, kind, method);
}

function reasonOfStatus(status: number, plain: string, kind: CallKind): Reason | undefined {
  switch (status) {
    case 404:
    case 410:
      return NOT_FOUND[kind];
    case 408:
    case 504:
      return 'slow';
    case 429:
      return 'limit';
    case 403:
      // GitHub's rate limits are 403 as well as 429.
      return LIMITED.test(plain) ? 'limit' : WORDY.includes(kind) ? accessDenialOf(plain, status) : 'no-access';
    default:
      return status >= 500 ? 'unreachable' : accessDenialOf(plain, status);
  }
}

function reasonOfText(plain: string, kind: CallKind, method: string | undefined): Reason | undefined {
  const clauses = leadingClauses(plain);
  const status = statusInClauses(clauses);
  const mayBeLimit = status === undefined || status === 403 || status === 429;
  if (WORDY.includes(kind) && mayBeLimit && !isOfSystem(plain) && LIMITED.test(plain)) {
    return 'limit';
  }
  const rule = RULES.find(
    ({ pattern, kinds, reason }) =>
      (kinds?.includes(kind) ?? true) &&
      (reason !== 'model' || kind === 'create' || method?.startsWith('session.model.') === true) &&
      clauses.some((clause) => pattern.test(clause)),
  );
  // A clause says more than a status does: `403 Forbidden: Repository not found`.
  if (rule !== undefined) {
    return rule.reason;
  }
  if (status !== undefined) {
    return reasonOfStatus(status, plain, kind);
  }
  if (WORDY.includes(kind)) {
    return accessDenialOf(plain, undefined);
  }
  return clauses.some((clause) => LIMIT_CLAUSE.test(clause)) ? 'limit' : undefined;
}
