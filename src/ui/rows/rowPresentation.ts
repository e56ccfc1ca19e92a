import { sanitizeLine } from '../../core/common/sanitize';
import type { SessionRow } from '../../core/store/sessionRow';
import { mayPass } from '../../core/activity/taskStatus';
import { RowFlag } from '../../manifest';
import { choiceLines } from './choicePresentation';
import { placeOf, type Place } from './arrangement';
import { elapsedTime, relativeTime, shortDate } from '../common/relativeTime';
import type { SessionStatus } from '../../core/activity/activity';

/** A row in words and icon ids, without `vscode`: what the tree makes its items from. */
export interface RowPresentation {
  readonly label: string;
  readonly description: string;
  readonly icon: string;
  /** A theme colour's id. */
  readonly iconColor: string | undefined;
  readonly contextValue: string;
  readonly accessibilityLabel: string;
  /** Made when somebody asks: times in words are slow to make, and a tree has a thousand rows. */
  readonly tooltip: () => readonly (readonly [name: string, value: string])[];
}

const ICONS: Readonly<Record<SessionStatus, readonly [icon: string, color?: string]>> = {
  queued: ['clock', 'charts.blue'],
  starting: ['loading~spin'],
  working: ['sync~spin', 'charts.blue'],
  stopping: ['stop-circle', 'list.warningForeground'],
  'needs input': ['question', 'list.warningForeground'],
  idle: ['circle-outline'],
  done: ['pass', 'testing.iconPassed'],
  failed: ['error', 'list.errorForeground'],
  disconnected: ['debug-disconnect', 'disabledForeground'],
};

const STATUS_WORDS: Readonly<Record<SessionStatus, string>> = {
  queued: 'Queued: the agent has not started yet',
  starting: 'Starting',
  working: 'Working',
  stopping: 'Stopping: the agent was asked to stop, and has not confirmed it yet',
  'needs input': 'Needs your input',
  idle: 'Idle',
  done: 'Done',
  failed: 'Failed',
  disconnected: 'Disconnected: what it does now is not known',
};

/** What a stale session is called in place of `disconnected`. */
const STALE_WORDS = 'Stale: the machine that it runs on has not been heard of';

const PLACE_WORDS: Readonly<Record<Place, readonly [short: string | undefined, name: string, tooltip?: string]>> = {
  cloud: [undefined, 'cloud session'],
  machine: ['on a machine', 'session on a machine', 'A machine that mirrors it to GitHub, not a cloud agent'],
  local: ['local', 'local session'],
};

/** States that are shown as a word beside the title, because they ask for something or may surprise. */
const SPOKEN: ReadonlySet<SessionStatus> = new Set(['queued', 'starting', 'stopping', 'needs input', 'failed']);
/** How old the list may be before a state in it that may have passed is said to be old, in milliseconds. */
const OLD_AFTER_MS = 120_000;

export function presentRow(row: SessionRow, now: Date, locale: string): RowPresentation {
  const age = relativeTime(row.modifiedTime, now, locale);
  const repository = row.repository && sanitizeLine(row.repository);
  const branch = row.branch && sanitizeLine(row.branch);
  const detail = row.detail && sanitizeLine(row.detail);
  const place = repository && (branch ? `${repository} @ ${branch}` : repository);
  const isCloud = placeOf(row) === 'cloud';
  const [kind, kindName, runsOn] = PLACE_WORDS[placeOf(row)];
  const stateWords = row.staleSince === undefined ? STATUS_WORDS[row.status] : STALE_WORDS;
  const label = sanitizeLine(row.title);
  const elapsed = row.workingSince && elapsedTime(row.workingSince, now, locale);
  const seen = lastSeen(row, now, locale);
  const unconfirmed = row.stop === 'unconfirmed' ? 'stop not confirmed' : undefined;
  const [icon, iconColor] = isCloud || row.status !== 'idle' ? ICONS[row.status] : (['device-desktop'] as const);
  const undelivered = promptsOf(row);
  const description = [
    unconfirmed,
    shortState(row, elapsed),
    ...undelivered,
    row.status === 'working' ? detail : undefined,
    seen,
    kind,
    place === label ? undefined : place,
    // Of what happens now, and of what was last seen, another time would only confuse.
    row.status === 'working' || seen ? undefined : age,
  ];
  return {
    label,
    description: description.filter(Boolean).join(' · '),
    icon,
    iconColor,
    contextValue: flags(row).join(' '),
    accessibilityLabel: [
      label,
      kindName,
      stateWords,
      ...(row.lastStatus === undefined ? [] : [`it was ${row.lastStatus}`]),
      ...(unconfirmed ? ['the service has not confirmed that the agent has stopped'] : []),
      ...(elapsed ? [`for ${elapsed}`] : []),
      ...undelivered,
      ...(detail ? [detail] : []),
      ...(place ? [`repository ${place}`] : []),
      seen ?? `changed ${age}`,
    ].join(', '),
    tooltip: () => [
      ['State', stateWords],
      ...(runsOn === undefined ? [] : ([['Runs on', runsOn]] as const)),
      ...(row.lastStatus === undefined ? [] : ([['Before that', STATUS_WORDS[row.lastStatus]]] as const)),
      ...(unconfirmed ? ([['Stop', 'Not confirmed by the service: the agent may go on']] as const) : []),
      ...(detail ? ([[isFailure(row) ? 'Reason' : 'Doing', detail]] as const) : []),
      ...(elapsed ? ([['Working for', elapsed]] as const) : []),
      ...(row.pendingPrompts > 0 && row.sessionId !== undefined
        ? ([['Prompts', `${row.pendingPrompts} not delivered yet`]] as const)
        : []),
      ...(row.openQuestions > 0 ? ([['Questions', String(row.openQuestions)]] as const) : []),
      ...(row.serviceState === undefined ? [] : ([['Service says', sanitizeLine(row.serviceState)]] as const)),
      ...(row.hostStatus === undefined ? [] : ([['Machine says', sanitizeLine(row.hostStatus)]] as const)),
      ...(repository ? ([['Repository', repository]] as const) : []),
      ...(branch ? ([['Branch', branch]] as const) : []),
      ...(row.chosenBranch === undefined
        ? []
        : ([['Branch that was chosen', `${sanitizeLine(row.chosenBranch)}: the agent has another one`]] as const)),
      ...choiceLines(row.session?.choices),
      ['Started', row.startTime.toLocaleString(locale)],
      ['Changed', row.modifiedTime.toLocaleString(locale)],
      ...(row.staleSince === undefined
        ? []
        : ([['Not heard of since', row.staleSince.toLocaleString(locale)]] as const)),
      ...(row.seenAt === undefined ? [] : ([['Last seen', row.seenAt.toLocaleString(locale)]] as const)),
      ...(row.sessionId === undefined ? [] : ([['Session', sanitizeLine(row.sessionId)]] as const)),
      ...(row.remoteUrl === undefined ? [] : ([['Link', row.remoteUrl]] as const)),
    ],
  };
}

