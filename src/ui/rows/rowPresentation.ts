import * as l10n from '@vscode/l10n';
import { sanitizeLine } from '../../core/common/sanitize';
import type { SessionChanges } from '../../core/changes/sessionChanges';
import type { SessionRow } from '../../core/store/sessionRow';
import { mayPass } from '../../core/activity/taskStatus';
import { RowFlag } from '../../manifest';
import { placeOf, type Place } from './arrangement';
import { draftCount, shortChanges, spokenChanges } from './changePresentation';
import { pullRequestFlags, shortPullRequest, spokenPullRequest } from './pullRequestPresentation';
import { tooltipLines, type RowResult } from './rowTooltip';
import { STALE_EXPLANATION, STATUS_EXPLANATIONS, STATUS_NAMES } from './statusNames';
import { elapsedTime, relativeTime, shortDate } from '../common/relativeTime';
import type { SessionStatus } from '../../core/activity/activity';

/** A row as texts and icon ids, without `vscode`: the tree makes its items from it. */
export interface RowPresentation {
  readonly label: string;
  readonly description: string;
  readonly icon: string;
  /** A theme colour's id. */
  readonly iconColor: string | undefined;
  readonly contextValue: string;
  readonly accessibilityLabel: string;
  /** Lazy: formatting times is slow, and a tree may have a thousand rows. */
  readonly tooltip: () => readonly (readonly [name: string, value: string])[];
}

const ICONS: Readonly<Record<SessionStatus, readonly [icon: string, color?: string]>> = {
  queued: ['clock', 'charts.blue'],
  starting: ['loading~spin'],
  working: ['sync~spin', 'charts.blue'],
  stopping: ['stop-circle', 'list.warningForeground'],
  'needs input': ['question', 'list.warningForeground'],
  idle: ['circle-outline'],
  // Not that of passed tests, which is as bright in light themes as in dark ones.
  done: ['pass', 'charts.green'],
  failed: ['error', 'list.errorForeground'],
  disconnected: ['debug-disconnect', 'disabledForeground'],
};

/** The texts for where an agent runs. */
interface PlaceWords {
  /** Beside the title; absent in the usual case. */
  readonly short?: string;
  /** For screen readers. */
  readonly name: string;
  /** In the tooltip. */
  readonly runsOn?: string;
}

const PLACE_WORDS: Readonly<Record<Place, PlaceWords>> = {
  cloud: { name: l10n.t('cloud session') },
  machine: {
    short: l10n.t({ message: 'on a machine', comment: ['Where the agent of a session runs, beside its title'] }),
    name: l10n.t('session on a machine'),
    runsOn: l10n.t('A machine that mirrors it to GitHub, not a cloud agent'),
  },
  local: {
    short: l10n.t({ message: 'local', comment: ['Where the agent of a session runs, beside its title'] }),
    name: l10n.t('local session'),
  },
};

/** States that are shown beside the title, because they need attention or may surprise. */
const SHORT_STATES: Readonly<Partial<Record<SessionStatus, string>>> = {
  queued: l10n.t({ message: 'queued', comment: ['The state of a session, beside its title'] }),
  starting: l10n.t({ message: 'starting', comment: ['The state of a session, beside its title'] }),
  working: l10n.t({ message: 'working', comment: ['The state of a session, beside its title'] }),
  stopping: l10n.t({ message: 'stopping', comment: ['The state of a session, beside its title'] }),
  'needs input': l10n.t({ message: 'needs input', comment: ['The state of a session, beside its title'] }),
  failed: l10n.t({ message: 'failed', comment: ['The state of a session, beside its title'] }),
  disconnected: l10n.t({ message: 'disconnected', comment: ['The state of a session, beside its title'] }),
};

/** Beside the title of a session that is not connected, by its last known state. */
const DISCONNECTED_STATES: Readonly<Record<SessionStatus, string>> = {
  queued: l10n.t('disconnected, was queued'),
  starting: l10n.t('disconnected, was starting'),
  working: l10n.t('disconnected, was working'),
  stopping: l10n.t('disconnected, was stopping'),
  'needs input': l10n.t('disconnected, was waiting for input'),
  idle: l10n.t('disconnected, was idle'),
  done: l10n.t('disconnected, was done'),
  failed: l10n.t('disconnected, had failed'),
  disconnected: l10n.t({ message: 'disconnected', comment: ['The state of a session, beside its title'] }),
};

/** From this age of the list on, a state in it that may have passed is shown with its age, in milliseconds. */
const OLD_AFTER_MS = 120_000;

