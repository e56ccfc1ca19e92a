import type { ListedSession } from './protocol';
import { isRecord, readArray, readDate, readRecord, readString, readText } from './json';
import type { CloudSessionsError } from './errors';
import type { CloudSession } from './session';
import type { CreateCloudSessionOptions } from './sessionOpener';
import { statusOfTask, type SessionStatus } from './sessionState';

/** A session as the runtime's list has it, in one form for local and cloud sessions. */
export interface ListEntry {
  /** The session's own id where the list has one, else the task's. */
  readonly sessionId: string;
  /** The id of the task in the cloud, by which a session is connected to. */
  readonly taskId: string | undefined;
  /** All ids that mean this session. */
  readonly ids: readonly string[];
  readonly isRemote: boolean;
  readonly title: string | undefined;
  /** The service's own word for the task's state; `undefined` for local sessions. */
  readonly serviceState: string | undefined;
  readonly repository: string | undefined;
  readonly branch: string | undefined;
  readonly startTime: Date | undefined;
  readonly modifiedTime: Date | undefined;
}

/** A session that is being created, or whose creation failed: it has no id yet. */
export interface Creation {
  readonly key: string;
  /** To create it again with, should it fail. */
  readonly options: CreateCloudSessionOptions;
  readonly startTime: Date;
  readonly error: CloudSessionsError | undefined;
}

/** What one row of the list shows. */
export interface SessionRow {
  /** Stays the same from the moment that a create begins. */
  readonly key: string;
  /** `undefined` until the runtime has chosen it. */
  readonly sessionId: string | undefined;
  readonly taskId: string | undefined;
  readonly isRemote: boolean;
  readonly title: string;
  readonly status: SessionStatus;
  readonly serviceState: string | undefined;
  readonly repository: string | undefined;
  readonly branch: string | undefined;
  readonly remoteUrl: string | undefined;
  readonly startTime: Date;
  readonly modifiedTime: Date;
  /** What the agent is doing now, or why it failed. */
  readonly detail: string | undefined;
  readonly pendingPrompts: number;
  readonly openQuestions: number;
  /** Set while the session is open in this window. */
  readonly session: CloudSession | undefined;
  readonly creation: Creation | undefined;
}

export function readListEntry(listed: ListedSession): ListEntry {
  const isRemote = listed.isRemote === true;
  const repository = readRecord(listed, 'repository') ?? readRecord(listed, 'context');
  const owner = readText(repository, 'owner');
  const name = readText(repository, 'name');
  const context = readRecord(listed, 'context');
  const remoteIds = readArray(listed, 'remoteSessionIds').filter(
    (id): id is string => typeof id === 'string' && id !== '',
  );
  const taskId = isRemote ? listed.sessionId : readText(listed, 'mcTaskId');
  return {
    sessionId: remoteIds[0] ?? listed.sessionId,
    taskId,
    ids: [...new Set([listed.sessionId, ...remoteIds, ...(taskId === undefined ? [] : [taskId])])],
    isRemote,
    title: readText(listed, 'name') ?? readText(listed, 'summary'),
    serviceState: isRemote ? readText(listed, 'state') : undefined,
    repository: owner !== undefined && name !== undefined ? `${owner}/${name}` : readText(context, 'repository'),
    branch: readText(repository, 'branch') ?? readText(context, 'branch'),
    startTime: readDate(listed, 'startTime'),
    modifiedTime: readDate(listed, 'modifiedTime'),
  };
}

export function rowOfCreation(creation: Creation): SessionRow {
  // Callers of the public API may pass anything: what is wrong with it is the client's to say.
  const chosen = readRecord(readRecord(creation.options, 'cloud'), 'repository');
  const repository = chosen && `${readText(chosen, 'owner') ?? '?'}/${readText(chosen, 'name') ?? '?'}`;
  const prompt = readText(creation.options, 'prompt');
  return {
    key: creation.key,
    sessionId: undefined,
    taskId: undefined,
    isRemote: true,
    title: firstLine(prompt) ?? repository ?? 'New session',
    status: creation.error === undefined ? 'starting' : 'failed',
    serviceState: undefined,
    repository,
    branch: readText(chosen, 'branch'),
    remoteUrl: undefined,
    startTime: creation.startTime,
    modifiedTime: creation.startTime,
    detail: creation.error?.message,
    pendingPrompts: prompt === undefined ? 0 : 1,
    openQuestions: 0,
    session: undefined,
    creation,
  };
}

/**
 * The row of a session that is open here, or listed, or both; what is seen live goes before what the list says. So does
 * the first prompt before the list's title: the row keeps the name that it had while the session was being created.
 */
export function rowOf(
  key: string,
  session: CloudSession | undefined,
  entry: ListEntry | undefined,
  rememberedUrl: string | undefined,
  openedAt: Date,
): SessionRow {
  const activity = session?.activity;
  const repository = session?.details.repository ?? entry?.repository;
  const sessionId = session?.sessionId ?? entry?.sessionId ?? key;
  const startTime = entry?.startTime ?? openedAt;
  return {
    key,
    sessionId,
    taskId: session?.details.taskId ?? entry?.taskId,
    isRemote: session?.details.isRemote ?? entry?.isRemote ?? false,
    title: activity?.title ?? firstPrompt(session) ?? entry?.title ?? repository ?? `Session ${sessionId.slice(0, 8)}`,
    status: session?.status ?? statusOfTask(entry?.serviceState),
    serviceState: entry?.serviceState,
    repository,
    branch: session?.details.branch ?? entry?.branch,
    remoteUrl: session?.remoteUrl ?? rememberedUrl,
    startTime,
    modifiedTime: latest(activity?.lastEventTime, entry?.modifiedTime, startTime),
    detail: activity?.failure ?? activity?.activity ?? [...(activity?.runningTools.values() ?? [])].at(-1),
    pendingPrompts: session?.outbox.pending.length ?? 0,
    openQuestions: activity?.questions.size ?? 0,
    session,
    creation: undefined,
  };
}

function firstPrompt(session: CloudSession | undefined): string | undefined {
  const event = session?.events.find(({ type }) => type === 'user.message');
  const data: unknown = event?.data;
  return (
    firstLine(isRecord(data) ? readString(data, 'content') : undefined) ?? firstLine(session?.outbox.pending[0]?.text)
  );
}

function firstLine(text: string | undefined): string | undefined {
  const line = text?.trim().split('\n', 1)[0]?.trim();
  return line === undefined || line === '' ? undefined : line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

function latest(...dates: readonly (Date | undefined)[]): Date {
  return new Date(Math.max(...dates.map((date) => date?.getTime() ?? 0)));
}
