import assert from 'node:assert/strict';
import '../../../support/vscodeStub';
import { Emitter } from 'vscode-jsonrpc/node';
import { CloudSessionsError } from '../../../../src/core/errors/cloudSessionsError';
import { GitHubHost } from '../../../../src/core/github/gitHubHost';
import type { PullRequest } from '../../../../src/core/github/pullRequest';
import type { SessionRow } from '../../../../src/core/store/sessionRow';
import { PullRequestWatcher } from '../../../../src/ui/pullRequests/pullRequestWatcher';
import type { GitHubClient } from '../../../../src/github/gitHubClient';
import { ManualTimers } from '../../../support/manualTimers';
import { ScriptedGitHub, type GitHubAnswer } from '../../../support/scriptedGitHub';
import { sessionRow } from '../../../support/sessionRows';
import { clientOf } from '../../github/client';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const COMMIT = 'c'.repeat(40);

interface Pull {
  number: number;
  state: 'open' | 'closed';
  draft?: boolean;
  merged_at?: string;
}

/** The pull requests of branches, as GitHub answers them. */
class Repositories {
  readonly pulls = new Map<string, Pull>();
  runs: readonly unknown[] = [];
  reviews: readonly unknown[] = [];
  /** Answers every request instead. */
  failure: GitHubAnswer | undefined;
  /** Answers those whose path ends so instead. */
  broken: string | undefined;

  readonly answer = ({ url }: { readonly url: string }): GitHubAnswer => {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const [, repository = '', rest = ''] = /^\/repos\/([^/]+\/[^/]+)\/(.*)$/.exec(pathname) ?? [];
    if (this.failure !== undefined) {
      return this.failure;
    }
    if (this.broken !== undefined && rest.endsWith(this.broken)) {
      return { status: 403, body: { message: 'Resource not accessible' } };
    }
    if (repository.startsWith('old/')) {
      return {
        status: 301,
        headers: { location: `/repos/octo/${repository.slice(4)}/${rest}${new URL(url, 'http://x').search}` },
      };
    }
    if (rest === 'pulls') {
      const [owner = '', branch = ''] = searchParams.get('head')?.split(':') ?? [];
      const pull = this.pulls.get(branch);
      return { body: pull === undefined ? [] : [this.json(repository, branch, owner, pull)] };
    }
    if (rest.endsWith('/check-runs')) {
      return { body: { total_count: this.runs.length, check_runs: this.runs } };
    }
    if (rest.endsWith('/status')) {
      return { body: { statuses: [] } };
    }
    if (rest.endsWith('/reviews')) {
      return { body: this.reviews };
    }
    const [, number] = /^pulls\/(\d+)$/.exec(rest) ?? [];
    const [branch, pull] = [...this.pulls].find(([, each]) => String(each.number) === number) ?? [];
    return branch === undefined || pull === undefined
      ? { status: 404, body: { message: 'Not Found' } }
      : { body: this.json(repository, branch, 'octo', pull) };
  };

  private json(repository: string, branch: string, login: string, pull: Pull): unknown {
    return {
      ...pull,
      html_url: `https://github.com/${repository}/pull/${pull.number}`,
      title: `Pull ${pull.number}`,
      head: { ref: branch, sha: COMMIT, user: { login } },
      base: { ref: 'main' },
    };
  }
}

