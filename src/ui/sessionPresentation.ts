import { sanitizeLine } from '../core/sanitize';
import type { SessionRow } from '../core/sessionRow';
import type { SessionStatus } from '../core/sessionState';
import { RowFlag } from '../manifest';
import { relativeTime } from './relativeTime';

/** A row in words and icon ids, without `vscode`: what the tree makes its items from. */
export interface RowPresentation {
  readonly label: string;
  readonly description: string;
  readonly icon: string;
  /** A theme colour's id. */
  readonly iconColor: string | undefined;
  readonly contextValue: string;
  readonly accessibilityLabel: string;
  readonly tooltip: readonly (readonly [name: string, value: string])[];
}

const ICONS: Readonly<Record<SessionStatus, readonly [icon: string, color?: string]>> = {
  queued: ['clock', 'charts.blue'],
  starting: ['loading~spin'],
  working: ['sync~spin', 'charts.blue'],
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
  'needs input': 'Needs your input',
  idle: 'Idle',
  done: 'Done',
  failed: 'Failed',
  disconnected: 'Disconnected: not watched since the runtime went away',
};

/** States that are shown as a word beside the title, because they ask for something or may surprise. */
const SPOKEN: ReadonlySet<SessionStatus> = new Set(['queued', 'starting', 'needs input', 'failed', 'disconnected']);

export function presentRow(row: SessionRow, now: Date, locale: string): RowPresentation {
  const age = relativeTime(row.modifiedTime, now, locale);
  const repository = row.repository && sanitizeLine(row.repository);
  const branch = row.branch && sanitizeLine(row.branch);
  const detail = row.detail && sanitizeLine(row.detail);
  const place = repository && (branch ? `${repository} @ ${branch}` : repository);
  const kind = row.isRemote ? undefined : 'local';
  const said = SPOKEN.has(row.status) ? row.status : undefined;
  const doing = row.status === 'working' ? (detail ?? 'working') : undefined;
  const label = sanitizeLine(row.title);
  const [icon, iconColor] = row.isRemote || row.status !== 'idle' ? ICONS[row.status] : (['device-desktop'] as const);
  return {
    label,
    description: [said ?? doing, kind, place === label ? undefined : place, age].filter(Boolean).join(' · '),
    icon,
    iconColor,
    contextValue: flags(row).join(' '),
    accessibilityLabel: [
      label,
      row.isRemote ? 'cloud session' : 'local session',
      STATUS_WORDS[row.status],
      ...(detail ? [detail] : []),
      ...(place ? [`repository ${place}`] : []),
      `changed ${age}`,
    ].join(', '),
    tooltip: [
      ['State', STATUS_WORDS[row.status]],
      ...(detail ? ([[row.status === 'failed' ? 'Reason' : 'Doing', detail]] as const) : []),
      ...(row.pendingPrompts > 0 && row.sessionId !== undefined
        ? ([['Prompts', `${row.pendingPrompts} not delivered yet`]] as const)
        : []),
      ...(row.openQuestions > 0 ? ([['Questions', String(row.openQuestions)]] as const) : []),
      ...(row.serviceState === undefined ? [] : ([['Service says', sanitizeLine(row.serviceState)]] as const)),
      ...(repository ? ([['Repository', repository]] as const) : []),
      ...(branch ? ([['Branch', branch]] as const) : []),
      ['Started', row.startTime.toLocaleString(locale)],
      ['Changed', row.modifiedTime.toLocaleString(locale)],
      ...(row.sessionId === undefined ? [] : ([['Session', sanitizeLine(row.sessionId)]] as const)),
      ...(row.remoteUrl === undefined ? [] : ([['Link', row.remoteUrl]] as const)),
    ],
  };
}

function flags(row: SessionRow): string[] {
  if (row.creation !== undefined) {
    return row.creation.error === undefined ? [] : [RowFlag.creation];
  }
  const busy = row.status === 'working' || row.status === 'needs input';
  return [
    RowFlag.session,
    row.isRemote ? RowFlag.cloud : RowFlag.local,
    ...(row.session?.isAttached === true ? [RowFlag.open] : []),
    ...(row.remoteUrl === undefined ? [] : [RowFlag.linked]),
    ...(busy && row.session !== undefined ? [RowFlag.busy] : []),
    ...(row.pendingPrompts > 0 ? [RowFlag.prompts] : []),
  ];
}
