import type { ListedSession } from './protocol';
import { readArray, readDate, readRecord, readText } from './json';
import type { CloudSessionsError } from './errors';
import type { CloudSession } from './session';
import type { CreateCloudSessionOptions } from './sessionOpener';
import { isBusy, statusOfTask, type SessionActivity, type SessionStatus } from './sessionState';
import type { StopState } from './stopRequest';

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
  /** What it was when it was last seen, of a session that is disconnected. */
  readonly lastStatus: SessionStatus | undefined;
  /** Until when `status` was known to be true; `undefined` while that is seen live. */
  readonly seenAt: Date | undefined;
  readonly serviceState: string | undefined;
  readonly repository: string | undefined;
  readonly branch: string | undefined;
  readonly remoteUrl: string | undefined;
  readonly startTime: Date;
  readonly modifiedTime: Date;
  /** What the agent is doing now, or why it failed. */
  readonly detail: string | undefined;
  /** Since when the agent works without a pause, by the clock of the service. */
  readonly workingSince: Date | undefined;
  readonly stop: StopState;
  /** Prompts that are not delivered: those under way too. */
  readonly pendingPrompts: number;
  /** Of these, those that wait for the agent's start, or for a connection. */
  readonly waitingPrompts: number;
  /** Of these, those that failed, or that nobody knows to have arrived: they wait for the user. */
  readonly failedPrompts: number;
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
    lastStatus: undefined,
    seenAt: undefined,
    serviceState: undefined,
    repository,
    branch: readText(chosen, 'branch'),
    remoteUrl: undefined,
    startTime: creation.startTime,
    modifiedTime: creation.startTime,
    detail: creation.error?.message,
    workingSince: undefined,
    stop: 'none',
    pendingPrompts: prompt === undefined ? 0 : 1,
    waitingPrompts: 0,
    failedPrompts: 0,
    openQuestions: 0,
    session: undefined,
    creation,
  };
}

/**
 * The row of a session that is open here, or listed, or both; what is seen live goes before what the list says. Of a
 * session that was created here, so does the first prompt before the list's title: the row keeps the name that it had
 * while the session was being created.
 *
 * @param listedAt when the list was read
 */
export function rowOf(
  key: string,
  session: CloudSession | undefined,
  entry: ListEntry | undefined,
  rememberedUrl: string | undefined,
  openedAt: Date,
  listedAt?: Date,
): SessionRow {
  const activity = session?.activity;
  const prompts = session?.outbox.pending ?? [];
  const repository = session?.details.repository ?? entry?.repository;
  const sessionId = session?.sessionId ?? entry?.sessionId ?? key;
  const startTime = entry?.startTime ?? openedAt;
  const status = session === undefined ? statusOfTask(entry?.serviceState) : statusOfSession(session, entry);
  const isWorking = status === 'working' || status === 'needs input' || status === 'stopping';
  return {
    key,
    sessionId,
    taskId: session?.details.taskId ?? entry?.taskId,
    isRemote: session?.details.isRemote ?? entry?.isRemote ?? false,
    title:
      session?.title ??
      (key === sessionId || entry?.ids.includes(key) === true ? entry?.title : undefined) ??
      firstLine(activity?.firstPrompt) ??
      firstLine(session?.outbox.pending[0]?.text) ??
      entry?.title ??
      repository ??
      `Session ${sessionId.slice(0, 8)}`,
    status,
    lastStatus: status === 'disconnected' ? activity?.status : undefined,
    seenAt: session === undefined ? listedAt : session.lastSeen,
    serviceState: entry?.serviceState,
    repository,
    branch: session?.details.branch ?? entry?.branch,
    remoteUrl: session?.remoteUrl ?? rememberedUrl,
    startTime,
    modifiedTime: latest(activity?.lastEventTime, entry?.modifiedTime, startTime),
    detail: detailOf(activity),
    workingSince: isWorking ? activity?.workingSince : undefined,
    stop: session?.stopState ?? 'none',
    pendingPrompts: prompts.length,
    waitingPrompts: prompts.filter(({ state }) => state === 'queued').length,
    failedPrompts: prompts.filter(({ state }) => state === 'failed' || state === 'undelivered').length,
    openQuestions: session?.openQuestions ?? 0,
    session,
    creation: undefined,
  };
}

/**
 * What a watched session is. Its events say it, except for an end that the service knows of and no event told: a task
 * that completes or fails emits nothing by itself. The list counts there if it is newer than the last event; both times
 * are the service's.
 */
function statusOfSession(session: CloudSession, entry: ListEntry | undefined): SessionStatus {
  const { status, activity } = session;
  if (entry?.serviceState === undefined || status === 'disconnected' || isFinal(status)) {
    return status;
  }
  const listed = statusOfTask(entry.serviceState);
  if (session.events.length === 0) {
    return session.isCaughtUp ? listed : status;
  }
  const last = activity.lastEventTime;
  const isNewer = last !== undefined && entry.modifiedTime !== undefined && entry.modifiedTime >= last;
  return isNewer && isFinal(listed) ? listed : status;
}

function isFinal(status: SessionStatus): boolean {
  return status === 'done' || status === 'failed';
}

/** Why it failed; else what the agent says it does, or the tool that it started last. */
function detailOf(activity: SessionActivity | undefined): string | undefined {
  if (activity === undefined) {
    return undefined;
  }
  if (activity.failure !== undefined || !isBusy(activity.status)) {
    return activity.failure;
  }
  let tool: string | undefined;
  for (const name of activity.runningTools.values()) {
    tool = name;
  }
  return activity.activity ?? tool;
}

function firstLine(text: string | undefined): string | undefined {
  const line = text?.trim().split('\n', 1)[0]?.trim();
  return line === undefined || line === '' ? undefined : line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

function latest(...dates: readonly (Date | undefined)[]): Date {
  return new Date(Math.max(...dates.map((date) => date?.getTime() ?? 0)));
}
