import * as l10n from '@vscode/l10n';
import { defined } from '../core/common/defined';
import { isRecord, readArray, readText } from '../core/common/json';
import { formatTime } from '../core/common/localTime';
import { sanitizeLine } from '../core/common/sanitize';
import { asSentence, joinSentences } from '../core/common/sentence';
import { CloudSessionsError } from '../core/errors/cloudSessionsError';
import { textOf } from '../core/redaction/secrets';

/** What a request is about, for the texts of its errors. */
export interface GitHubSubject {
  /** `owner/name` */
  readonly repository: string;
  readonly pullRequest?: number;
  /** A branch or a commit. */
  readonly ref?: string;
  /** The two branches of a comparison, or of a new pull request. */
  readonly base?: string;
  readonly head?: string;
}

export interface FailureContext {
  readonly about: GitHubSubject;
  /** The request had a token. */
  readonly isSignedIn: boolean;
  /** The host of GitHub's pages: links to others are not passed on. */
  readonly webHost: string;
  /** Node's own `Headers`, or a record of them. */
  readonly header: (name: string) => string | undefined;
}

const LONGEST_TEXT = 500;

/**
 * The error for an answer of GitHub that is none.
 * @param status 400 or more, without rate limits
 * @param data what GitHub answered, as JSON or as text
 */
export function failureOf(status: number, data: unknown, context: FailureContext): CloudSessionsError {
  const { about } = context;
  const said = sentencesOf(data);
  const details = `HTTP ${status}${said === '' ? '' : `: ${said}`}`;
  switch (status) {
    case 401:
      return new CloudSessionsError(
        'not-signed-in',
        l10n.t('GitHub does not accept the sign-in: it has expired, was revoked, or is wrong'),
        {
          nextStep: l10n.t('Sign in again.'),
          refusal: 'refused',
          details,
        },
      );
    case 403:
      return forbidden(said, details, context);
    case 404:
      return notFound(data, details, context);
    case 409:
      if (/empty/i.test(said)) {
        return new CloudSessionsError(
          'branch-not-found',
          l10n.t('{0} is empty: it has no commits yet.', about.repository),
          {
            nextStep: l10n.t('Push a first commit, then try again.'),
            details,
          },
        );
      }
      return refused(said, details);
    case 422:
      return refused(said, details);
    default:
      return status >= 500
        ? new CloudSessionsError(
            'service-unavailable',
            l10n.t('GitHub could not answer the request (HTTP {0}).', status),
            {
              nextStep: l10n.t('Check the network and https://www.githubstatus.com, then try again.'),
              details,
            },
          )
        : refused(said === '' ? `HTTP ${status}` : said, details);
  }
}

/** For requests that GitHub takes from an account only: nothing was sent. */
export function signedOut(): CloudSessionsError {
  return new CloudSessionsError('not-signed-in', l10n.t('Nobody is signed in to GitHub.'), {
    nextStep: l10n.t('Sign in, then try again.'),
    refusal: 'signed-out',
  });
}

/** @param until milliseconds since the epoch */
export function rateLimited(until: number): CloudSessionsError {
  return new CloudSessionsError(
    'rate-limited',
    l10n.t('GitHub limits how many requests may be made, and accepts no more until {0}.', formatTime(new Date(until))),
    { nextStep: l10n.t('Wait until then, then try again.') },
  );
}

/** The address has no JSON behind it: a proxy's page, or an answer that was cut off. */
export function notJson(host: string): CloudSessionsError {
  return new CloudSessionsError(
    'service-unavailable',
    l10n.t('The answer of {0} cannot be read: it is not JSON.', host),
    {
      nextStep: l10n.t('Check that no proxy or sign-in page of the network answers in GitHub’s place, then try again.'),
    },
  );
}

/** @param what the part that is missing or has another form, for the log */
export function wrongShape(what: string): CloudSessionsError {
  return new CloudSessionsError(
    'service-unavailable',
    l10n.t('GitHub’s answer cannot be used: it does not have the expected form.'),
    { nextStep: l10n.t('Try again. If the problem persists, update the extension.'), details: `Unusable: ${what}` },
  );
}

export function badRedirect(host: string, target: string | undefined): CloudSessionsError {
  return new CloudSessionsError(
    'service-unavailable',
    target === undefined
      ? l10n.t('{0} redirects the request too often, or to no address.', host)
      : l10n.t('{0} redirects the request to {1}, which must not receive the sign-in.', host, target),
    {
      nextStep: l10n.t('Check the GitHub host in the settings, and whether a proxy of the network redirects requests.'),
    },
  );
}

