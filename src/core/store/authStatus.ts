import type { GetAuthStatusResponse } from '@github/copilot-sdk';
import { asCloudSessionsError } from '../errors/cloudSessionsError';
import type { AccessDenial } from '../errors/accessDenial';
import type { RuntimeClient } from '../client/runtimeClient';
import type { ListState } from './sessionList';

/** What the runtime says about who is signed in. */
export type SignIn =
  /** The runtime could not be asked. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'signed-out' }
  /** There is a sign-in, but GitHub has not said whose. */
  | { readonly kind: 'doubtful' }
  /** `login` is unknown for a token that the runtime was given. */
  | { readonly kind: 'signed-in'; readonly login: string | undefined };

/**
 * A token that GitHub refuses gives `isAuthenticated: true` with an empty login. One that the runtime was given
 * (`--auth-token-env`) has no login at all, refused or not (measured on 1.0.102).
 */
export function readSignIn({ isAuthenticated, login }: GetAuthStatusResponse): SignIn {
  if (!isAuthenticated) {
    return { kind: 'signed-out' };
  }
  return login === '' ? { kind: 'doubtful' } : { kind: 'signed-in', login };
}

/**
 * Asks the runtime who is signed in, until it answers: rows, messages and errors name the account, and the list of
 * another account has to be cleared.
 *
 * @param isWanted false once another runtime is used
 */
export function askWhoIsSignedIn(
  client: Pick<RuntimeClient, 'getAuthStatus' | 'retries'>,
  isWanted: () => boolean,
  onAnswer: (status: GetAuthStatusResponse) => void,
): void {
  void client.retries.keepTrying({
    // eslint-disable-next-line texts/localized -- words of the log
    name: 'ask who is signed in',
    run: async () => {
      let status: GetAuthStatusResponse;
      try {
        status = await client.getAuthStatus();
      } catch (error) {
        if (asCloudSessionsError(error).code === 'not-supported') {
          // The account stays unknown; calls that need a sign-in fail with the reason.
          // eslint-disable-next-line texts/localized -- a line of the log
          client.retries.report('The Copilot runtime does not say who is signed in.');
          return;
        }
        throw error;
      }
      if (isWanted()) {
        onAnswer(status);
      }
    },
    isWanted,
  });
}

/** Why this account cannot use cloud sessions, by its sign-in and the last read of the list. */
export function signInProblem(signIn: SignIn, list: ListState): AccessDenial | undefined {
  if (signIn.kind === 'signed-out') {
    return 'signed-out';
  }
  const refusal = list.kind === 'failed' ? list.error.refusal : undefined;
  // It is not known yet who is signed in, so the runtime may not have used the sign-in yet.
  return signIn.kind === 'doubtful' && refusal === 'signed-out' ? undefined : refusal;
}
