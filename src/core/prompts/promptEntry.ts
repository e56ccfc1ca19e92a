import * as l10n from '@vscode/l10n';
import type { Disposable } from 'vscode-jsonrpc/node';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import type { StoredPrompt } from './storedPrompt';
import type { SendMode, Prompt } from './prompt';

/** A prompt in an outbox, with what the outbox knows of its way. */
export interface PromptEntry {
  prompt: Prompt;
  /** It was given to the runtime at least once, so the session may show it. */
  transmitted: boolean;
  /** How many prompts of its text the session had shown when it was given to the runtime. */
  seenBefore: number;
  /** It was given to another connection than the present one, whose history has not been searched for it. */
  unproven: boolean;
  /** It was given to a runtime that had let go of the session: not a second time by itself. */
  cameBack: boolean;
  /** It was taken over (after a reload, say), and nobody was told of it since. */
  restored: boolean;
  /** Its last transmission: an answer to an earlier one says nothing about it. */
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
    seenBefore: 0,
    unproven: false,
    cameBack: false,
    restored: false,
    attempt: undefined,
    resolve,
    reject,
  };
}

/**
 * A prompt from before this process. What was queued is queued; of what was being sent nobody knows whether it arrived:
 * it is undelivered until the session shows it, and not sent by itself.
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
    seenBefore,
    unproven: transmitted,
    cameBack: false,
    restored: true,
    attempt: undefined,
    resolve: ignore,
    reject: ignore,
  };
}

/** The prompt as it is persisted. */
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
 * Prepares an entry for another session object or none: what was on its way is uncertain, and its proof is to be looked
 * for in the next history.
 * @param reason settles those who wait for its message id; without it, those of a queued prompt go on waiting
 */
export function detachEntry(entry: PromptEntry, reason: CloudSessionsError | undefined): void {
  entry.timer?.dispose();
  entry.timer = undefined;
  entry.attempt = undefined;
  entry.unproven = entry.transmitted;
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
