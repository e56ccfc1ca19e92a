import * as l10n from '@vscode/l10n';
import { readRecord, readText } from '../common/json';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import type { CloudSession } from '../session/session';
import type { StopState } from '../session/stopRequest';
import { isFinal, mayPass, statusOfListed, type UnwatchedState } from '../activity/taskStatus';
import type { CreateCloudSessionOptions } from '../arguments/createOptions';
import { isBusy, type SessionActivity, type SessionStatus } from '../activity/activity';
import type { Prompt } from '../prompts/prompt';
import type { ListEntry } from './listEntries';

/** Where a session runs: with a cloud agent, on another machine that mirrors it to GitHub, or on this machine. */
export type RunsOn = 'cloud' | 'machine' | 'local';

/** A session that is being created, or whose creation failed: it has no id yet. */
export interface Creation {
  readonly key: string;
  /** For creating it again after a failure. */
  readonly options: CreateCloudSessionOptions;
  readonly startTime: Date;
  readonly error: CloudSessionsError | undefined;
  /** It failed, and the session may exist: it is to be looked up before it is created again. */
  readonly mayExist?: boolean;
}

/** What one row of the list shows. */
export interface SessionRow {
  /** Stays the same from the beginning of a create. */
  readonly key: string;
  /** `undefined` until the runtime has chosen it. */
  readonly sessionId: string | undefined;
  readonly taskId: string | undefined;
  readonly isRemote: boolean;
  /** If absent, `isRemote` decides. */
  readonly runsOn?: RunsOn;
  /** Ids of its copies on this machine: it can be deleted if there is one. If absent, `isRemote` decides. */
  readonly localIds?: readonly string[];
  readonly title: string;
  readonly status: SessionStatus;
  /** The last known status of a disconnected session. */
  readonly lastStatus: SessionStatus | undefined;
  /** When the heartbeat of its machine was due, if it is overdue. */
  readonly staleSince?: Date | undefined;
  /** Until when `status` was known to be true; `undefined` while it is live. */
  readonly seenAt: Date | undefined;
  readonly serviceState: string | undefined;
  readonly hostStatus?: string | undefined;
  readonly repository: string | undefined;
  /** The branch that the agent has, as far as it is known. */
  readonly branch: string | undefined;
  /** The branch that was chosen, if the agent has another one. */
  readonly chosenBranch?: string | undefined;
  /** The branch that the agent pushes to, as the list has it, else as the agent says. */
  readonly pushedBranch?: string | undefined;
  /** The branch that the agent has pushed, by the service's list: never one that it has only started from. */
  readonly listedBranch?: string | undefined;
  /** See `ListEntry.pullRequestNumber`. */
  readonly listedPullRequest?: number | undefined;
  /** The branch that the session was to start from. */
  readonly startBranch?: string | undefined;
  readonly remoteUrl: string | undefined;
  readonly startTime: Date;
  readonly modifiedTime: Date;
  /** What the agent does now, or why it failed. */
  readonly detail: string | undefined;
  /** Since when the agent works without a pause, by the service's clock. */
  readonly workingSince: Date | undefined;
  readonly stop: StopState;
  /** How many prompts are not delivered. */
  readonly pendingPrompts: number;
  /** How many of these are queued. */
  readonly waitingPrompts: number;
  /** How many of these failed or may not have arrived: they wait for the user. */
  readonly failedPrompts: number;
  readonly openQuestions: number;
  /** Set while the session is open in this window. */
  readonly session: CloudSession | undefined;
  readonly creation: Creation | undefined;
}

