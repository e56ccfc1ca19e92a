import assert from 'node:assert/strict';
import { TOKEN } from '../../../support/missionControl/environment';
import type { AgentMachine } from '../../../support/missionControl/github/agentMachine';
import type { ChangedFile } from '../../../support/missionControl/github/rest/changedFiles';
import { makeVariety } from '../../../support/missionControl/github/variety';
import { MissionControl } from '../../../support/missionControl/missionControl';
import type { Task } from '../../../support/missionControl/task';
import { Client, type Json } from './client';

const HARBOR = { owner: 'octo-org', name: 'harbor' } as const;
const ROOT = '/repos/octo-org/harbor';

interface Comparison {
  readonly status: string;
  readonly ahead_by: number;
  readonly behind_by: number;
  readonly total_commits: number;
  readonly base_commit: { readonly sha: string };
  readonly merge_base_commit: { readonly sha: string };
  readonly commits: readonly { readonly sha: string; readonly commit: { readonly message: string } }[];
  readonly files: readonly ChangedFile[];
}

describe('GitHub’s REST API, emulated', () => {
  let service: MissionControl;
  let client: Client;
  let task: Task;
  let agent: AgentMachine;

  beforeEach(async () => {
    service = await MissionControl.start({ story: 'none' });
    client = new Client(service);
    task = service.createTask({ repository: HARBOR, prompt: 'Build a pier' });
    agent = service.agentFiles(task.id);
  });

  afterEach(() => service.dispose());

  const compare = async (basehead: string): Promise<Comparison> => {
    const { status, body } = await client.get<Comparison>(`${ROOT}/compare/${basehead}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };

  describe('of what an agent has pushed', () => {
    it('says the same as the agent’s machine, the branch and Git itself', async () => {
      await makeVariety(agent);
      await agent.run(['reset', '--quiet', '--hard']);
      await agent.run(['clean', '--quiet', '-fdx']);
      const repository = service.github.repository('octo-org', 'harbor');
      const { files, merge_base_commit: base } = await compare(`main...${task.branch}`);
      const numstat = await repository.git('diff', '--numstat', '-M', '-z', base.sha, task.branch);
      assert.equal(
        files
          .map(({ filename, previous_filename: old, additions, deletions }) => {
            const isBinary = filename === 'binary.bin';
            const count = isBinary ? '-\t-\t' : `${additions}\t${deletions}\t`;
            return old === undefined ? `${count}${filename}\0` : `${count}\0${old}\0${filename}\0`;
          })
          .join(''),
        numstat,
      );

      const changes = new Map((await client.diff(task)).changes.map((change) => [change.path, change]));
      for (const file of files) {
        const change = changes.get(file.filename);
        if (/[^ -~]|"/.test(file.filename)) {
          assert.equal(change, undefined, 'the runtime leaves it out');
          continue;
        }
        const words = { removed: 'deleted', changed: 'modified' } as Readonly<Record<string, string>>;
        assert.equal(change?.changeType, words[file.status] ?? file.status, file.filename);
        assert.equal(change.oldPath, file.previous_filename);
        if (file.filename !== 'type.txt') {
          const hunks = /^@@ [^]*/m.exec(change.diff)?.[0];
          assert.equal(file.patch?.replaceAll('\r', '').trimEnd(), hunks, file.filename);
        }
      }
      assert.equal(files.length, changes.size + 2);
    });

    it('has status, hash and hunks of each file', async () => {
      await makeVariety(agent);
      const { files } = await compare(`main...${task.branch}`);
      const byName = new Map(files.map((file) => [file.filename, file]));
      const has = (name: string): readonly unknown[] => {
        const { status, additions, deletions, changes, previous_filename: old, patch } = byName.get(name)!;
        return [status, additions, deletions, changes, old, patch?.split('\n').length];
      };
      assert.deepEqual(has('added.txt'), ['added', 1, 0, 1, undefined, 2]);
      assert.deepEqual(has('deleted.txt'), ['removed', 0, 20, 20, undefined, 21]);
      assert.deepEqual(has('binary.bin'), ['modified', 0, 0, 0, undefined, undefined]);
      assert.deepEqual(has('mode.sh'), ['changed', 0, 0, 0, undefined, undefined]);
      assert.deepEqual(has('type.txt'), ['changed', 1, 1, 2, undefined, 5]);
      assert.deepEqual(has('moved to.txt'), ['renamed', 0, 0, 0, 'moved.txt', undefined]);
      assert.deepEqual(has('folder/moved.txt'), ['renamed', 1, 1, 2, 'moved and edited.txt', 8]);
      assert.deepEqual(has('empty.txt'), ['added', 0, 0, 0, undefined, undefined]);
      assert.deepEqual(has('submodule'), ['added', 1, 0, 1, undefined, 2]);
      assert.match(byName.get('crlf.txt')?.patch ?? '', /\+TWO\r\n/);
      assert.ok(byName.has('quoted "name".txt') && byName.has('ümlaut.txt'));
      assert.equal(byName.get('submodule')?.sha, '5c3ad1ad2b0f18d977d4caaf7ec53607d47630fd');
    });

    it('compares with the merge base, whatever the base has got since', async () => {
      const base = await agent.run(['rev-parse', 'main']);
      await agent.edit({ 'src/pier.ts': 'export {};\n' });
      const first = await agent.commit('Add a pier');
      await agent.edit({ 'src/pier.ts': 'export const pier = 1;\n' });
      const second = await agent.commit('Make it one');
      await agent.push();
      await agent.run(['checkout', '--quiet', 'main']);
      await agent.edit({ 'docs/tides.md': '# Tides\n' });
      const theirs = await agent.commit('Describe the tides');
      await agent.run(['push', '--quiet', 'origin', 'main']);

      const forward = await compare(`main...${encodeURIComponent(task.branch)}`);
      const { status, ahead_by: ahead, behind_by: behind, total_commits: total } = forward;
      assert.deepEqual([status, ahead, behind, total], ['diverged', 2, 1, 2]);
      assert.deepEqual([forward.base_commit.sha, forward.merge_base_commit.sha], [theirs, base]);
      assert.deepEqual(
        forward.commits.map(({ sha, commit }) => [sha, commit.message]),
        [
          [first, 'Add a pier'],
          [second, 'Make it one'],
        ],
      );
      assert.deepEqual(
        forward.files.map(({ filename }) => filename),
        ['src/pier.ts'],
      );
      assert.equal((await compare(`${first}...${second}`)).status, 'ahead');
      assert.equal((await compare(`${second}...${first}`)).status, 'behind');
      assert.equal((await compare('octo-org:main...main')).status, 'identical');
    });

    it('lists at most 300 files', async () => {
      await agent.edit(Object.fromEntries(Array.from({ length: 305 }, (_, index) => [`many/${index}.txt`, 'x\n'])));
      await agent.commit('Add many');
      await agent.push();
      assert.equal((await compare(`main...${task.branch}`)).files.length, 300);
      const { body, headers } = await client.get<Comparison>(`${ROOT}/compare/main...${task.branch}?per_page=1&page=2`);
      assert.deepEqual([body.commits.length, body.files.length], [0, 0]);
      assert.match(headers.get('link') ?? '', /page=1.*rel="prev"/);
    });

    it('knows neither refs that are missing nor histories that are foreign', async () => {
      const ask = (basehead: string) => client.get<{ message: string }>(`${ROOT}/compare/${basehead}`);
      for (const basehead of ['main...nothing', 'nothing...main', 'main', 'other:main...main', 'main...--all']) {
        const { status, body } = await ask(basehead);
        assert.deepEqual([status, body.message], [404, 'Not Found'], basehead);
      }
      await agent.run(['checkout', '--quiet', '--orphan', 'alone']);
      await agent.commit('Begin anew');
      await agent.push();
      const { status, body } = await ask(`main...${task.branch}`);
      assert.deepEqual([status, body.message], [404, `No common ancestor between main and ${task.branch}.`]);
    });

    it('has the files on both sides, as JSON and as they are', async () => {
      const bytes = Buffer.from([0, 255, 13, 10]);
      await agent.edit({
        'pier #1/ü "x".bin': { base64: bytes.toString('base64') },
        'large.txt': 'x'.repeat(1_100_000),
        current: { link: 'README.md' },
        nowhere: { link: '../..' },
      });
      await agent.commit('Add files');
      await agent.push();
      const route = `${ROOT}/contents/${encodeURIComponent('pier #1')}/${encodeURIComponent('ü "x".bin')}`;
      const at = `?ref=${encodeURIComponent(task.branch)}`;
      const raw = { accept: 'application/vnd.github.raw+json' };
      const bytesOf = async (path: string): Promise<Buffer> => {
        const headers = { ...raw, authorization: `Bearer ${TOKEN}` };
        return Buffer.from(await (await fetch(`${service.url}${path}`, { headers })).arrayBuffer());
      };
      const { body } = await client.get(route + at);
      assert.deepEqual(
        [body['type'], body['size'], body['path'], body['encoding'], body['content']],
        ['file', 4, 'pier #1/ü "x".bin', 'base64', `${bytes.toString('base64')}\n`],
      );
      assert.deepEqual(await bytesOf(route + at), bytes);
      assert.deepEqual(await bytesOf(`${ROOT}/git/blobs/${String(body['sha'])}`), bytes);
      const { body: blob } = await client.get(`${ROOT}/git/blobs/${String(body['sha'])}`);
      assert.deepEqual([blob['size'], blob['encoding']], [4, 'base64']);

      assert.equal((await client.get(route)).status, 404, 'not on the default branch');
      assert.equal((await client.get(`${ROOT}/contents/README.md?ref=nothing`)).status, 404);
      assert.equal((await client.get(`${ROOT}/git/blobs/xyz`)).status, 422);
      assert.equal((await client.get(`${ROOT}/git/blobs/${'0'.repeat(40)}`)).status, 404);
      const { body: large } = await client.get(`${ROOT}/contents/large.txt${at}`);
      assert.deepEqual([large['size'], large['encoding'], large['content']], [1_100_000, 'none', '']);
      assert.equal((await bytesOf(`${ROOT}/contents/large.txt${at}`)).length, 1_100_000);
      const { body: link } = await client.get(`${ROOT}/contents/current${at}`);
      assert.match(Buffer.from(String(link['content']), 'base64').toString(), /^# Harbor/);
      const { body: dangling } = await client.get(`${ROOT}/contents/nowhere${at}`);
      assert.deepEqual([dangling['type'], dangling['target']], ['symlink', '../..']);
      const { body: folder } = await client.get<readonly Json[]>(`${ROOT}/contents/${at}`);
      assert.deepEqual(
        folder.map(({ name, type }) => `${String(type)} ${String(name)}`),
        [
          ...['file CHANGELOG.md', 'file README.md', 'symlink current', 'file large.txt', 'symlink nowhere'],
          ...['file package.json', 'dir pier #1', 'dir src'],
        ],
      );
    });
  });

  describe('as a service', () => {
    it('has the repositories that somebody has named', async () => {
      const { body } = await client.get<{ default_branch: string; full_name: string }>('/repos/Tide-Labs/Buoy');
      assert.deepEqual([body.full_name, body.default_branch], ['tide-labs/buoy', 'develop']);
      assert.equal((await client.get('/api/v3/repos/octo-org/harbor')).status, 200, 'as a GitHub Enterprise Server');
      const { status, body: missing } = await client.get('/repos/octo-org/nothing');
      assert.deepEqual([status, missing['message'], missing['status']], [404, 'Not Found', '404']);
    });

    it('redirects from the former name of a repository', async () => {
      await service.github.rename(service.github.repository('octo-org', 'harbor'), 'sea-org', 'port');
      for (const [route, rest] of [
        ['', ''],
        [`/compare/main...main?per_page=1`, '/compare/main...main?per_page=1'],
      ] as const) {
        const { status, headers } = await client.get(ROOT + route);
        const location = headers.get('location') ?? '';
        assert.equal(status, 301);
        assert.match(location, /\/repositories\/\d+/);
        assert.ok(location.endsWith(rest));
        const followed = await client.get<{ status?: string; full_name?: string }>(location.replace(service.url, ''));
        assert.equal(followed.status, 200);
        assert.equal(followed.body.full_name ?? followed.body.status, rest === '' ? 'sea-org/port' : 'identical');
      }
      assert.equal((await client.get('/repos/sea-org/port')).status, 200);
    });

    it('wants the right token', async () => {
      for (const headers of [{ authorization: 'Bearer gho_another' }, { authorization: '' }]) {
        const { status, body } = await client.get(ROOT, headers);
        assert.deepEqual([status, body['message']], [401, 'Bad credentials']);
      }
      assert.equal((await client.get(ROOT, { authorization: `token ${TOKEN}` })).status, 200);
    });

    it('answers 304 to those who have the answer, which costs nothing of their limit', async () => {
      const first = await client.get(ROOT);
      const etag = first.headers.get('etag') ?? '';
      assert.match(etag, /^W\/"/);
      const left = (reply: { readonly headers: Headers }) => Number(reply.headers.get('x-ratelimit-remaining'));
      const again = await client.get(ROOT, { 'if-none-match': etag });
      assert.deepEqual([again.status, again.body, left(again)], [304, undefined, left(first)]);
      assert.equal((await client.get(ROOT, { 'if-none-match': 'W/"other"' })).status, 200);
      const route = `${ROOT}/compare/main...${task.branch}`;
      await agent.edit({ 'a.txt': 'a\n' });
      await agent.commit('Add a');
      await agent.push();
      const before = (await client.get(route)).headers.get('etag') ?? '';
      assert.equal((await client.get(route, { 'if-none-match': before })).status, 304);
      await agent.edit({ 'a.txt': 'b\n' });
      await agent.commit('Change a');
      await agent.push();
      assert.equal((await client.get(route, { 'if-none-match': before })).status, 200);
    });

    it('counts what is left, and refuses when nothing is', async () => {
      const { core } = service.gitHubApi.rateLimits;
      core.remaining = 1;
      const { status, headers } = await client.get(ROOT);
      assert.equal(status, 200);
      assert.equal(headers.get('x-ratelimit-limit'), '5000');
      assert.equal(headers.get('x-ratelimit-remaining'), '0');
      assert.equal(headers.get('x-ratelimit-resource'), 'core');
      assert.ok(Number(headers.get('x-ratelimit-reset')) > Date.now() / 1_000);
      const refused = await client.get(ROOT);
      assert.deepEqual([refused.status, refused.headers.get('x-ratelimit-remaining')], [403, '0']);
      assert.match(String(refused.body['message']), /rate limit exceeded/);
    });
  });

  describe('with faults', () => {
    const routes = {
      getRepository: ROOT,
      compare: `${ROOT}/compare/main...main`,
      contents: `${ROOT}/contents/README.md`,
      blob: `${ROOT}/git/blobs/${'0'.repeat(40)}`,
    } as const;

    for (const [name, route] of Object.entries(routes) as [keyof typeof routes, string][]) {
      it(`can make ${name} fail alone`, async () => {
        const sso = { 'x-github-sso': 'required; url=https://github.com/orgs/octo-org/sso?authorization_request=A' };
        service.faults.set(name, { kind: 'status', status: 403, message: 'Resource protected', headers: sso });
        const { status, headers, body } = await client.get(route);
        assert.deepEqual([status, body['message']], [403, 'Resource protected']);
        assert.equal(headers.get('x-github-sso'), sso['x-github-sso']);
        service.faults.set(name, { kind: 'status', status: 429, headers: { 'retry-after': '60' } });
        assert.equal((await client.get(route)).headers.get('retry-after'), '60');
        service.faults.set(name, { kind: 'status', status: 422, body: { errors: [{ code: 'custom' }] } });
        assert.deepEqual((await client.get(route)).body['errors'], [{ code: 'custom' }]);
        const other = name === 'compare' ? routes.contents : routes.compare;
        assert.equal((await client.get(other)).status, 200);
      });
    }
  });
});
