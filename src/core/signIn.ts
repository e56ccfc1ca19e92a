import type { GetAuthStatusResponse } from '@github/copilot-sdk';
import type { Refusal } from './refusal';
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

/** Why cloud sessions are out of reach for this account: by what the runtime says of it, and by how the list went. */
export function signInProblem(signIn: SignIn, list: ListState): Refusal | undefined {
  if (signIn.kind === 'signed-out') {
    return 'signed-out';
  }
  const refusal = list.kind === 'failed' ? list.error.refusal : undefined;
  // Who is signed in is still to be said: that the runtime has no sign-in yet is no answer.
  return signIn.kind === 'doubtful' && refusal === 'signed-out' ? undefined : refusal;
}