describe('the watcher of pull requests', () => {
  let server: ScriptedGitHub;
  let github: Repositories;
  let timers: ManualTimers;
  let storeChanges: Emitter<undefined>;
  let rows: SessionRow[];
  let isVisible: boolean;
  let hasHost: boolean;
  let announced: string[];
  let log: string[];
  let watcher: PullRequestWatcher;
  let calls = 0;

  before(async () => {
    server = await ScriptedGitHub.start();
  });

  after(() => server.dispose());

  beforeEach(() => {
    github = new Repositories();
    server.script = github.answer;
    server.requests.length = 0;
    timers = new ManualTimers();
    storeChanges = new Emitter();
    rows = [];
    [isVisible, hasHost] = [true, true];
    [announced, log] = [[], []];
    watcher = new PullRequestWatcher(
      { find: (id) => rows.find(({ key }) => key === id), onDidChange: storeChanges.event as never },
      () => (isVisible ? rows : []),
      counted(clientOf(server, { timers: timers.create, now: () => timers.now })),
      {
        get current() {
          return hasHost ? { host: GitHubHost.dotCom } : { problem: 'It is not known.' };
        },
      },
      { info: (line) => log.push(line) },
      timers.create,
      () => timers.now,
    );
    watcher.onDidChange((key) => announced.push(key));
  });

  afterEach(() => {
    watcher.dispose();
    assert.equal(timers.pending, 0);
  });

  const row = (key: string, more: Partial<SessionRow> = {}): SessionRow =>
    sessionRow(key, { listedBranch: `copilot/${key}`, ...more });
  const get = (key: string) => watcher.get({ key });
  /** The rows have changed. */
  const change = async (...next: readonly SessionRow[]): Promise<void> => {
    rows = [...next];
    storeChanges.fire(undefined);
    await advance(1_000);
  };
  /** Waits for the requests that are under way, then lets the time pass from timer to timer. */
  const advance = async (ms: number): Promise<void> => {
    const end = timers.now + ms;
    await idle();
    for (let next = timers.nextAt; next !== undefined && next <= end; next = timers.nextAt) {
      timers.advance(next - timers.now);
      await idle();
    }
    timers.advance(end - timers.now);
  };
  /** Resolves when no call of the client is under way, and none follows. */
  const idle = async (): Promise<void> => {
    do {
      await new Promise(setImmediate);
    } while (calls > 0);
  };
  /** The client, with its calls counted in `calls`. */
  const counted = (client: GitHubClient): GitHubClient =>
    new Proxy(client, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        return typeof member !== 'function'
          ? member
          : async (...args: unknown[]) => {
              calls++;
              try {
                return await (Reflect.apply(member, target, args) as Promise<unknown>);
              } finally {
                calls--;
              }
            };
      },
    });
  const read = async (one: SessionRow) => watcher.read(one);

  it('keeps one that was created while GitHub was asked before', async () => {
    const one = row('a');
    const asked = read(one);
    const created: PullRequest = {
      ...{ number: 12, url: 'https://github.com/octo/app/pull/12', title: 'Pier', state: 'open' },
      ...{ base: 'main', head: 'copilot/a', headCommit: COMMIT },
    };
    watcher.put(one, created);
    assert.equal(await asked, undefined);
    assert.deepEqual([get('a'), watcher.isMissing(one)], [created, false]);
    assert.equal(await read(one), undefined);
    assert.equal(watcher.isMissing(one), true);
  });

  it('finds the pull request of a branch, with its checks and reviews', async () => {
    github.pulls.set('copilot/a', { number: 12, state: 'open', draft: true });
    github.runs = [{ name: 'build', status: 'completed', conclusion: 'failure', html_url: 'https://github.com/1' }];
    github.reviews = [{ state: 'APPROVED', user: { login: 'mona' } }];
    await change(row('a'));
    assert.deepEqual(get('a'), {
      ...{ number: 12, url: 'https://github.com/octo/app/pull/12', title: 'Pull 12', state: 'draft' },
      ...{ base: 'main', head: 'copilot/a', headCommit: COMMIT, review: 'approved' },
      checks: { state: 'failed', total: 1, running: 0, failed: [{ name: 'build', url: 'https://github.com/1' }] },
    });
    assert.deepEqual([announced, server.requests.length], [['a'], 4]);
  });

  it('finds it by the number of the list where it has no branch, or where the branch has none', async () => {
    github.pulls.set('fix', { number: 7, state: 'open' });
    await change(row('a', { listedBranch: undefined, listedPullRequest: 7 }), row('b', { listedPullRequest: 7 }));
    assert.deepEqual([get('a')?.number, get('b')?.number], [7, 7]);
  });

  it('asks once for a number that is that of no pull request', async () => {
    await change(row('a', { listedPullRequest: 2_100_000_001 }));
    await advance(2 * HOUR);
    assert.equal(get('a'), undefined);
    const asked = server.paths.filter((path) => path.endsWith('/2100000001'));
    assert.deepEqual([asked.length, log, server.paths.length > 3], [1, [], true]);
  });

  it('asks nothing before somebody looks, without a host, and for sessions without a branch of their own', async () => {
    isVisible = false;
    await change(row('a'));
    await advance(HOUR);
    [isVisible, hasHost] = [true, false];
    watcher.update();
    await advance(HOUR);
    hasHost = true;
    await change(
      row('local', { isRemote: false }),
      row('new', { listedBranch: undefined, branch: 'main', pushedBranch: 'main' }),
      row('nowhere', { repository: undefined }),
      row('elsewhere', { repository: 'octo' }),
      row('hostile', { listedBranch: '../x' }),
    );
    await advance(HOUR);
    assert.deepEqual(server.paths, []);
    assert.equal(timers.pending, 0);
    await change(row('a'));
    assert.equal(server.paths.length, 1);
  });

  it('stays within 60 requests in any hour for ten sessions whose agents work', async () => {
    const working = Array.from({ length: 10 }, (_, index) => row(`s${index}`, { status: 'working' }));
    working.forEach(({ key }, index) => github.pulls.set(`copilot/${key}`, { number: index + 1, state: 'open' }));
    github.runs = [{ name: 'build', status: 'in_progress' }];
    rows = working;
    watcher.update();
    await advance(0);
    assert.equal(server.requests.length, 40);
    const counts = [40];
    for (let minute = 1; minute <= 6 * 60; minute++) {
      const before = server.requests.length;
      // Somebody who presses Refresh each minute is within the budget, too.
      if (minute % 2 === 0) {
        watcher.renew();
      }
      await advance(MINUTE);
      counts.push(server.requests.length - before);
    }
    const hours = counts.map((_, index) => counts.slice(index, index + 60).reduce((sum, count) => sum + count, 0));
    assert.ok(Math.max(...hours) <= 60, String(Math.max(...hours)));
    assert.ok(server.requests.length > 6 * 50, String(server.requests.length));
  });

  it('counts what a renamed repository takes, and asks it under its new name from then on', async () => {
    github.pulls.set('copilot/a', { number: 1, state: 'open' });
    await change(row('a', { repository: 'old/app' }));
    assert.deepEqual([server.requests.length, get('a')?.review, get('a')?.checks?.state], [4, undefined, 'none']);
    await advance(HOUR);
    assert.equal(get('a')?.review, 'none');
    assert.equal(server.paths.filter((path) => path.startsWith('/repos/old/')).length, 1);
  });

  it('reads nothing more of what is merged, until the agent has worked again', async () => {
    github.pulls.set('copilot/a', { number: 1, state: 'closed', merged_at: '2026-03-04T10:00:00Z' });
    await change(row('a'));
    await advance(24 * HOUR);
    assert.deepEqual([server.requests.length, get('a')?.state, get('a')?.checks], [1, 'merged', undefined]);
    await change(row('a', { status: 'working' }));
    github.pulls.set('copilot/a', { number: 2, state: 'open' });
    await change(row('a'));
    await advance(5 * MINUTE);
    assert.equal(get('a')?.number, 2);
  });

  it('reads again soon when the agent has stopped, and when it has another branch', async () => {
    await change(row('a'));
    github.pulls.set('copilot/b', { number: 3, state: 'open' });
    await advance(10 * MINUTE);
    assert.equal(server.requests.length, 1);
    await change(row('a', { listedBranch: 'copilot/b' }));
    await advance(MINUTE);
    assert.equal(get('a')?.number, 3);
  });

  for (const [name, failure] of Object.entries<GitHubAnswer>({
    'an account that is refused': { status: 401, body: { message: 'Bad credentials' } },
    'no access': { status: 403, body: { message: 'Forbidden' } },
    'a repository that is not there': { status: 404, body: { message: 'Not Found' } },
    'a rate limit': { status: 429, headers: { 'retry-after': '60' } },
    'GitHub being down': { status: 502, body: 'Bad gateway' },
  })) {
    it(`says in one line of the log, and asks ever more rarely: ${name}`, async () => {
      github.failure = failure;
      await change(row('a', { status: 'working' }), row('b', { repository: 'octo/app' }));
      await advance(12 * HOUR);
      assert.equal(log.length, 1, log.join('\n'));
      // Every hour at most, each of the two.
      assert.ok(server.requests.length < 45, String(server.requests.length));
      assert.deepEqual([get('a'), watcher.isMissing(row('a'))], [undefined, false]);
      github.failure = undefined;
      github.pulls.set('copilot/a', { number: 1, state: 'open' });
      watcher.renew();
      await advance(MINUTE);
      assert.equal(get('a')?.number, 1);
    });
  }

  it('says nothing of sessions that are gone, or that are not in view any more', async () => {
    await change(row('a'));
    rows = [];
    await advance(HOUR);
    assert.deepEqual([server.requests.length, log], [1, []]);
  });

  it('shows a pull request whose checks cannot be read, and keeps what was known of them', async () => {
    github.pulls.set('copilot/a', { number: 1, state: 'open' });
    github.broken = '/check-runs';
    await change(row('a'));
    assert.deepEqual([get('a')?.number, get('a')?.checks, log.length], [1, undefined, 1]);
    github.broken = undefined;
    github.runs = [{ name: 'build', status: 'completed', conclusion: 'success' }];
    await read(row('a'));
    github.broken = '/check-runs';
    await assert.rejects(read(row('a')), CloudSessionsError);
    assert.equal(get('a')?.checks?.state, 'passed');
  });

  it('tells a person what is wrong, and what there is none of', async () => {
    rows = [row('a')];
    assert.equal(watcher.isMissing(row('a')), false);
    assert.equal(await read(row('a')), undefined);
    assert.equal(watcher.isMissing(row('a')), true);
    github.failure = { status: 401, body: {} };
    await assert.rejects(read(row('a')), { code: 'not-signed-in' });
  });
});