export function rowOfCreation(creation: Creation): SessionRow {
  // Callers of the public API may pass anything; the client reports what is wrong.
  const chosen = readRecord(readRecord(creation.options, 'cloud'), 'repository');
  const repository = chosen && `${readText(chosen, 'owner') ?? '?'}/${readText(chosen, 'name') ?? '?'}`;
  const prompt = readText(creation.options, 'prompt');
  return {
    key: creation.key,
    sessionId: undefined,
    taskId: undefined,
    isRemote: true,
    title: firstLine(prompt) ?? repository ?? l10n.t('New session'),
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
 * What the runtime deletes for a row: the session itself, or the copies on this machine of one that is in the cloud.
 * @throws `invalid-argument` for a session that is only in the cloud
 */
export function idsToDelete(id: string, row: SessionRow | undefined): readonly string[] {
  const localIds = row?.localIds ?? [];
  if (row?.isRemote === true && localIds.length === 0) {
    throw new CloudSessionsError('invalid-argument', l10n.t('Cloud sessions cannot be deleted from here.'), {
      nextStep: l10n.t('Open the session on the web and archive it there.'),
    });
  }
  return localIds.length === 0 || localIds.includes(id) ? [id] : localIds;
}

/**
 * The row of a session that is open here, or listed, or both. Live values take precedence over the list. For a session
 * that was created here, the first prompt takes precedence over the list's title, so that the row keeps its name from
 * before.
 *
 * @param listedAt when the list was read
 * @param parked the prompts of a session that is not watched
 */
export function rowOf(
  key: string,
  session: CloudSession | undefined,
  entry: ListEntry | undefined,
  rememberedUrl: string | undefined,
  openedAt: Date,
  listedAt?: Date,
  parked: readonly Prompt[] = [],
): SessionRow {
  const activity = session?.activity;
  const prompts = session?.outbox.pending ?? parked;
  // The agent's own values take precedence over the list, and the list over what was chosen.
  const repository = activity?.repository ?? entry?.repository ?? session?.details.repository;
  const branch = activity?.branch ?? entry?.branch ?? session?.details.branch;
  const chosen = session?.details.branch;
  const sessionId = session?.sessionId ?? entry?.sessionId ?? key;
  const startTime = entry?.startTime ?? openedAt;
  const isRemote = session?.details.isRemote ?? entry?.isRemote ?? false;
  const localIds = entry?.localIds ?? (isRemote ? [] : [sessionId]);
  const listed = statusOfListed(entry ?? NOTHING_LISTED, listedAt ?? openedAt);
  const { status, lastStatus, staleSince } = session === undefined ? listed : stateOfSession(session, entry, listed);
  return {
    key,
    sessionId,
    taskId: session?.details.taskId ?? entry?.taskId,
    isRemote,
    runsOn: runsOn(isRemote, localIds, entry),
    localIds,
    title:
      session?.title ??
      (key === sessionId || entry?.ids.includes(key) === true ? entry?.title : undefined) ??
      firstLine(activity?.firstPrompt) ??
      firstLine(session?.outbox.pending[0]?.text) ??
      entry?.title ??
      firstLine(parked[0]?.text) ??
      repository ??
      l10n.t({
        message: 'Session {0}',
        args: [sessionId.slice(0, 8)],
        comment: ['The title of a session without a name: {0} is the beginning of its id'],
      }),
    status,
    lastStatus,
    staleSince,
    seenAt: seenAt(session, status, listedAt),
    serviceState: entry?.serviceState,
    hostStatus: entry?.hostStatus,
    repository,
    branch,
    chosenBranch: chosen === branch ? undefined : chosen,
    pushedBranch: entry?.branch ?? activity?.branch,
    listedBranch: entry?.isRemote === true ? entry.branch : undefined,
    listedPullRequest: entry?.pullRequestNumber,
    startBranch: chosen,
    remoteUrl: session?.remoteUrl ?? rememberedUrl,
    startTime,
    modifiedTime: latest(activity?.lastEventTime, entry?.modifiedTime, startTime),
    detail: detailOf(status, activity, entry),
    workingSince: isBusy(status) ? activity?.workingSince : undefined,
    stop: session?.stopState ?? 'none',
    pendingPrompts: prompts.length,
    waitingPrompts: prompts.filter(({ state }) => state === 'queued').length,
    failedPrompts: prompts.filter(({ state }) => state === 'failed' || state === 'undelivered').length,
    openQuestions: session?.openQuestions ?? 0,
    session,
    creation: undefined,
  };
}

const NOTHING_LISTED = { serviceState: undefined };

/**
 * Where the session's agent runs. The type `cli` alone does not say: the tasks of the cloud's sandbox, which the runtime
 * itself creates, have it too (measured on 1.0.102: the slugs `copilot-developer-sandbox` and `copilot-developer-cli` are
 * both `cli`). Only a task that a machine mirrors has a heartbeat.
 */
function runsOn(isRemote: boolean, localIds: readonly string[], entry: ListEntry | undefined): RunsOn {
  const taskType = entry?.taskType?.toLowerCase();
  if (taskType === 'cca') {
    return 'cloud';
  }
  if (localIds.length > 0 || !isRemote) {
    return 'local';
  }
  const reports = entry?.staleAt !== undefined || entry?.hostStatus !== undefined || entry?.hostActivity !== undefined;
  return taskType === 'cli' && reports ? 'machine' : 'cloud';
}

/** Until when the state was known to be true; for a disconnected session, at least until its last event. */
function seenAt(
  session: CloudSession | undefined,
  status: SessionStatus,
  listedAt: Date | undefined,
): Date | undefined {
  return session === undefined
    ? listedAt
    : (session.lastSeen ?? (status === 'disconnected' ? session.activity.lastEventTime : undefined));
}

/**
 * The state of a watched session. Its events say it, with two exceptions: no event tells that a task has completed or
 * failed, or that a machine is gone. There the list counts if it is newer than the last event; both times are the
 * service's.
 */
function stateOfSession(session: CloudSession, entry: ListEntry | undefined, listed: UnwatchedState): UnwatchedState {
  const { status, activity } = session;
  if (status === 'disconnected') {
    return { status, lastStatus: activity.status, staleSince: undefined };
  }
  const live: UnwatchedState = { status, lastStatus: undefined, staleSince: undefined };
  if (entry === undefined || isFinal(status) || (entry.serviceState === undefined && entry.hostStatus === undefined)) {
    return live;
  }
  if (session.events.length === 0) {
    return session.isCaughtUp ? listed : live;
  }
  const last = activity.lastEventTime;
  const { staleSince } = listed;
  if (staleSince !== undefined) {
    return last !== undefined && last < staleSince && mayPass(status) ? { ...listed, lastStatus: status } : live;
  }
  const isNewer = last !== undefined && entry.modifiedTime !== undefined && entry.modifiedTime >= last;
  // The events say that the agent rests and continues by itself. Only some versions tell that it no longer does.
  const hasStopped = activity.resting && listed.status === 'idle';
  return isNewer && (isFinal(listed.status) || hasStopped) ? listed : live;
}

/** Why it failed; else what the agent says it does, or its last tool; for an unwatched session, what its machine says. */
function detailOf(
  status: SessionStatus,
  activity: SessionActivity | undefined,
  entry: ListEntry | undefined,
): string | undefined {
  if (activity === undefined) {
    return isBusy(status) ? entry?.hostActivity : undefined;
  }
  if (activity.failure !== undefined || !isBusy(activity.status) || !isBusy(status)) {
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
