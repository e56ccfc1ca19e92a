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
  /** And to no earlier one: no record from before the connection is of it. */
  isNew: boolean;
  /** Its copy was shown over the current connection, and its record may follow. */
  awaitsRecord: boolean;
  /** The service has it. It is here until its call is answered. */
  isProven: boolean;
  /** The service's records of the same text from before it was sent. */
  readonly recordsBefore: Set<string>;
  /** How many more there may be: see `PromptRecords.copiesOf`. */
  copiesBefore: number;
  /** Records of the same text that are another prompt's. */
  readonly otherRecords: Set<string>;
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
    isNew: false,
    awaitsRecord: false,
    isProven: false,
    recordsBefore: new Set(),
    copiesBefore: 0,
    otherRecords: new Set(),
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
export function entryOf(stored: StoredPrompt): PromptEntry {
  const { text, mode, state, transmitted, uncertain, error } = stored;
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
    isNew: false,
    awaitsRecord: false,
    isProven: false,
    recordsBefore: new Set(stored.recordsBefore),
    copiesBefore: stored.copiesBefore ?? 0,
    otherRecords: new Set(stored.otherRecords),
    unproven: transmitted,
    cameBack: false,
    restored: true,
    attempt: undefined,
    resolve: ignore,
    reject: ignore,
  };
}

/** The entry's prompt, to be persisted. */
export function storedOf({ prompt, transmitted, ...entry }: PromptEntry): StoredPrompt {
  const { text, mode, state, error, uncertain } = prompt;
  return {
    text,
    mode,
    state: state === 'delivered' ? 'shown' : state,
    transmitted,
    recordsBefore: [...entry.recordsBefore],
    copiesBefore: entry.copiesBefore,
    otherRecords: [...entry.otherRecords],
    uncertain: uncertain === true,
    ...(error === undefined ? {} : { error: error.message }),
  };
}

/** What follows comes over another connection, whose history is searched for it. */
export function endConnection(entry: PromptEntry): void {
  entry.unproven = entry.transmitted;
  entry.isProven = false;
  entry.sentNow = false;
  entry.isNew = false;
  entry.awaitsRecord = false;
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
  endConnection(entry);
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
