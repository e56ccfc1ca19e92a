import * as l10n from '@vscode/l10n';
import { defined } from '../common/defined';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import { isRecord, readArray, readDate, readRecord, readString, readText } from '../common/json';
import { parseSessionUrl } from '../events/sessionUrl';
import { CloudSession, type SessionDetails } from '../session/session';
import type { Timers } from '../common/timers';
import type { Choices } from '../arguments/modelChoice';
import { readReviewThread, type ReviewThread } from '../review/reviewThread';
import type { Creation } from './sessionRow';
import { readStoredPrompt, type StoredPrompt } from '../prompts/storedPrompt';
import type { CreateCloudSessionOptions } from '../arguments/createOptions';

/** A session that is open in this window, or has undelivered prompts. */
export interface PersistedSession {
  readonly sessionId: string;
  readonly details: SessionDetails;
  readonly remoteUrl?: string;
  readonly openedAt: Date;
  /** False for a session that is only kept for its prompts. */
  readonly open: boolean;
  readonly prompts: readonly StoredPrompt[];
  /** The choices that its agent does not have yet. */
  readonly choices?: Choices;
}

/** A session that is being created, or whose creation failed, with its prompt. */
export interface PersistedCreation {
  readonly options: CreateCloudSessionOptions;
  readonly startTime: Date;
  /** Why it failed; absent while the outcome is unknown. */
  readonly error?: string;
  /** See `Creation.mayExist`. */
  readonly mayExist?: boolean;
}

/** The state of a window that outlives it. */
export interface PersistedState {
  readonly sessions: readonly PersistedSession[];
  readonly creations: readonly PersistedCreation[];
  /** Comments on the changes of sessions. */
  readonly reviews: readonly ReviewThread[];
}

export const EMPTY_STATE: PersistedState = { sessions: [], creations: [], reviews: [] };

export function persistedSession(session: CloudSession, openedAt: Date): PersistedSession {
  const { sessionId, details, remoteUrl, outbox, choices } = session;
  return {
    sessionId,
    details,
    ...defined({ remoteUrl }),
    openedAt,
    open: true,
    prompts: outbox.stored,
    ...defined({ choices: choices.pending }),
  };
}

/** A session that was open before the reload, with its prompts and choices; it is not attached. */
export function sessionOf(
  { sessionId, details, remoteUrl, prompts, choices = {} }: Omit<PersistedSession, 'open' | 'openedAt'>,
  timers: Timers,
  now: () => Date,
): CloudSession {
  const session = new CloudSession(sessionId, details, timers, now);
  session.offerRemoteUrl(remoteUrl);
  session.markAsExisting();
  session.choices.choose(choices);
  // Before the events: those that show a prompt prove that it was delivered.
  session.outbox.restore(prompts);
  return session;
}

export function persistedCreation({ options, startTime, error, mayExist }: Creation): PersistedCreation {
  return {
    options,
    startTime,
    ...(error === undefined ? {} : { error: error.message }),
    ...(mayExist === true ? { mayExist } : {}),
  };
}

/** A creation from before the reload: it has failed, or its outcome is unknown. */
export function creationOf(key: string, { options, startTime, error, mayExist }: PersistedCreation): Creation {
  return {
    key,
    options,
    startTime,
    mayExist: error === undefined || mayExist === true,
    error:
      error === undefined
        ? new CloudSessionsError(
            'connection-closed',
            l10n.t('VS Code or the runtime ended while the session was being created. The session may exist.'),
            { nextStep: l10n.t('Look for it in the list before you try again. Its prompt is kept here.') },
          )
        : new CloudSessionsError('request-failed', error),
  };
}

/** The state in a file; entries that cannot be read are left out. */
export function parsePersistedState(value: unknown): PersistedState {
  return {
    sessions: readArray(value, 'sessions').flatMap((entry) => readKeptSession(entry) ?? []),
    creations: readArray(value, 'creations').flatMap((entry) => readKeptCreation(entry) ?? []),
    reviews: readArray(value, 'reviews').flatMap((entry) => readReviewThread(entry) ?? []),
  };
}

/**
 * The states of several windows that have ended: each session once, with the prompts of all. A task is one session, also
 * if the windows' runtimes used different ids.
 */
export function mergePersistedStates(states: readonly PersistedState[]): PersistedState {
  const sessions = new Map<string, PersistedSession>();
  for (const session of states.flatMap((state) => state.sessions)) {
    const { taskId } = session.details;
    const other =
      sessions.get(session.sessionId) ??
      [...sessions.values()].find(({ details }) => taskId !== undefined && details.taskId === taskId);
    if (other !== undefined) {
      sessions.delete(other.sessionId);
    }
    sessions.set(
      session.sessionId,
      other === undefined
        ? session
        : {
            ...other,
            ...session,
            open: other.open || session.open,
            prompts: [...other.prompts, ...session.prompts],
          },
    );
  }
  return {
    sessions: [...sessions.values()],
    creations: states.flatMap((state) => state.creations),
    reviews: states.flatMap((state) => state.reviews),
  };
}

function readKeptSession(value: unknown): PersistedSession | undefined {
  const sessionId = readText(value, 'sessionId');
  const openedAt = readDate(value, 'openedAt');
  const details = readRecord(value, 'details');
  if (!isRecord(value) || sessionId === undefined || openedAt === undefined || details === undefined) {
    return undefined;
  }
  const text = (key: 'taskId' | 'repository' | 'branch'): Record<string, string> => {
    const found = readText(details, key);
    return found === undefined ? {} : { [key]: found };
  };
  // Checked again: a file is not trusted more than the runtime.
  const remoteUrl = parseSessionUrl(value['remoteUrl']);
  return {
    sessionId,
    details: { isRemote: details['isRemote'] === true, ...text('taskId'), ...text('repository'), ...text('branch') },
    ...defined({ remoteUrl }),
    openedAt,
    open: value['open'] !== false,
    prompts: readArray(value, 'prompts').flatMap((entry) => readStoredPrompt(entry) ?? []),
    ...readChoices(readRecord(value, 'choices')),
  };
}

function readChoices(value: Readonly<Record<string, unknown>> | undefined): { choices?: Choices } {
  const choices = Object.fromEntries(
    (['model', 'reasoningEffort', 'branch'] as const).flatMap((key) => {
      const found = readText(value, key);
      return found === undefined ? [] : [[key, found] as const];
    }),
  );
  return Object.keys(choices).length === 0 ? {} : { choices };
}

function readKeptCreation(value: unknown): PersistedCreation | undefined {
  const startTime = readDate(value, 'startTime');
  const options = readRecord(value, 'options');
  const cloud = readRecord(options, 'cloud');
  if (startTime === undefined || options === undefined || cloud === undefined) {
    return undefined;
  }
  const repository = readRecord(cloud, 'repository');
  const owner = readText(repository, 'owner');
  const name = readText(repository, 'name');
  const branch = readText(repository, 'branch');
  const text = (key: 'prompt' | 'model' | 'reasoningEffort'): Record<string, string> => {
    const found = readText(options, key);
    return found === undefined ? {} : { [key]: found };
  };
  const error = readString(value, 'error');
  return {
    options: {
      cloud: owner === undefined || name === undefined ? {} : { repository: { owner, name, ...defined({ branch }) } },
      ...text('prompt'),
      ...text('model'),
      ...text('reasoningEffort'),
    },
    startTime,
    ...defined({ error }),
    ...(isRecord(value) && value['mayExist'] === true ? { mayExist: true } : {}),
  };
}
