import assert from 'node:assert/strict';
import { ScriptedGitHub, type GitHubAnswer } from '../../support/scriptedGitHub';
import { clientOf, failure, REPOSITORY } from './client';

const SHA = 'c'.repeat(40);

function pull(number: number, more: object = {}): Record<string, unknown> {
  return {
    number,
    html_url: `https://github.com/octo/app/pull/${number}`,
    title: 'Fix it',
    state: 'open',
    draft: false,
    merged_at: null,
    base: { ref: 'main' },
    head: { ref: 'copilot/fix', sha: SHA, user: { login: 'octo' } },
    ...more,
  };
}

const MERGED = { state: 'closed', merged_at: '2026-01-02T03:04:05Z' };

describe('pull requests of GitHub', () => {
  let github: ScriptedGitHub;

  beforeEach(async () => {
    github = await ScriptedGitHub.start();
  });

  afterEach(() => github.dispose());

  it('are read with their state', async () => {
    const states: unknown[] = [];
    for (const more of [
      {},
      { draft: true },
      MERGED,
      { state: 'closed', draft: true },
      { state: 'closed', merged: true },
    ]) {
      github.script = () => ({ body: pull(5, more) });
      const read = await clientOf(github).getPullRequest(REPOSITORY, 5);
      states.push(read.state);
      assert.deepEqual(
        { ...read, state: '' },
        {
          ...{ number: 5, url: 'https://github.com/octo/app/pull/5', title: 'Fix it', state: '' },
          ...{ base: 'main', head: 'copilot/fix', headCommit: SHA },
        },
      );
    }
    assert.deepEqual(states, ['open', 'draft', 'merged', 'closed', 'merged']);
    assert.equal(github.paths[0], '/repos/octo/app/pulls/5');
  });

  it('are refused in another form, or with a link that must not be opened', async () => {
    for (const more of [
      { number: '5' },
      { html_url: 'javascript:alert(1)' },
      { html_url: 7 },
      { head: null },
      { base: {} },
    ]) {
      github.script = () => ({ body: pull(5, more) });
      await failure(clientOf(github).getPullRequest(REPOSITORY, 5), 'service-unavailable');
    }
    github.script = () => ({ status: 404, body: { message: 'Not Found' } });
    const error = await failure(clientOf(github).getPullRequest(REPOSITORY, 5), 'request-failed');
    assert.match(error.message, /octo\/app has no pull request #5/);
  });

  it('are found by their branch: an open one first, else the newest', async () => {
    const find = async (...entries: readonly unknown[]): Promise<number | undefined> => {
      github.script = () => ({ body: entries });
      return (await clientOf(github).findPullRequest(REPOSITORY, 'octo', 'copilot/fix'))?.number;
    };
    assert.equal(await find(), undefined);
    assert.equal(
      github.requests[0]?.url.includes('head=octo%3Acopilot%2Ffix&state=all'),
      true,
      github.requests[0]?.url,
    );
    assert.equal(await find(pull(9, MERGED), pull(7, { draft: true }), pull(3)), 7);
    assert.equal(await find(pull(3, MERGED), pull(9, { state: 'closed' })), 9);
    // GitHub ignores a filter that it does not understand, and lists everything.
    const head = { ref: 'copilot/fix', sha: SHA };
    assert.equal(await find(pull(9, { head: { ...head, ref: 'other' } })), undefined);
    assert.equal(await find(pull(9, { head: { ...head, user: { login: 'fork' } } }), pull(2)), 2);
    assert.equal(await find(pull(9, { head: { ...head, user: { login: 'Octo' } } })), 9);
    assert.equal(await find(pull(9, { head: { ...head, user: null } })), 9);
    github.script = () => ({ body: {} });
    await failure(clientOf(github).findPullRequest(REPOSITORY, 'octo', 'x'), 'service-unavailable');
  });

  it('are created from what was asked for', async () => {
    github.script = () => ({ status: 201, body: pull(12, { draft: true }) });
    const asked = { title: 'Füge „ä“ hinzu', head: 'copilot/fix', base: 'main', body: 'Line\n\nLine', draft: true };
    const created = await clientOf(github).createPullRequest(REPOSITORY, asked);
    assert.deepEqual([created.number, created.state], [12, 'draft']);
    const [request] = github.requests;
    assert.deepEqual([request?.method, request?.url], ['POST', '/repos/octo/app/pulls']);
    assert.deepEqual(JSON.parse(request?.body ?? ''), asked);
  });

  it('are created by an account only, and said to be perhaps there after a failure in the midst', async () => {
    const asked = { title: 'T', head: 'x', base: 'main', body: '', draft: false };
    const anonymous = clientOf(github, { token: () => Promise.resolve(undefined) });
    await failure(anonymous.createPullRequest(REPOSITORY, asked), 'not-signed-in');
    assert.deepEqual(github.requests, []);
    for (const script of [
      (): GitHubAnswer => ({ status: 502 }),
      (): GitHubAnswer => ({ status: 201, body: '{' }),
      (): GitHubAnswer => ({ status: 201, body: {} }),
    ]) {
      github.script = script;
      const error = await failure(clientOf(github).createPullRequest(REPOSITORY, asked), 'service-unavailable');
      assert.match(error.nextStep ?? '', /pull requests of octo\/app first: it may have been created/);
    }
    github.script = () => ({
      status: 422,
      body: { errors: [{ message: 'A pull request already exists for octo:x.' }] },
    });
    const refused = await failure(clientOf(github).createPullRequest(REPOSITORY, asked), 'invalid-argument');
    assert.match(refused.message, /already exists for octo:x/);
    assert.doesNotMatch(refused.nextStep ?? '', /may have been created/);
  });

  describe('have checks', () => {
    const run = (name: string, status: string, conclusion: string | null = null): unknown => ({
      ...{ name, status, conclusion, html_url: `https://github.com/octo/app/runs/${name}` },
    });
    const status = (context: string, state: string, target_url: unknown = null): unknown => ({
      context,
      state,
      target_url,
    });

    async function checksOf(runs: readonly unknown[], statuses: readonly unknown[] = []): Promise<unknown> {
      github.script = ({ url }) => {
        const { pathname, searchParams } = new URL(url, github.url);
        const of = pathname.endsWith('/check-runs') ? runs : statuses;
        const page = Number(searchParams.get('page'));
        const entries = of.slice((page - 1) * 100, page * 100);
        assert.match(pathname, /^\/repos\/octo\/app\/commits\/copilot%2Ffix\/(check-runs|status)$/);
        return {
          body: pathname.endsWith('/check-runs')
            ? { total_count: of.length, check_runs: entries }
            : { total_count: of.length, state: 'pending', statuses: entries },
        };
      };
      return await clientOf(github).checks(REPOSITORY, 'copilot/fix');
    }

    it('of which there may be none', async () => {
      assert.deepEqual(await checksOf([]), { state: 'none', total: 0, running: 0, failed: [] });
    });

    it('that pass when all have passed', async () => {
      const passed = ['success', 'neutral', 'skipped'].map((conclusion) => run(conclusion, 'completed', conclusion));
      assert.deepEqual(await checksOf(passed, [status('ci', 'success')]), {
        state: 'passed',
        total: 4,
        running: 0,
        failed: [],
      });
    });

    it('that run until all have ended, also by words that are not known', async () => {
      const words = ['queued', 'in_progress', 'waiting', 'requested', 'pending', 'pondering'];
      const running = [
        ...words.map((word) => run(word, word)),
        run('x', 'completed', 'transmuted'),
        run('y', 'completed'),
      ];
      assert.deepEqual(await checksOf([run('a', 'completed', 'success'), ...running], [status('ci', 'pending')]), {
        ...{ state: 'running', total: 10, running: 9, failed: [] },
      });
    });

    it('that fail as soon as one fails, with its name and its page', async () => {
      const words = ['failure', 'cancelled', 'timed_out', 'action_required', 'startup_failure'];
      const runs = [...words.map((word) => run(word, 'completed', word)), run('later', 'queued')];
      const statuses = [
        status('ci/old', 'error', 'https://ci.example/7'),
        status('ci/odd', 'failure', 'javascript:alert(1)'),
        status('ci/good', 'success'),
      ];
      assert.deepEqual(await checksOf(runs, statuses), {
        state: 'failed',
        total: 9,
        running: 1,
        failed: [
          ...words.map((name) => ({ name, url: `https://github.com/octo/app/runs/${name}` })),
          { name: 'ci/old', url: 'https://ci.example/7' },
          { name: 'ci/odd' },
        ],
      });
    });

    it('on several pages, and more than are read', async () => {
      const many = (count: number): readonly unknown[] =>
        Array.from({ length: count }, (_, index) =>
          run(`${index}`, 'completed', index === 149 ? 'failure' : 'success'),
        );
      assert.deepEqual(await checksOf(many(150)), {
        state: 'failed',
        total: 150,
        running: 0,
        failed: [{ name: '149', url: 'https://github.com/octo/app/runs/149' }],
      });
      const passed = many(1_100).map((one, index) => (index === 149 ? run('149', 'completed', 'success') : one));
      assert.deepEqual(await checksOf(passed), {
        state: 'running',
        total: 1_000,
        running: 0,
        failed: [],
        isIncomplete: true,
      });
    });

    it('that are refused in another form', async () => {
      for (const body of [[], {}, { check_runs: {}, statuses: {} }]) {
        github.script = () => ({ body });
        await failure(clientOf(github).checks(REPOSITORY, SHA), 'service-unavailable');
      }
      github.script = () => ({ status: 404, body: { message: 'Not Found' } });
      const error = await failure(clientOf(github).checks(REPOSITORY, 'gone'), 'branch-not-found');
      assert.match(error.message, /octo\/app has no branch or commit gone/);
    });
  });

  it('have reviews, of which the latest verdict of each reviewer counts', async () => {
    const review = (login: string | undefined, state: string): unknown => ({
      ...{ user: login === undefined ? null : { login }, state },
    });
    const of = async (...reviews: readonly unknown[]): Promise<string> => {
      github.script = () => ({ body: reviews });
      return await clientOf(github).reviews(REPOSITORY, 5);
    };
    assert.equal(await of(), 'none');
    assert.equal(await of(review('a', 'PENDING'), review('a', 'TRANSMUTED'), null, 7), 'none');
    assert.equal(await of(review('a', 'COMMENTED')), 'commented');
    assert.equal(await of(review('a', 'APPROVED'), review('a', 'COMMENTED')), 'approved');
    assert.equal(await of(review('a', 'CHANGES_REQUESTED'), review('b', 'APPROVED')), 'changes-requested');
    assert.equal(await of(review('a', 'CHANGES_REQUESTED'), review('a', 'APPROVED')), 'approved');
    assert.equal(await of(review('a', 'DISMISSED'), review('b', 'COMMENTED')), 'commented');
    assert.equal(await of(review(undefined, 'APPROVED')), 'approved');
    assert.equal(github.requests.at(-1)?.url, '/repos/octo/app/pulls/5/reviews?per_page=100&page=1');
  });
});
