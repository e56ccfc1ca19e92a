import * as l10n from '@vscode/l10n';
import { sanitizeLine } from '../../core/common/sanitize';
import { isOpen, type Checks, type PullRequest, type ReviewState } from '../../core/github/pullRequest';
import type { SessionRow } from '../../core/store/sessionRow';
import { RowFlag } from '../../manifest';

/** Most failed checks that are named. */
const MOST_NAMED = 10;

const STATES: Readonly<Record<PullRequest['state'], string>> = {
  draft: l10n.t({ message: 'draft', comment: ['The state of a pull request'] }),
  open: l10n.t({ message: 'open', comment: ['The state of a pull request'] }),
  merged: l10n.t({ message: 'merged', comment: ['The state of a pull request'] }),
  closed: l10n.t({ message: 'closed', comment: ['The state of a pull request: it was not merged'] }),
};

const REVIEWS: Readonly<Record<Exclude<ReviewState, 'none'>, string>> = {
  commented: l10n.t({ message: 'commented', comment: ['What the reviewers of a pull request have done'] }),
  approved: l10n.t({ message: 'approved', comment: ['What the reviewers of a pull request have done'] }),
  'changes-requested': l10n.t('changes requested'),
};

/** Beside the title of a session: what is usual needs no words. */
export function shortPullRequest(pullRequest: PullRequest | undefined): readonly string[] {
  if (pullRequest === undefined) {
    return [];
  }
  const { number, state, checks } = pullRequest;
  const name = state === 'open' ? `#${number}` : `#${number} ${STATES[state]}`;
  return [name, ...(checks?.state === 'failed' ? [failedCount(checks)] : [])];
}

/** For screen readers. */
export function spokenPullRequest(pullRequest: PullRequest | undefined): readonly string[] {
  if (pullRequest === undefined) {
    return [];
  }
  const { number, state, checks } = pullRequest;
  return [
    l10n.t('pull request {0}', number),
    STATES[state],
    ...reviewOf(pullRequest),
    ...(checks === undefined ? [] : shortChecks(checks)),
  ];
}

/** The lines of the tooltip. */
export function pullRequestLines(
  pullRequest: PullRequest | undefined,
): readonly (readonly [name: string, value: string])[] {
  if (pullRequest === undefined) {
    return [];
  }
  const { number, title, state, checks } = pullRequest;
  const parts = [`#${number} ${sanitizeLine(title)}`.trim(), STATES[state], ...reviewOf(pullRequest)];
  return [
    [l10n.t({ message: 'Pull request', comment: ['A line of the tooltip'] }), parts.join(' · ')],
    ...(checks === undefined || checks.state === 'none'
      ? []
      : [[l10n.t({ message: 'Checks', comment: ['A line of the tooltip'] }), longChecks(checks)] as const]),
  ];
}

/** For the `when` clauses of menus. */
export function pullRequestFlags(row: SessionRow, pullRequest: PullRequest | undefined): readonly string[] {
  return [
    ...(row.listedBranch !== undefined && (pullRequest === undefined || !isOpen(pullRequest)) ? [RowFlag.branch] : []),
    ...(pullRequest === undefined ? [] : [RowFlag.pull]),
    ...(pullRequest?.checks?.state === 'failed' ? [RowFlag.checks] : []),
  ];
}

function reviewOf({ review = 'none' }: PullRequest): readonly string[] {
  return review === 'none' ? [] : [REVIEWS[review]];
}

function shortChecks(checks: Checks): readonly string[] {
  switch (checks.state) {
    case 'none':
      return [];
    case 'running':
      return [l10n.t('checks running')];
    case 'passed':
      return [l10n.t('checks passed')];
    case 'failed':
      return [failedCount(checks)];
  }
}

function longChecks(checks: Checks): string {
  const { running, total, failed } = checks;
  const left = running > 0 ? [l10n.t('{0} of {1} running', running, total)] : [];
  if (failed.length === 0) {
    return left[0] ?? shortChecks(checks).join('');
  }
  const names = failed.slice(0, MOST_NAMED).map(({ name }) => sanitizeLine(name, 60));
  const named = `${failedCount(checks)}: ${names.join(', ')}${failed.length > MOST_NAMED ? ', …' : ''}`;
  return [named, ...left].join(' · ');
}

function failedCount({ failed }: Checks): string {
  return failed.length === 1 ? l10n.t('1 check failed') : l10n.t('{0} checks failed', failed.length);
}
