import * as l10n from '@vscode/l10n';
import { joinSentences } from '../../core/common/sentence';
import { shortDate } from '../common/relativeTime';
import type { RuntimeState } from '../../api';
import type { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import type { AccessDenial } from '../../core/errors/accessDenial';
import { RECONNECT_MS } from '../../runtime/restartPolicy';
import type { ListState } from '../../core/store/sessionList';
import type { DatedQuota } from '../account/quotaWatch';
import { signInProblem, type SignIn } from '../../core/store/authStatus';

/** Why the list is empty: each reason has a welcome view in `package.json`, with the button that helps. */
export type EmptyReason =
  | 'starting'
  | 'serverAway'
  | 'stopped'
  | 'noRuntime'
  | 'failed'
  | SignInReason
  | 'listFailed'
  | 'cannotList'
  | 'noSessions';

/** Why this account has no cloud sessions, or may have none. */
export type SignInReason =
  'notSignedIn' | 'signInRefused' | 'signInDoubtful' | 'noAccess' | 'noEntitlement' | 'forbiddenByPolicy';

const REASONS: Readonly<Record<AccessDenial, SignInReason>> = {
  'signed-out': 'notSignedIn',
  refused: 'signInRefused',
  'no-access': 'noAccess',
  'no-entitlement': 'noEntitlement',
  policy: 'forbiddenByPolicy',
};

/**
 * For the line above the list and the status bar. The welcome views begin with the same sentences (but `notSignedIn`): they
 * can only be in `package.nls.json`, which code cannot read in the language of the user. A test compares them.
 */
export const SIGN_IN_TEXTS: Readonly<Record<SignInReason, string>> = {
  notSignedIn: l10n.t('You are not signed in to GitHub Copilot, so cloud sessions cannot be listed.'),
  signInRefused: l10n.t('GitHub rejected your sign-in. It has expired, was revoked, or is invalid.'),
  signInDoubtful: l10n.t('GitHub did not confirm who is signed in. The sign-in may have expired or been rejected.'),
  noAccess: l10n.t('The signed-in account does not have access to cloud sessions.'),
  noEntitlement: l10n.t('The signed-in account does not have a Copilot plan that includes cloud sessions.'),
  forbiddenByPolicy: l10n.t('Your organization or enterprise does not allow cloud sessions.'),
};

export interface Situation {
  readonly state: RuntimeState;
  /** Why it has failed, or (`restarting`) why the server in the settings is unreachable. */
  readonly error: CloudSessionsError | undefined;
  readonly signIn: SignIn;
  readonly list: ListState;
  /** What is left to the account; absent while it is unknown. */
  readonly quota?: DatedQuota | undefined;
  /** The version of a runtime that cannot list cloud sessions; `undefined` for all others. */
  readonly cannotList: string | undefined;
}

export function emptyReason({ state, error, signIn, list, cannotList }: Situation): EmptyReason {
  switch (state) {
    case 'stopped':
      return 'stopped';
    case 'starting':
      return 'starting';
    case 'restarting':
      return error === undefined ? 'starting' : 'serverAway';
    case 'failed':
      return error?.code === 'runtime-not-found' ? 'noRuntime' : 'failed';
    case 'running': {
      const problem = signInProblem(signIn, list);
      if (problem !== undefined) {
        return REASONS[problem];
      }
      if (list.kind === 'failed') {
        return list.error.refusal === 'signed-out' ? 'signInDoubtful' : 'listFailed';
      }
      if (list.kind === 'loaded') {
        if (cannotList !== undefined) {
          return 'cannotList';
        }
        return signIn.kind === 'doubtful' ? 'signInDoubtful' : 'noSessions';
      }
      return 'starting';
    }
  }
}

/** The line above a list that has rows, if the list is not up to date or not complete. */
export function listMessage(situation: Situation): string | undefined {
  const reason = emptyReason(situation);
  switch (reason) {
    case 'noRuntime':
    case 'failed':
      return joinSentences(
        l10n.t('The Copilot runtime is not running. The list may be out of date.'),
        situation.error?.message,
      );
    case 'serverAway':
      return joinSentences(serverAwayText(situation), l10n.t('Until then, the list may be out of date.'));
    case 'stopped':
      return l10n.t('The Copilot runtime is stopped. The list may be out of date.');
    case 'signInRefused':
      return joinSentences(SIGN_IN_TEXTS[reason], l10n.t('Sign in again.'));
    case 'notSignedIn':
    case 'noAccess':
    case 'noEntitlement':
    case 'forbiddenByPolicy':
      return SIGN_IN_TEXTS[reason];
    case 'listFailed':
      return situation.list.kind === 'failed'
        ? joinSentences(l10n.t('The list may be out of date.'), situation.list.error.message)
        : undefined;
    case 'cannotList':
      return l10n.t(
        'The Copilot runtime {0} cannot list cloud sessions. Only those of this window are shown. Update the runtime.',
        situation.cannotList ?? '',
      );
    case 'signInDoubtful':
      // If the list could be read, the account has access, whoever it belongs to.
      return situation.list.kind === 'failed' ? SIGN_IN_TEXTS[reason] : undefined;
    case 'starting':
    case 'noSessions':
      return undefined;
  }
}

/** Does not change while the server is unreachable; a countdown would have to be updated. */
export function serverAwayText({ error }: Situation): string {
  return joinSentences(
    error?.message ?? l10n.t('The Copilot runtime cannot be reached.'),
    l10n.t('The extension retries at least every {0} seconds.', RECONNECT_MS / 1_000),
  );
}

/** What is left of the quota, for the tooltip of the status bar. With its time: the runtime may have read it long ago. */
export function quotaLines({ quota }: Pick<Situation, 'quota'>, locale: string): readonly string[] {
  if (quota === undefined) {
    return [];
  }
  const left = quota.left.toLocaleString(locale);
  const included = quota.included.toLocaleString(locale);
  const at = shortDate(quota.at, locale);
  return [
    quota.isInCredits
      ? l10n.t('AI credits: {0} of {1} left, as of {2}', left, included, at)
      : l10n.t('Premium requests: {0} of {1} left, as of {2}', left, included, at),
  ];
}