function forbidden(said: string, details: string, context: FailureContext): CloudSessionsError {
  const { about } = context;
  const sso = ssoLink(context);
  if (sso !== undefined || context.header('x-github-sso')?.startsWith('required') === true) {
    return new CloudSessionsError(
      'forbidden',
      l10n.t('The organization that owns {0} requires single sign-on for this account.', about.repository),
      {
        nextStep:
          sso === undefined
            ? l10n.t('Authorize the account for the organization’s single sign-on on the web, then try again.')
            : l10n.t('Authorize the account at {0}, then try again.', sso),
        refusal: 'no-access',
        details,
        ...defined({ link: sso }),
      },
    );
  }
  return new CloudSessionsError(
    'forbidden',
    said === ''
      ? l10n.t('GitHub denies this account access to {0}.', about.repository)
      : l10n.t('GitHub denies this account access to {0}: {1}', about.repository, said),
    { nextStep: accessStep(context), refusal: context.isSignedIn ? 'no-access' : 'signed-out', details },
  );
}

/** The page to authorize the account for an organization, if it is on GitHub: `required; url=https://…`. */
function ssoLink({ header, webHost }: FailureContext): string | undefined {
  const [, text] = /(?:^|;)\s*url=(\S+)/.exec(header('x-github-sso') ?? '') ?? [];
  if (text === undefined || text.length > 2048 || !URL.canParse(text)) {
    return undefined;
  }
  const url = new URL(text);
  const isOurs = url.protocol === 'https:' && url.host === webHost && url.username === '' && url.password === '';
  return isOurs ? url.href : undefined;
}

/** GitHub gives the same answer for what is not there and for what the account may not see. */
function notFound(data: unknown, details: string, context: FailureContext): CloudSessionsError {
  const { repository, pullRequest, ref, base, head } = context.about;
  const rest = { nextStep: accessStep(context), details };
  if (base !== undefined && head !== undefined) {
    if (/no common ancestor/i.test(readText(data, 'message') ?? '')) {
      return new CloudSessionsError(
        'invalid-argument',
        l10n.t('{0} and {1} have no common history in {2}.', base, head, repository),
        {
          nextStep: l10n.t('Choose another base branch.'),
          details,
        },
      );
    }
    return new CloudSessionsError(
      'branch-not-found',
      l10n.t(
        'GitHub cannot compare {0} with {1} in {2}: a branch is missing, or this account cannot read them.',
        head,
        base,
        repository,
      ),
      rest,
    );
  }
  if (pullRequest !== undefined) {
    return new CloudSessionsError(
      'request-failed',
      l10n.t('{0} has no pull request #{1} that this account can read.', repository, pullRequest),
      rest,
    );
  }
  if (ref !== undefined) {
    return new CloudSessionsError(
      'branch-not-found',
      l10n.t('{0} has no branch or commit {1} that this account can read.', repository, ref),
      rest,
    );
  }
  return new CloudSessionsError(
    'repository-not-found',
    l10n.t(
      '{0} has no repository {1} that this account can read',
      context.webHost === 'github.com' ? 'GitHub' : context.webHost,
      repository,
    ),
    rest,
  );
}

/** What may help an account that cannot see a repository. */
function accessStep({ isSignedIn, header }: FailureContext): string {
  if (!isSignedIn) {
    return l10n.t('Sign in to GitHub with an account that has access, then try again.');
  }
  // Only tokens with classic scopes have the header.
  const scopes = header('x-oauth-scopes')?.split(/,\s*/);
  return scopes !== undefined && !scopes.includes('repo')
    ? l10n.t('Sign in again and allow the scope “repo”: without it, private repositories look as if they were missing.')
    : l10n.t('Check the names, or use an account that has access.');
}

function refused(said: string, details: string): CloudSessionsError {
  return new CloudSessionsError(
    'invalid-argument',
    said === '' ? l10n.t('GitHub refused the request.') : l10n.t('GitHub refused the request: {0}', said),
    { nextStep: l10n.t('Correct what the message names, then try again.'), details },
  );
}

/** GitHub's own sentences: those on single fields if there are any, for the message is only “Validation Failed” then. */
function sentencesOf(data: unknown): string {
  const errors = readArray(data, 'errors').map((error) => {
    if (typeof error === 'string') {
      return error;
    }
    const field = readText(error, 'field');
    const code = readText(error, 'code');
    return readText(error, 'message') ?? (field === undefined || code === undefined ? undefined : `${field}: ${code}`);
  });
  const sentences = errors.filter((text) => text !== undefined);
  const texts = sentences.length > 0 ? sentences : isRecord(data) ? [readText(data, 'message')] : [];
  return sanitizeLine(
    joinSentences(...texts.map((text) => (text === undefined ? undefined : asSentence(textOf(text))))),
    LONGEST_TEXT,
  );
}