export function presentRow(
  row: SessionRow,
  now: Date,
  locale: string,
  { changes, drafts = 0, pullRequest, appliedAt }: RowResult = {},
): RowPresentation {
  const age = relativeTime(row.modifiedTime, now, locale);
  const repository = row.repository && sanitizeLine(row.repository);
  const branch = row.branch && sanitizeLine(row.branch);
  const detail = row.detail && sanitizeLine(row.detail);
  const place = repository && (branch ? `${repository} @ ${branch}` : repository);
  const isCloud = placeOf(row) === 'cloud';
  const kind = PLACE_WORDS[placeOf(row)];
  const state = row.staleSince === undefined ? STATUS_EXPLANATIONS[row.status] : STALE_EXPLANATION;
  const label = sanitizeLine(row.title);
  const elapsed = row.workingSince && elapsedTime(row.workingSince, now, locale);
  const seen = lastSeen(row, now, locale);
  const isUnconfirmed = row.stop === 'unconfirmed';
  const [icon, iconColor] = isCloud || row.status !== 'idle' ? ICONS[row.status] : (['device-desktop'] as const);
  const undelivered = promptsOf(row);
  const description = [
    // First, for the view may be narrow: the icon says the state as well.
    shortChanges(changes, locale),
    ...shortPullRequest(pullRequest),
    isUnconfirmed ? l10n.t('stop not confirmed') : undefined,
    shortState(row, elapsed),
    ...undelivered,
    draftCount(drafts),
    row.status === 'working' ? detail : undefined,
    seen,
    kind.short,
    place === label ? undefined : place,
    // Beside the time of the work or of the last contact, a second time would confuse.
    row.status === 'working' || seen ? undefined : age,
  ];
  return {
    label,
    description: description.filter(Boolean).join(' · '),
    icon,
    iconColor,
    contextValue: [
      ...flags(row),
      ...flagsOfResult(changes, drafts),
      ...pullRequestFlags(row, pullRequest),
      ...(appliedAt === undefined ? [] : [RowFlag.applied]),
    ].join(' '),
    accessibilityLabel: [
      label,
      kind.name,
      state,
      ...(row.lastStatus === undefined ? [] : [l10n.t('before that: {0}', STATUS_NAMES[row.lastStatus])]),
      ...(isUnconfirmed ? [l10n.t('the service has not confirmed that the agent has stopped')] : []),
      ...(elapsed
        ? [l10n.t({ message: 'for {0}', args: [elapsed], comment: ['How long it has been working: "for 3 min"'] })]
        : []),
      ...undelivered,
      ...(changes === undefined || changes.files.length === 0 ? [] : [spokenChanges(changes, locale)]),
      ...spokenPullRequest(pullRequest),
      ...(drafts === 0 ? [] : [draftCount(drafts)]),
      ...(detail ? [detail] : []),
      ...(place ? [l10n.t('repository {0}', place)] : []),
      seen ?? l10n.t({ message: 'changed {0}', args: [age], comment: ['When it changed last: "changed 5 min. ago"'] }),
    ].join(', '),
    tooltip: () =>
      tooltipLines(row, { state, runsOn: kind.runsOn, elapsed }, { changes, pullRequest, appliedAt }, now, locale),
  };
}

function shortState({ status, lastStatus, staleSince }: SessionRow, elapsed: string | undefined): string | undefined {
  if (staleSince !== undefined) {
    return l10n.t({ message: 'stale', comment: ['The state of a session, beside its title'] });
  }
  if (status === 'working' && elapsed) {
    return l10n.t({
      message: 'working {0}',
      args: [elapsed],
      comment: ['How long it has been working: "working 3 min"'],
    });
  }
  return status === 'disconnected' && lastStatus !== undefined ? DISCONNECTED_STATES[lastStatus] : SHORT_STATES[status];
}

/** Undelivered prompts, without those being sent. */
function promptsOf({ failedPrompts, waitingPrompts }: SessionRow): readonly string[] {
  const failed =
    failedPrompts === 1 ? l10n.t('1 prompt not delivered') : l10n.t('{0} prompts not delivered', failedPrompts);
  const waiting = waitingPrompts === 1 ? l10n.t('1 prompt waiting') : l10n.t('{0} prompts waiting', waitingPrompts);
  return [...(failedPrompts > 0 ? [failed] : []), ...(waitingPrompts > 0 ? [waiting] : [])];
}

/** The age of a state that may have passed unseen; `undefined` for a state that is current. */
function lastSeen(row: SessionRow, now: Date, locale: string): string | undefined {
  const { status, staleSince, seenAt, isRemote } = row;
  if (staleSince !== undefined) {
    return l10n.t('not heard of since {0}', shortDate(staleSince, locale));
  }
  if (seenAt === undefined) {
    return undefined;
  }
  const mayHavePassed = isRemote && mayPass(status);
  const isOld = now.getTime() - seenAt.getTime() >= OLD_AFTER_MS;
  return status === 'disconnected' || (mayHavePassed && isOld)
    ? l10n.t({
        message: 'last seen {0}',
        args: [relativeTime(seenAt, now, locale)],
        comment: ['When the state was last known: "last seen 5 min. ago"'],
      })
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

function flagsOfResult(changes: SessionChanges | undefined, drafts: number): string[] {
  return [
    ...(changes === undefined || changes.files.length === 0 ? [] : [RowFlag.changed]),
    ...(drafts === 0 ? [] : [RowFlag.comments]),
  ];
}

/** Sessions on this machine can be deleted, whether or not the service knows them as well. */
export function canDelete({ localIds, isRemote, creation }: SessionRow): boolean {
  return creation === undefined && (localIds === undefined ? !isRemote : localIds.length > 0);
}

/** All visible and spoken text of a row, and the parts of its tooltip that do not change with each event. */
export function textOfRow(row: SessionRow, presentation: RowPresentation): string {
  const { label, description, icon, iconColor, contextValue, accessibilityLabel } = presentation;
  const { detail, pendingPrompts, openQuestions, serviceState, hostStatus, branch, chosenBranch, remoteUrl } = row;
  return [
    ...[label, description, icon, iconColor, contextValue, accessibilityLabel],
    ...[detail, pendingPrompts, openQuestions, serviceState, hostStatus, branch, chosenBranch, remoteUrl],
  ].join('\n');
}
