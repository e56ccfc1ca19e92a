import { sanitizeLine } from '../common/sanitize';
import type { Checks, PullRequest } from './pullRequest';

/** Most failed checks that are named. */
const MOST_NAMED = 50;

/** Asks an agent to repair what the checks of its pull request have found. In English, as all prompts to agents. */
export function checksPrompt({ number, head }: Pick<PullRequest, 'number' | 'head'>, checks: Checks): string {
  const named = checks.failed.slice(0, MOST_NAMED);
  const left = checks.failed.length - named.length;
  return [
    // eslint-disable-next-line texts/localized -- a prompt
    `Checks of pull request #${number} have failed on the branch \`${sanitizeLine(head)}\`. Find out why, fix the cause, and push the fix to that branch.`,
    [
      ...named.map(({ name, url }) => `- ${sanitizeLine(name)}${url === undefined ? '' : `: ${url}`}`),

      ...(left > 0 || checks.isIncomplete === true ? [`- and ${left > 0 ? left : 'perhaps'} more`] : []),
    ].join('\n'),
  ].join('\n\n');
}
