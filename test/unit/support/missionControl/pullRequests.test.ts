import assert from 'node:assert/strict';
import type { AgentMachine } from '../../../support/missionControl/github/agentMachine';
import type { HostedRepository } from '../../../support/missionControl/github/repository';
import { MissionControl } from '../../../support/missionControl/missionControl';
import type { Task } from '../../../support/missionControl/task';
import { Client, type Json, type Reply } from './client';

const HARBOR = { owner: 'octo-org', name: 'harbor' } as const;
const ROOT = '/repos/octo-org/harbor';

interface PullJson {
  readonly id: number;
  readonly number: number;
  readonly state: string;
  readonly draft: boolean;
  readonly merged?: boolean;
  readonly merged_at: string | null;
  readonly title: string;
  readonly body: string | null;
  readonly html_url: string;
  readonly head: { readonly ref: string; readonly label: string; readonly sha: string };
  readonly base: { readonly ref: string; readonly sha: string };
  readonly commits?: number;
  readonly additions?: number;
  readonly changed_files?: number;
}

interface Refusal {
  readonly message: string;
  readonly errors: readonly Readonly<Record<string, string>>[];
}

describe('pull requests, emulated', () => {
  let service: MissionControl;
  let client: Client;
  let task: Task;
  let agent: AgentMachine;
  let repository: HostedRepository;
  let head: string;

  beforeEach(async () => {
    service = await MissionControl.start({ story: 'none' });
    client = new Client(service);
    task = service.createTask({ repository: HARBOR, prompt: 'Build a pier' });
    agent = service.agentFiles(task.id);
    repository = agent.repository;
    await agent.edit({ 'src/pier.ts': 'export {};\n', 'README.md': null });
    head = await agent.commit('Add a pier');
    await agent.push();
  });

  afterEach(() => service.dispose());

  const create = <Body = PullJson>(body: Json = {}): Promise<Reply<Body>> =>
    client.send<Body>('POST', `${ROOT}/pulls`, {
      body: { title: 'Build a pier', head: task.branch, base: 'main', body: 'For ships.', ...body },
    });

  const artifact = (): unknown => {
    const all = task.toJson()['artifacts'] as readonly { readonly type: string; readonly data: unknown }[];
    return all.find(({ type }) => type === 'github_resource')?.data;
  };

  it('are created for a branch, and named in the artifacts of the task that pushed it', async () => {
    const { status, headers, body } = await create({ draft: true });
    assert.equal(status, 201);
    assert.equal(headers.get('location'), `${service.url}${ROOT}/pulls/1`);
    assert.deepEqual(
      [body.number, body.state, body.draft, body.title, body.body, body.html_url],
      [1, 'open', true, 'Build a pier', 'For ships.', 'https://github.com/octo-org/harbor/pull/1'],
    );
    assert.deepEqual([body.head.label, body.head.sha, body.base.ref], [`octo-org:${task.branch}`, head, 'main']);
    assert.deepEqual([body.commits, body.additions, body.changed_files], [1, 1, 2]);
    assert.deepEqual(artifact(), { type: 'pull', id: body.id, global_id: `PR_${body.id}` });
    assert.notEqual(body.id, body.number);
  });

  it('are refused as GitHub refuses them', async () => {
    const refused = async (body: Json): Promise<unknown> => {
      const reply = await create<Refusal>(body);
      assert.deepEqual([reply.status, reply.body.message], [422, 'Validation Failed']);
      return reply.body.errors[0];
    };
    const about = (field: string, code: string) => ({ resource: 'PullRequest', field, code });
    const custom = (message: string) => ({ resource: 'PullRequest', code: 'custom', message });
    assert.deepEqual(await refused({ title: ' ' }), about('title', 'missing_field'));
    assert.deepEqual(await refused({ base: 'nothing' }), about('base', 'invalid'));
    assert.deepEqual(await refused({ head: 'nothing' }), about('head', 'invalid'));
    assert.deepEqual(await refused({ head: `other:${task.branch}` }), about('head', 'invalid'));
    assert.deepEqual(await refused({ head: head }), about('head', 'invalid'), 'a commit is no branch');
    assert.deepEqual(
      await refused({ head: 'main', base: task.branch }),
      custom(`No commits between ${task.branch} and main`),
    );
    assert.equal(artifact(), undefined);
    assert.equal((await create()).status, 201);
    assert.deepEqual(await refused({}), custom(`A pull request already exists for octo-org:${task.branch}.`));
    assert.equal((await client.send('POST', '/repos/octo-org/nothing/pulls', { body: {} })).status, 404);
  });

  it('are found by their branch, in every state', async () => {
    const { body } = await create();
    const other = service.createTask({ repository: HARBOR });
    await service.agentFiles(other.id).edit({ 'a.txt': 'a\n' });
    await service.agentFiles(other.id).commit('Add a');
    await service.agentFiles(other.id).push();
    await create({ head: other.branch });
    const find = async (query: string): Promise<readonly number[]> =>
      (await client.get<readonly PullJson[]>(`${ROOT}/pulls?${query}`)).body.map(({ number }) => number);
    const own = `head=octo-org:${encodeURIComponent(task.branch)}`;
    assert.deepEqual(await find(''), [2, 1]);
    assert.deepEqual(await find(`${own}&state=all`), [1]);
    const issue = service.gitHubApi.tracker.find(repository, body.number)!;
    for (const [state, expected] of [
      ['draft', ['open', true, false]],
      ['open', ['open', false, false]],
      ['closed', ['closed', false, false]],
      ['merged', ['closed', false, true]],
    ] as const) {
      await service.gitHubApi.tracker.setState(issue, state);
      const { body: pull } = await client.get<PullJson>(`${ROOT}/pulls/1`);
      assert.deepEqual([pull.state, pull.draft, pull.merged], expected, state);
      assert.equal(pull.merged_at !== null, state === 'merged');
      assert.deepEqual(await find(own), state === 'draft' || state === 'open' ? [1] : [], state);
      assert.deepEqual(await find(`${own}&state=all`), [1]);
    }
    const page = await client.get<readonly PullJson[]>(`${ROOT}/pulls?state=all&per_page=1`);
    assert.equal(page.body.length, 1);
    assert.match(page.headers.get('link') ?? '', new RegExp(`<${service.url}${ROOT}/pulls\\?.*page=2>; rel="next"`));
    assert.equal((await client.get(`${ROOT}/pulls/7`)).status, 404);
  });

  it('are really merged, and keep their files and their head when the branch is gone', async () => {
    const { body } = await create();
    const issue = service.gitHubApi.tracker.find(repository, body.number)!;
    await service.gitHubApi.tracker.setState(issue, 'merged');
    assert.equal(await repository.git('show', 'main:src/pier.ts'), 'export {};');
    await repository.git('branch', '-D', task.branch);
    const { body: pull } = await client.get<PullJson>(`${ROOT}/pulls/1`);
    assert.deepEqual([pull.head.sha, pull.changed_files], [head, 2]);
  });

  it('have their files in pages', async () => {
    await create();
    await agent.edit(Object.fromEntries(Array.from({ length: 130 }, (_, index) => [`many/${index}.txt`, 'x\n'])));
    await agent.commit('Add many');
    await agent.push();
    const pages = await Promise.all(
      [1, 2, 3].map((page) => client.get<readonly Json[]>(`${ROOT}/pulls/1/files?per_page=100&page=${page}`)),
    );
    assert.deepEqual(
      pages.map(({ body }) => body.length),
      [100, 32, 0],
    );
    const names = pages.flatMap(({ body }) => body.map(({ filename }) => filename));
    assert.equal(new Set(names).size, 132);
    const [first] = (await client.get<readonly Json[]>(`${ROOT}/pulls/1/files`)).body;
    assert.deepEqual(
      [first?.['filename'], first?.['status'], typeof first?.['patch']],
      ['README.md', 'removed', 'string'],
    );
  });

  it('have reviews', async () => {
    const { body } = await create();
    const issue = service.gitHubApi.tracker.find(repository, body.number)!;
    service.gitHubApi.tracker.setReviews(issue, [
      { login: 'mona', state: 'CHANGES_REQUESTED', body: 'Wider, please.' },
      { login: 'mona', state: 'APPROVED' },
    ]);
    const { body: reviews } = await client.get<readonly Json[]>(`${ROOT}/pulls/1/reviews`);
    assert.deepEqual(
      reviews.map((review) => [(review['user'] as Json)['login'], review['state'], review['commit_id']]),
      [
        ['mona', 'CHANGES_REQUESTED', head],
        ['mona', 'APPROVED', head],
      ],
    );
  });

  it('have checks, which a new commit does not have', async () => {
    const { tracker } = service.gitHubApi;
    const read = async (ref: string) => {
      const path = `${ROOT}/commits/${ref}`;
      const { body: runs } = await client.get<{ total_count: number; check_runs: readonly Json[] }>(
        `${path}/check-runs`,
      );
      const { body: status } = await client.get<{ state: string; total_count: number }>(`${path}/status`);
      return [runs.check_runs.map(({ name, status: at, conclusion }) => [name, at, conclusion]), status.state];
    };
    assert.deepEqual(await read(task.branch), [[], 'pending']);
    await tracker.setCheckRuns(repository, task.branch, [
      { name: 'build', status: 'in_progress' },
      { name: 'test', status: 'completed', conclusion: 'failure', detailsUrl: 'https://ci.example.com/1' },
    ]);
    await tracker.setStatuses(repository, task.branch, [{ context: 'ci/old', state: 'success' }]);
    const expected = [
      [
        ['build', 'in_progress', null],
        ['test', 'completed', 'failure'],
      ],
      'success',
    ];
    assert.deepEqual(await read(task.branch), expected);
    assert.deepEqual(await read(head), expected);
    await agent.edit({ 'b.txt': 'b\n' });
    await agent.commit('Add b');
    await agent.push();
    assert.deepEqual(await read(task.branch), [[], 'pending']);
    assert.deepEqual(await read(head), expected);
    assert.equal((await client.get(`${ROOT}/commits/nothing/check-runs`)).status, 422);
    assert.equal((await client.get(`${ROOT}/commits/nothing/status`)).status, 422);
  });

  it('are issues, which are found by what they say', async () => {
    const { tracker } = service.gitHubApi;
    tracker.addIssue(repository, { title: 'The pier is too short', body: 'By 3 m.', login: 'mona' });
    await create();
    const issue = await client.get(`${ROOT}/issues/1`);
    assert.deepEqual([issue.body['title'], issue.body['pull_request']], ['The pier is too short', undefined]);
    assert.equal(typeof (await client.get(`${ROOT}/issues/2`)).body['pull_request'], 'object');
    assert.equal((await client.get(`${ROOT}/issues/3`)).status, 404);
    assert.equal((await client.get(`${ROOT}/pulls/1`)).status, 404, 'an issue is no pull request');
    const search = async (kind: string, q: string): Promise<readonly unknown[]> => {
      const { status, body } = await client.get<{ total_count: number; items: readonly Json[] }>(
        `/search/${kind}?q=${encodeURIComponent(q)}`,
      );
      assert.deepEqual([status, body.total_count], [200, body.items.length]);
      return body.items.map((item) => item['number'] ?? item['full_name']);
    };
    assert.deepEqual(await search('issues', 'pier repo:octo-org/harbor'), [2, 1]);
    assert.deepEqual(await search('issues', 'pier is:issue is:open'), [1]);
    assert.deepEqual(await search('issues', `is:pr head:${task.branch}`), [2]);
    assert.deepEqual(await search('issues', 'author:mona "too short"'), [1]);
    assert.deepEqual(await search('issues', 'is:merged'), []);
    assert.deepEqual(await search('repositories', 'harb user:octo-org'), ['octo-org/harbor']);
    assert.equal((await client.get('/search/issues?q=')).status, 422);
    assert.equal((await client.get('/search/issues?q=x')).headers.get('x-ratelimit-resource'), 'search');
  });

  it('are set from another process', async () => {
    const tell = (command: string, body: Json) =>
      client.send('POST', `/_emulator/${command}`, { body: { repository: 'octo-org/harbor', ...body } });
    service.gitHubApi.pullArtifactType = 'pull_request';
    const { body } = await tell('pull', { create: { title: 'From afar', head: task.branch }, state: 'draft' });
    assert.deepEqual(body, { number: 1 });
    assert.equal((artifact() as Json)['type'], 'pull_request');
    await tell('pull', { number: 1, state: 'open', reviews: [{ login: 'mona', state: 'APPROVED' }] });
    await tell('checks', { ref: task.branch, runs: [{ name: 'test', status: 'queued' }] });
    assert.equal((await client.get<readonly Json[]>(`${ROOT}/pulls/1/reviews`)).body.length, 1);
    assert.equal((await client.get<PullJson>(`${ROOT}/pulls/1`)).body.draft, false);
    assert.equal((await client.get(`${ROOT}/commits/${head}/check-runs`)).body['total_count'], 1);
    assert.deepEqual((await tell('issue', { title: 'Mend it' })).body, { number: 2 });
    assert.equal((await tell('pull', { number: 9 })).status, 400);
    assert.equal((await tell('checks', { ref: 'nothing', runs: [] })).status, 400);
    assert.equal((await tell('issue', { repository: 'harbor' })).status, 400);
  });

  it('fail as they are told to, each route alone', async () => {
    await create();
    const routes = {
      listPulls: `${ROOT}/pulls`,
      getPull: `${ROOT}/pulls/1`,
      pullFiles: `${ROOT}/pulls/1/files`,
      pullReviews: `${ROOT}/pulls/1/reviews`,
      checkRuns: `${ROOT}/commits/${task.branch}/check-runs`,
      combinedStatus: `${ROOT}/commits/${task.branch}/status`,
      getIssue: `${ROOT}/issues/1`,
      searchIssues: '/search/issues?q=x',
      searchRepositories: '/search/repositories?q=x',
    } as const;
    for (const [name, route] of Object.entries(routes) as [keyof typeof routes, string][]) {
      assert.equal((await client.get(route)).status, 200, name);
      service.faults.set(name, { kind: 'status', status: 502 }, { times: 1 });
      assert.equal((await client.get(route)).status, 502, name);
      assert.equal((await client.get(route)).status, 200, name);
    }
    service.faults.set('createPull', { kind: 'status', status: 403 }, { times: 1 });
    assert.equal((await create()).status, 403);
  });
});
