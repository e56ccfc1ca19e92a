import { isRecord, readDate, readRecord, readString, readText } from '../core/common/json';
import { parseSessionUrl } from '../core/events/sessionUrl';
import { isOpen, type PullRequest, type PullRequestState, type ReviewState } from '../core/github/pullRequest';
import { wrongShape } from './gitHubErrors';

/** @throws CloudSessionsError if it is no pull request */
export function readPullRequest(value: unknown): PullRequest {
  const number = isRecord(value) ? value['number'] : undefined;
  const url = parseSessionUrl(isRecord(value) ? value['html_url'] : undefined);
  const base = readText(readRecord(value, 'base'), 'ref');
  const head = readText(readRecord(value, 'head'), 'ref');
  const headCommit = readText(readRecord(value, 'head'), 'sha');
  if (
    typeof number !== 'number' ||
    !Number.isSafeInteger(number) ||
    url === undefined ||
    base === undefined ||
    head === undefined ||
    headCommit === undefined
  ) {
    throw wrongShape('pulls');
  }
  return { number, url, title: readString(value, 'title') ?? '', state: stateOf(value), base, head, headCommit };
}

function stateOf(value: unknown): PullRequestState {
  // `merged` is in no list.
  if (readDate(value, 'merged_at') !== undefined || (isRecord(value) && value['merged'] === true)) {
    return 'merged';
  }
  if (readString(value, 'state') === 'closed') {
    return 'closed';
  }
  return isRecord(value) && value['draft'] === true ? 'draft' : 'open';
}

/**
 * The pull request of a branch: the newest open one, or else the newest.
 * @param entries those that GitHub lists for the branch: it lists all of the repository for an owner that it ignores
 */
export function pullRequestOf(entries: readonly unknown[], owner: string, branch: string): PullRequest | undefined {
  const found = entries
    .filter((entry) => {
      const head = readRecord(entry, 'head');
      // The owner of a fork that was deleted is unknown.
      const login = readText(readRecord(head, 'user'), 'login') ?? owner;
      return readString(head, 'ref') === branch && login.toLowerCase() === owner.toLowerCase();
    })
    .map(readPullRequest)
    .sort((a, b) => b.number - a.number);
  return found.find(isOpen) ?? found[0];
}

/**
 * What the reviewers say. A comment does not take back an earlier verdict; a verdict that was dismissed does not count.
 * @param reviews in their order
 */
export function readReviews(reviews: readonly unknown[]): ReviewState {
  const verdicts = new Map<string, string>();
  let isCommented = false;
  for (const review of reviews) {
    const state = readString(review, 'state')?.toUpperCase();
    const reviewer = readText(readRecord(review, 'user'), 'login') ?? '';
    if (state === 'APPROVED' || state === 'CHANGES_REQUESTED' || state === 'DISMISSED') {
      verdicts.set(reviewer, state);
    }
    isCommented ||= state === 'COMMENTED';
  }
  const states = new Set(verdicts.values());
  return states.has('CHANGES_REQUESTED')
    ? 'changes-requested'
    : states.has('APPROVED')
      ? 'approved'
      : isCommented
        ? 'commented'
        : 'none';
}
