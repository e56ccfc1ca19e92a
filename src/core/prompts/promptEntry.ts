import * as l10n from '@vscode/l10n';
import type { Disposable } from 'vscode-jsonrpc/node';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import type { StoredPrompt } from './storedPrompt';
import type { SendMode, Prompt } from './prompt';

/** A prompt in an outbox, with its delivery. */
export interface PromptEntry {
  prompt: Prompt;
  /** It was given to a runtime at least once, so the session may show it. */
  transmitted: boolean;
  /** An earlier transmission of it may have arrived, whatever becomes of the present one. */
  mayHaveArrived: boolean;
  /** It was given to the runtime of the current connection. */
  sentNow: boolean;
  /** How many prompts of the same text the session had shown when it was given to the runtime. */
  seenBefore: number;
  /** How many of them came over the current connection; `undefined` if it was first sent over an earlier one. */
  shownSince: number | undefined;
  /** It was sent over an earlier connection, and the history of the current one has not been searched for it. */
  unproven: boolean;
  /** The runtime had released the session, and the prompt was queued again: that is done once. */
  cameBack: boolean;
  /** It was restored or taken over, and has not been announced since. */
  restored: boolean;
  /** Its last transmission; answers to earlier ones are ignored. */
  attempt: object | undefined;
  resolve: (messageId: string) => void;
  reject: (error: CloudSessionsError) => void;
  timer?: Disposable | undefined;
}

let nextId = 1;

const ignore = (): void => undefined;

export function newEntry(
  text: string,
  mode: SendMode,
  resolve: PromptEntry['resolve'],
  reject: PromptEntry['reject'],
): PromptEntry {
  return {
    prompt: { id: nextId++, text, mode, state: 'queued', stalled: false },
    transmitted: false,
    mayHaveArrived: false,
    sentNow: false,
    seenBefore: 0,
    shownSince: undefined,
    unproven: false,
    cameBack: false,
    restored: false,
    attempt: undefined,
    resolve,
    reject,
  };
}

/**
 * The entry of a persisted prompt. A queued one is queued. One that was being sent may have arrived: it is undelivered
 * until the session shows it, and not sent by itself.
 */
export function entryOf({ text, mode, state, transmitted, seenBefore, uncertain, error }: StoredPrompt): PromptEntry {
  const isQueued = state === 'queued';
  return {
    prompt: {
      id: nextId++,
      text,
      mode,
      state: isQueued || state === 'failed' ? state : 'undelivered',
      stalled: false,
      uncertain: state === 'failed' ? uncertain : !isQueued,
      ...(error === undefined ? {} : { error: new CloudSessionsError('request-failed', error) }),
    },
    transmitted,
    mayHaveArrived: false,
    sentNow: false,
    seenBefore,
    shownSince: undefined,
    unproven: transmitted,
    cameBack: false,
    restored: true,
    attempt: undefined,
    resolve: ignore,
    reject: ignore,
  };
}

/** The entry's prompt, to be persisted. */
export function storedOf({ prompt, transmitted, seenBefore }: PromptEntry): StoredPrompt {
  const { text, mode, state, error, uncertain } = prompt;
  return {
    text,
    mode,
    state: state === 'delivered' ? 'shown' : state,
    transmitted,
    seenBefore,
    uncertain: uncertain === true,
    ...(error === undefined ? {} : { error: error.message }),
  };
}

/**
 * Prepares an entry for another outbox: a prompt that was being sent is uncertain, and the next history is searched for
 * it.
 * @param reason rejects the call that waits for its message id; without it, the call of a queued prompt goes on waiting
 */
export function detachEntry(entry: PromptEntry, reason: CloudSessionsError | undefined): void {
  entry.timer?.dispose();
  entry.timer = undefined;
  entry.attempt = undefined;
  entry.unproven = entry.transmitted;
  entry.sentNow = false;
  entry.shownSince = undefined;
  entry.restored = true;
  const { state } = entry.prompt;
  if (state === 'queued') {
    entry.prompt = { ...entry.prompt, stalled: false };
  } else if (state !== 'failed') {
    entry.prompt = { ...entry.prompt, state: 'undelivered', uncertain: true };
  }
  if (reason !== undefined || state !== 'queued') {
    entry.reject(reason ?? leftBehind());
    entry.resolve = ignore;
    entry.reject = ignore;
  }
}

function leftBehind(): CloudSessionsError {
  return new CloudSessionsError(
    'connection-closed',
    l10n.t('The session was reconnected before the runtime answered. The session shows whether the prompt arrived.'),
  );
}