/** What is said of it in detail is why it failed: a failure that is over tells nothing of what it does. */
function isFailure({ status, lastStatus }: SessionRow): boolean {
  return status === 'failed' || (status === 'disconnected' && lastStatus === 'failed');
}

function shortState({ status, lastStatus, staleSince }: SessionRow, elapsed: string | undefined): string | undefined {
  if (staleSince !== undefined) {
    return 'stale';
  }
  if (status === 'working') {
    return elapsed ? `working ${elapsed}` : 'working';
  }
  if (status === 'disconnected') {
    return lastStatus === undefined ? 'disconnected' : `disconnected, was ${lastStatus}`;
  }
  return SPOKEN.has(status) ? status : undefined;
}

/** What somebody wrote and the agent does not have; what is on its way is not worth a word. */
function promptsOf({ failedPrompts, waitingPrompts }: SessionRow): readonly string[] {
  const count = (prompts: number): string => `${prompts} ${prompts === 1 ? 'prompt' : 'prompts'}`;
  return [
    ...(failedPrompts > 0 ? [`${count(failedPrompts)} not delivered`] : []),
    ...(waitingPrompts > 0 ? [`${count(waitingPrompts)} waiting`] : []),
  ];
}

/** Said of a state that may have passed without anybody here seeing it. */
function lastSeen(row: SessionRow, now: Date, locale: string): string | undefined {
  const { status, staleSince, seenAt, isRemote } = row;
  if (staleSince !== undefined) {
    return `not heard of since ${shortDate(staleSince, locale)}`;
  }
  if (seenAt === undefined) {
    return undefined;
  }
  const mayHavePassed = isRemote && mayPass(status);
  const isOld = now.getTime() - seenAt.getTime() >= OLD_AFTER_MS;
  return status === 'disconnected' || (mayHavePassed && isOld)
    ? `last seen ${relativeTime(seenAt, now, locale)}`
    : undefined;
}

function flags(row: SessionRow): string[] {
  if (row.creation !== undefined) {
    return row.creation.error === undefined ? [] : [RowFlag.creation];
  }
  const busy = row.status === 'working' || row.status === 'needs input' || row.status === 'queued';
  return [
    RowFlag.session,
    ...(row.isRemote ? [RowFlag.cloud] : []),
    ...(canDelete(row) ? [RowFlag.local] : []),
    ...(row.session?.isAttached === true ? [RowFlag.open] : []),
    ...(row.remoteUrl === undefined ? [] : [RowFlag.linked]),
    ...(busy && (row.isRemote || row.session !== undefined) ? [RowFlag.busy] : []),
    ...(row.status === 'needs input' ? [RowFlag.asks] : []),
    ...(row.pendingPrompts > 0 ? [RowFlag.prompts] : []),
    ...(row.repository === undefined ? [] : [RowFlag.repository]),
  ];
}

/** What is on this machine can be deleted, whether it is known to the service as well or not. */
export function canDelete({ localIds, isRemote, creation }: SessionRow): boolean {
  return creation === undefined && (localIds === undefined ? !isRemote : localIds.length > 0);
}
