import type { RuntimeState } from '../../api';
import type { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import type { AccessDenial } from '../../core/errors/accessDenial';
import { RECONNECT_MS } from '../../runtime/restartPolicy';
import type { ListState } from '../../core/store/sessionList';
import { signInProblem, type SignIn } from '../../core/store/authStatus';

/** What an empty list is about: each has its welcome view in `package.json`, with the button that helps. */
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

/** Why there are no cloud sessions for this account, or perhaps not. */
export type SignInReason =
  'notSignedIn' | 'signInRefused' | 'signInDoubtful' | 'noAccess' | 'noEntitlement' | 'forbiddenByPolicy';

const REASONS: Readonly<Record<AccessDenial, SignInReason>> = {
  'signed-out': 'notSignedIn',
  refused: 'signInRefused',
  'no-access': 'noAccess',
  'no-entitlement': 'noEntitlement',
  policy: 'forbiddenByPolicy',
};

/** One sentence each, for the line above the list and the status bar. */
export const SIGN_IN_TEXTS: Readonly<Record<SignInReason, string>> = {
  notSignedIn: 'You are not signed in to GitHub Copilot: cloud sessions cannot be read.',
  signInRefused: 'GitHub does not accept your sign-in: it has expired, was revoked, or is wrong. Sign in again.',
  signInDoubtful: 'GitHub has not said who is signed in: the sign-in may have expired or been refused.',
  noAccess: 'The account that is signed in has no access to cloud sessions.',
  noEntitlement: 'The account that is signed in has no Copilot plan that includes cloud sessions.',
  forbiddenByPolicy: 'Your organization or enterprise does not allow cloud sessions.',
};

export interface Situation {
  readonly state: RuntimeState;
  /** Why it has failed, or (`restarting`) why the server that the settings name is away. */
  readonly error: CloudSessionsError | undefined;
  readonly signIn: SignIn;
  readonly list: ListState;
  /** The version of a runtime that cannot list cloud sessions; `undefined` of all others. */
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

/** The line above the list when it has rows but is not all there is to say. */
export function listMessage(situation: Situation): string | undefined {
  const reason = emptyReason(situation);
  switch (reason) {
    case 'noRuntime':
    case 'failed':
      return `The Copilot runtime is not running, so this may be out of date. ${situation.error?.message ?? ''}`.trim();
    case 'serverAway':
      return `${serverAwayText(situation)} Until then, this may be out of date.`;
    case 'stopped':
      return 'The Copilot runtime is stopped, so this may be out of date.';
    case 'notSignedIn':
    case 'signInRefused':
    case 'noAccess':
    case 'noEntitlement':
    case 'forbiddenByPolicy':
      return SIGN_IN_TEXTS[reason];
    case 'listFailed':
      return situation.list.kind === 'failed' ? `This may be out of date. ${situation.list.error.message}` : undefined;
    case 'cannotList':
      return `The runtime ${situation.cannotList ?? ''} cannot list cloud sessions: only those of this window are shown. Update it.`;
    case 'signInDoubtful':
      // After a list that was read, there are rows: whoever it is, they are let in.
      return situation.list.kind === 'failed' ? SIGN_IN_TEXTS[reason] : undefined;
    case 'starting':
    case 'noSessions':
      return undefined;
  }
}

/** What holds for as long as the server is away: a number that counts down would have to be kept true. */
export function serverAwayText({ error }: Situation): string {
  return `${error?.message ?? 'The Copilot runtime cannot be reached.'} It is tried again by itself, at least every ${RECONNECT_MS / 1_000} s.`;
}
