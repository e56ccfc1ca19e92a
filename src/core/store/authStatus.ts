import type { GetAuthStatusResponse } from '@github/copilot-sdk';
import { asCloudSessionsError } from '../errors/cloudSessionsError';
import type { AccessDenial } from '../errors/accessDenial';
import type { RuntimeClient } from '../client/runtimeClient';
import type { ListState } from './sessionList';

/** What the runtime says about who is signed in. */
export type SignIn =
  /** Nobody has been able to ask. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'signed-out' }
  /** A sign-in of which GitHub has not said whose it is. */
  | { readonly kind: 'doubtful' }
  /** `login` is not known of a token that the runtime was handed. */
  | { readonly kind: 'signed-in'; readonly login: string | undefined };

/**
 * A token that GitHub refuses leaves `isAuthenticated: true` with an empty login; one that was handed over
 * (`--auth-token-env`) has no login at all, refused or not (measured on 1.0.102).
 */
export function readSignIn({ isAuthenticated, login }: GetAuthStatusResponse): SignIn {
  if (!isAuthenticated) {
    return { kind: 'signed-out' };
  }
  return login === '' ? { kind: 'doubtful' } : { kind: 'signed-in', login };
}

/**
 * Asks the runtime who is signed in, and again until it says so: rows, messages and errors name the account, and what was
 * listed for another one has to go.
 *
 * @param isWanted false once another runtime is asked
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
          // Nobody can say, so nothing is claimed; the calls that need a sign-in will tell.
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

/** Why cloud sessions are out of reach for this account: by what the runtime says of it, and by how the list went. */
export function signInProblem(signIn: SignIn, list: ListState): AccessDenial | undefined {
  if (signIn.kind === 'signed-out') {
    return 'signed-out';
  }
  const refusal = list.kind === 'failed' ? list.error.refusal : undefined;
  // Who is signed in is still to be said: that the runtime has no sign-in yet is no answer.
  return signIn.kind === 'doubtful' && refusal === 'signed-out' ? undefined : refusal;
}
