import { defined } from '../core/common/defined';
import { isRecord, readString, readText } from '../core/common/json';
import { parseSessionUrl } from '../core/events/sessionUrl';
import type { Checks, FailedCheck } from '../core/github/pullRequest';

type Outcome = 'passed' | 'failed' | 'running';

/**
 * The checks of a commit.
 * @param runs of GitHub's checks, the latest of each
 * @param statuses of the older commit statuses, the latest of each context
 * @param isIncomplete GitHub has more of them
 */
export function readChecks(runs: readonly unknown[], statuses: readonly unknown[], isIncomplete: boolean): Checks {
  const all = [...runs.map(readRun), ...statuses.map(readStatus)];
  const failed = all.filter(({ outcome }) => outcome === 'failed').map(({ check }) => check);
  const running = all.filter(({ outcome }) => outcome === 'running').length;
  return {
    state:
      failed.length > 0
        ? 'failed'
        : running > 0 || (isIncomplete && all.length > 0)
          ? 'running'
          : all.length > 0
            ? 'passed'
            : 'none',
    total: all.length,
    running,
    failed,
    ...(isIncomplete ? { isIncomplete: true } : {}),
  };
}

interface OneCheck {
  readonly outcome: Outcome;
  readonly check: FailedCheck;
}

function readRun(run: unknown): OneCheck {
  return {
    outcome: readString(run, 'status') === 'completed' ? outcomeOf(readString(run, 'conclusion')) : 'running',
    check: checkOf(readText(run, 'name'), run, ['html_url', 'details_url']),
  };
}

/** As GitHub's own command line tool judges them. */
function outcomeOf(conclusion: string | undefined): Outcome {
  switch (conclusion) {
    case 'success':
    case 'neutral':
    case 'skipped':
      return 'passed';
    case 'failure':
    case 'cancelled':
    case 'timed_out':
    case 'action_required':
    case 'startup_failure':
      return 'failed';
    default:
      // `stale`, and words to come: nothing says that it passed or failed.
      return 'running';
  }
}

function readStatus(status: unknown): OneCheck {
  const state = readString(status, 'state');
  return {
    outcome: state === 'success' ? 'passed' : state === 'failure' || state === 'error' ? 'failed' : 'running',
    check: checkOf(readText(status, 'context'), status, ['target_url']),
  };
}

function checkOf(name: string | undefined, entry: unknown, keys: readonly string[]): FailedCheck {
  const urls = keys.map((key) => parseSessionUrl(isRecord(entry) ? entry[key] : undefined));
  return { name: name ?? '?', ...defined({ url: urls.find((url) => url !== undefined) }) };
}
