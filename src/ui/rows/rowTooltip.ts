import * as l10n from '@vscode/l10n';
import { sanitizeLine } from '../../core/common/sanitize';
import type { SessionChanges } from '../../core/changes/sessionChanges';
import type { PullRequest } from '../../core/github/pullRequest';
import { usageLines } from '../../core/rendering/usageLines';
import type { SessionRow } from '../../core/store/sessionRow';
import { relativeTime } from '../common/relativeTime';
import { longChanges } from './changePresentation';
import { choiceLines } from './choicePresentation';
import { pullRequestLines } from './pullRequestPresentation';
import { STATUS_EXPLANATIONS } from './statusNames';

/** What a session has made, beside what its row has. */
export interface RowResult {
  /** What it has changed, as far as that is known. */
  readonly changes?: SessionChanges | undefined;
  /** How many comments on that were not sent. */
  readonly drafts?: number;
  /** Its pull request, as far as that is known. */
  readonly pullRequest?: PullRequest | undefined;
  /** When its changes were last applied here, if that can be undone. */
  readonly appliedAt?: Date | undefined;
}

/** What the row says, too. */
interface Said {
  readonly state: string;
  readonly runsOn: string | undefined;
  /** For how long the agent has been working. */
  readonly elapsed: string | undefined;
}

/** The lines of a row's tooltip: what is known and not empty. */
export function tooltipLines(
  row: SessionRow,
  { state, runsOn, elapsed }: Said,
  { changes, pullRequest, appliedAt }: RowResult,
  now: Date,
  locale: string,
): readonly (readonly [name: string, value: string])[] {
  const time = (date: Date): string => date.toLocaleString(locale);
  const line = (name: string, value: string | undefined): readonly (readonly [name: string, value: string])[] =>
    value === undefined || value === '' ? [] : [[name, value]];
  const text = (value: string | undefined): string | undefined => value && sanitizeLine(value);
  return [
    ...line(l10n.t({ message: 'State', comment: ['A line of the tooltip: the state of the session'] }), state),
    ...line(l10n.t({ message: 'Runs on', comment: ['A line of the tooltip: where the agent runs'] }), runsOn),
    ...line(
      l10n.t({ message: 'Before that', comment: ['A line of the tooltip: the state before this one'] }),
      row.lastStatus && STATUS_EXPLANATIONS[row.lastStatus],
    ),
    ...line(
      l10n.t({ message: 'Stop', comment: ['A line of the tooltip: what became of the request to stop'] }),
      row.stop === 'unconfirmed' ? l10n.t('Not confirmed by the service: the agent may go on') : undefined,
    ),
    ...line(
      isFailure(row)
        ? l10n.t({ message: 'Reason', comment: ['A line of the tooltip: why the session failed'] })
        : l10n.t({ message: 'Doing', comment: ['A line of the tooltip: what the agent is doing'] }),
      text(row.detail),
    ),
    ...line(
      l10n.t({ message: 'Working for', comment: ['A line of the tooltip: for how long the agent has been working'] }),
      elapsed,
    ),
    ...line(
      l10n.t({ message: 'Prompts', comment: ['A line of the tooltip'] }),
      row.pendingPrompts > 0 && row.sessionId !== undefined
        ? row.pendingPrompts === 1
          ? l10n.t('1 not delivered yet')
          : l10n.t('{0} not delivered yet', row.pendingPrompts)
        : undefined,
    ),
    ...line(
      l10n.t({ message: 'Questions', comment: ['A line of the tooltip: how many wait for an answer'] }),
      row.openQuestions > 0 ? String(row.openQuestions) : undefined,
    ),
    ...line(
      l10n.t({ message: 'Service says', comment: ['A line of the tooltip: the word that GitHub has for the state'] }),
      text(row.serviceState),
    ),
    ...line(
      l10n.t({
        message: 'Machine says',
        comment: ['A line of the tooltip: the word that the machine has for the state'],
      }),
      text(row.hostStatus),
    ),
    ...line(l10n.t({ message: 'Repository', comment: ['A line of the tooltip'] }), text(row.repository)),
    ...line(l10n.t({ message: 'Branch', comment: ['A line of the tooltip'] }), text(row.branch)),
    ...line(
      l10n.t({ message: 'Pushed branch', comment: ['A line of the tooltip: the branch that the agent has pushed'] }),
      row.listedBranch === row.branch ? undefined : text(row.listedBranch),
    ),
    ...line(
      l10n.t({ message: 'Branch that was chosen', comment: ['A line of the tooltip'] }),
      row.chosenBranch === undefined
        ? undefined
        : l10n.t('{0}: the agent has another one', sanitizeLine(row.chosenBranch)),
    ),
    ...line(
      l10n.t({ message: 'Changes', comment: ['A line of the tooltip: what the session has changed'] }),
      changes && longChanges(changes, now, locale),
    ),
    ...line(
      l10n.t({
        message: 'Applied here',
        comment: ['A line of the tooltip: when its changes were applied to the files'],
      }),
      appliedAt && l10n.t('{0}, can be undone', relativeTime(appliedAt, now, locale)),
    ),
    ...pullRequestLines(pullRequest),
    ...choiceLines(row.session?.choices),
    ...usageLines(row.session?.usage, locale),
    ...line(
      l10n.t({ message: 'Started', comment: ['A line of the tooltip: when the session was started'] }),
      time(row.startTime),
    ),
    ...line(
      l10n.t({ message: 'Updated', comment: ['A line of the tooltip: when the session changed last'] }),
      time(row.modifiedTime),
    ),
    ...line(
      l10n.t({ message: 'Not heard of since', comment: ['A line of the tooltip: when the machine was last heard of'] }),
      row.staleSince && time(row.staleSince),
    ),
    ...line(
      l10n.t({ message: 'Last seen', comment: ['A line of the tooltip: when the state was last known'] }),
      row.seenAt && time(row.seenAt),
    ),
    ...line(
      l10n.t({ message: 'Session', comment: ['A line of the tooltip: the id of the session'] }),
      text(row.sessionId),
    ),
    ...line(
      l10n.t({ message: 'Link', comment: ['A line of the tooltip: the address of the session on the web'] }),
      row.remoteUrl,
    ),
  ];
}

/** Whether the row's detail is the reason of a failure; else it is what the agent does. */
function isFailure({ status, lastStatus }: SessionRow): boolean {
  return status === 'failed' || (status === 'disconnected' && lastStatus === 'failed');
}
