import type { RuntimeState } from '../api';
import type { CloudSessionsError } from '../core/errors';
import type { ListState } from '../core/sessionList';

/** What an empty list is about: each has its welcome view in `package.json`, with the button that helps. */
export type EmptyReason = 'starting' | 'stopped' | 'noRuntime' | 'failed' | 'notSignedIn' | 'listFailed' | 'noSessions';

export interface Situation {
  readonly state: RuntimeState;
  readonly error: CloudSessionsError | undefined;
  /** `undefined` while nobody has been able to ask. */
  readonly signedIn: boolean | undefined;
  readonly list: ListState;
}

export function emptyReason({ state, error, signedIn, list }: Situation): EmptyReason {
  switch (state) {
    case 'stopped':
      return 'stopped';
    case 'starting':
    case 'restarting':
      return 'starting';
    case 'failed':
      return error?.code === 'runtime-not-found' ? 'noRuntime' : 'failed';
    case 'running':
      if (signedIn === false) {
        return 'notSignedIn';
      }
      if (list.kind === 'failed') {
        return list.error.code === 'not-signed-in' ? 'notSignedIn' : 'listFailed';
      }
      return list.kind === 'loaded' ? 'noSessions' : 'starting';
  }
}

/** The line above the list when it has rows but is not all there is to say. */
export function listMessage(situation: Situation): string | undefined {
  switch (emptyReason(situation)) {
    case 'noRuntime':
    case 'failed':
      return `The Copilot runtime is not running, so this may be out of date. ${situation.error?.message ?? ''}`.trim();
    case 'stopped':
      return 'The Copilot runtime is stopped, so this may be out of date.';
    case 'notSignedIn':
      return 'You are not signed in to GitHub Copilot: cloud sessions cannot be read.';
    case 'listFailed':
      return situation.list.kind === 'failed' ? `This may be out of date. ${situation.list.error.message}` : undefined;
    case 'starting':
    case 'noSessions':
      return undefined;
  }
}
