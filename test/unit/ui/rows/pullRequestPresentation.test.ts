import assert from 'node:assert/strict';
import type { Checks, PullRequest } from '../../../../src/core/github/pullRequest';
import type { SessionRow } from '../../../../src/core/store/sessionRow';
import { presentRow } from '../../../../src/ui/rows/rowPresentation';
import { sessionRow } from '../../../support/sessionRows';

const NOW = new Date('2026-03-04T10:00:00Z');
const PULL: PullRequest = {
  ...{ number: 12, url: 'https://github.com/octo/app/pull/12', title: 'Add a pier', state: 'open' },
  ...{ base: 'main', head: 'copilot/pier', headCommit: 'a'.repeat(40) },
};
const checks = (state: Checks['state'], total: number, running = 0, names: readonly string[] = []): Checks => ({
  ...{ state, total, running },
  failed: names.map((name) => ({ name })),
});
const present = (pullRequest?: Partial<PullRequest>, row: Partial<SessionRow> = {}) =>
  presentRow(sessionRow('a', row), NOW, 'en', pullRequest && { pullRequest: { ...PULL, ...pullRequest } });
const line = (name: string, pullRequest: Partial<PullRequest>) => new Map(present(pullRequest).tooltip()).get(name);

describe('a pull request in the row of its session', () => {
  for (const [state, text] of [
    ['open', '#12'],
    ['draft', '#12 draft'],
    ['merged', '#12 merged'],
    ['closed', '#12 closed'],
  ] as const) {
    it(`is its number, with a word unless it is open: ${state}`, () => {
      const { description, accessibilityLabel, icon } = present({ state });
      assert.equal(description, `${text} · octo/app @ main · 5 min. ago`);
      assert.ok(accessibilityLabel.includes(`, pull request 12, ${state}, `), accessibilityLabel);
      assert.equal(icon, present().icon);
      assert.equal(line('Pull request', { state }), `#12 Add a pier · ${state}`);
    });
  }

  it('tells of checks that have failed, with their names where there is room', () => {
    const failed = { checks: checks('failed', 5, 1, ['build', 'lint']) };
    assert.match(present(failed).description, /^#12 · 2 checks failed · /);
    assert.match(present(failed).accessibilityLabel, /, pull request 12, open, 2 checks failed, /);
    assert.equal(line('Checks', failed), '2 checks failed: build, lint · 1 of 5 running');
    const one = { checks: checks('failed', 1, 0, ['build']) };
    assert.match(present(one).description, /^#12 · 1 check failed · /);
    const many = {
      checks: checks(
        'failed',
        12,
        0,
        Array.from({ length: 12 }, (_, index) => `c${index}`),
      ),
    };
    assert.equal(line('Checks', many), '12 checks failed: c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, …');
  });

  it('tells of other checks only in the tooltip and to screen readers', () => {
    const running = { checks: checks('running', 5, 2) };
    assert.match(present(running).description, /^#12 · octo/);
    assert.match(present(running).accessibilityLabel, /, checks running, /);
    assert.equal(line('Checks', running), '2 of 5 running');
    assert.equal(line('Checks', { checks: checks('passed', 5) }), 'checks passed');
    assert.equal(line('Checks', { checks: checks('none', 0) }), undefined);
    assert.equal(line('Checks', {}), undefined);
  });

  it('says what the reviewers say', () => {
    assert.equal(line('Pull request', { review: 'approved' }), '#12 Add a pier · open · approved');
    assert.equal(line('Pull request', { review: 'changes-requested' }), '#12 Add a pier · open · changes requested');
    assert.equal(line('Pull request', { review: 'none' }), '#12 Add a pier · open');
    assert.match(present({ review: 'commented' }).accessibilityLabel, /, open, commented, /);
  });

  it('shows no text of others that could do harm', () => {
    const hostile = { title: 'a\u202eb\nc', checks: checks('failed', 1, 0, ['\u001b[31mred\n']) };
    const shown = [line('Pull request', hostile), line('Checks', hostile), present(hostile).description].join();
    assert.doesNotMatch(shown, /[\u202e\p{Cc}]/u);
  });

  it('decides what the menus of the row offer', () => {
    const flags = (pullRequest?: Partial<PullRequest>, listedBranch?: string) =>
      present(pullRequest, { listedBranch })
        .contextValue.split(' ')
        .filter((flag) => ['branch', 'pull', 'checks'].includes(flag));
    assert.deepEqual(flags(), []);
    assert.deepEqual(flags(undefined, 'b'), ['branch']);
    assert.deepEqual(flags({}, 'b'), ['pull']);
    assert.deepEqual(flags({ state: 'draft' }, 'b'), ['pull']);
    assert.deepEqual(flags({ state: 'merged' }, 'b'), ['branch', 'pull']);
    assert.deepEqual(flags({ checks: checks('failed', 1, 0, ['build']) }), ['pull', 'checks']);
  });
});
