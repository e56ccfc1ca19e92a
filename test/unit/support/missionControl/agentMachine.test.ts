import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { git } from '../../../support/missionControl/github/git';
import { SEEDS } from '../../../support/missionControl/github/seeds';
import { MissionControl, type MissionControlOptions } from '../../../support/missionControl/missionControl';
import { caseFor } from '../../../support/missionControl/stories/cases';
import type { Task, TaskEvent } from '../../../support/missionControl/task';
import { eventually } from '../../../support/eventually';
import { Client } from './client';

const HARBOR = { owner: 'octo-org', name: 'harbor' } as const;
const PROMPT = 'Keep the first arrival of a ship';

describe('the machine of an emulated agent', () => {
  let service: MissionControl;
  let client: Client;

  const start = async (options: MissionControlOptions = {}): Promise<void> => {
    service = await MissionControl.start({ startsAfterMs: 0, ...options });
    client = new Client(service);
  };

  afterEach(() => service.dispose());

  /** A task whose agent has been given this prompt, and whatever permission it asks for. */
  const work = async (prompt: string, repository: Task['repository'] = HARBOR): Promise<Task> => {
    const task = service.createTask({ repository, prompt });
    await finish(task);
    return task;
  };

  /** Allows what the agent asks for, and waits until it has nothing to do. */
  const finish = async (task: Task): Promise<void> => {
    await eventually(
      'the agent to be done',
      async () => {
        const asked = (task.events as readonly TaskEvent[]).findLast(({ type }) => type === 'permission.requested');
        if (task.state === 'waiting_for_user' && asked !== undefined) {
          const { requestId } = asked.data as { requestId: string };
          await client.send('POST', `/agents/tasks/${task.id}/steer`, {
            body: {
              type: 'permission_response',
              content: JSON.stringify({ promptId: requestId, approved: true, scope: 'session' }),
            },
          });
        }
        return task.state;
      },
      (state) => state === 'completed',
    );
  };

  const bare = (task: Task) => service.github.repository(task.repository!.owner, task.repository!.name);

  const edits = (task: Task): readonly string[] =>
    (task.events as readonly TaskEvent[]).flatMap(({ type, data }) => {
      const { result } = data as { result?: { detailedContent?: string } };
      return type === 'tool.execution_complete' && result?.detailedContent !== undefined
        ? [result.detailedContent]
        : [];
    });

  /** A diff without the parts that a tool's own diff does not have. */
  const hunks = (diff: string): string =>
    diff
      .replaceAll(/^(@@ .*? @@).*$/gm, '$1')
      .replaceAll(/^index .*\n/gm, '')
      .trimEnd();

  it('is not made while nobody looks, and nor is a folder', async () => {
    const [folder, saved] = [await mkdtemp(path.join(tmpdir(), 'nothing-')), process.env['TMPDIR']];
    process.env['TMPDIR'] = folder;
    try {
      await start();
      const task = await work(PROMPT);
      assert.equal(bare(task).isMade, false);
      assert.deepEqual(readdirSync(folder), []);
      await bare(task).ready();
      assert.equal(readdirSync(folder).length, 1, 'this is where it would be');
      await service.dispose();
      assert.deepEqual(readdirSync(folder), [], 'and nothing is left');
    } finally {
      process.env['TMPDIR'] = saved;
      if (saved === undefined) {
        delete process.env['TMPDIR'];
      }
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('has edited, committed and pushed what the story says, also before anybody looked', async () => {
    await start();
    const task = await work(PROMPT);
    assert.equal(task.branch, `copilot/keep-the-first-arrival-of-a-ship-${task.id.slice(0, 8)}`);
    const artifact = { provider: 'github', type: 'branch', data: { head_ref: task.branch, base_ref: 'main' } };
    assert.deepEqual(task.toJson()['artifacts'], [artifact]);

    const { after, summary } = caseFor({ task, prompt: PROMPT });
    assert.equal(await bare(task).git('log', '--format=%s|%an', `main..${task.branch}`), `${summary}|Copilot`);
    assert.ok((await bare(task).git('show', `${task.branch}:src/ships.ts`)).includes(after.trimEnd()));
    const { changes, ...rest } = await client.diff(task);
    assert.deepEqual(rest, { requestedMode: 'branch', mode: 'branch', baseBranch: 'main', isFallback: false });
    assert.deepEqual(
      changes.map((change) => hunks(change.diff)),
      edits(task).map(hunks),
    );
    assert.deepEqual((await client.diff(task, 'unstaged')).changes, []);
    const readme = await readFile(path.join(await service.agentFiles(task.id).folder(), 'README.md'), 'utf8');
    assert.equal(readme, SEEDS.harbor.files['README.md']);
  });

  for (const [owner, name, base] of [
    ['octo-org', 'lighthouse', 'main'],
    ['tide-labs', 'buoy', 'develop'],
    ['somebody', 'else', 'main'],
    ['somebody', 'new', 'feature/lamp'],
  ] as const) {
    it(`works on ${owner}/${name} from ${base}`, async () => {
      await start();
      const chosen = base === 'feature/lamp' ? { branch: base } : {};
      const task = await work(PROMPT, { owner, name, ...chosen });
      assert.equal(task.baseBranch, base);
      const { changes } = await client.diff(task);
      assert.deepEqual(
        changes.map((change) => hunks(change.diff)),
        edits(task).map(hunks),
      );
      assert.equal(await bare(task).git('rev-list', '--count', `${base}..${task.branch}`), '1');
    });
  }

  it('moves, edits and creates files as its calls say, in the one story that does', async () => {
    await start();
    const task = await work('Move the pilot, and test it');
    const text = await bare(task).git('show', `${task.branch}:src/pilot/bringIn.ts`);
    assert.ok(text.startsWith("import { arrive } from '../ships';\n") && text.includes('floats(each, tide)'), text);
    assert.match(
      await bare(task).git('diff', '--name-status', '-M', 'main', task.branch),
      /^M\tCHANGELOG\.md\nR\d+\tsrc\/pilot\.ts\tsrc\/pilot\/bringIn\.ts\nA\ttest\/pilot\.test\.ts$/,
    );
  });

  it('makes a further commit for each further prompt', async () => {
    await start();
    const task = await work(PROMPT);
    for (const [prompt, file] of [
      ['Say so', 'CHANGELOG.md'],
      ['In `src/ships.ts`, line 5: why?', 'src/ships.ts'],
      ['In `src/ships.ts`, line 6: why?', 'CHANGELOG.md'],
    ] as const) {
      task.state = 'in_progress';
      await client.send('POST', `/agents/tasks/${task.id}/steer`, { body: { type: 'user_message', content: prompt } });
      await finish(task);
      const [parent, own] = [`${task.branch}~1`, task.branch];
      assert.equal(await bare(task).git('diff', '--name-only', parent, own), file);
      assert.equal(
        hunks(await bare(task).git('diff', parent, own)),
        hunks(edits(task).at(-1) ?? ''),
        'what the tool said is what the commit has',
      );
    }
    assert.equal(await bare(task).git('rev-list', '--count', `main..${task.branch}`), '4');
    assert.equal((task.toJson()['artifacts'] as unknown[]).length, 1);
  });

  it('has the change on its disk before it has committed it', async () => {
    await start();
    const task = service.createTask({ repository: HARBOR });
    await bare(task).ready();
    const { before, after } = caseFor({ task, prompt: PROMPT });
    await service.agentFiles(task.id).noteEdit('src/ships.ts', before, after);
    assert.deepEqual(task.toJson()['artifacts'], []);
    assert.deepEqual(
      (await client.diff(task, 'unstaged')).changes.map((change) => change.path),
      ['src/ships.ts'],
    );
    assert.equal(await bare(task).git('branch', '--list', 'copilot/*'), '');
  });

  it('shows each step at once to somebody who looks already', async () => {
    await start();
    const repository = service.github.repository('octo-org', 'harbor');
    await repository.ready();
    const task = await work(PROMPT);
    const folder = await repository.folder();
    assert.notEqual(await git(['rev-parse', task.branch], { cwd: folder }), '');
  });

  it('is the same again with the same seed and clock, whatever the user’s Git is configured to do', async () => {
    const heads = new Set<string>();
    const saved = { ...process.env };
    try {
      for (const poison of [{}, { GIT_DIR: '/nowhere', GIT_AUTHOR_NAME: 'Somebody', GIT_CONFIG_GLOBAL: '/nowhere' }]) {
        Object.assign(process.env, poison);
        await start({ seed: 'one', clock: () => 1_700_000_000_000 });
        const task = await work(PROMPT);
        heads.add(await bare(task).git('rev-parse', task.branch));
        await service.dispose();
      }
    } finally {
      process.env = saved;
    }
    assert.equal(heads.size, 1);
  });

  it('does what a test tells it', async () => {
    await start({ story: 'none' });
    const task = service.createTask({ repository: HARBOR, name: 'Über alles: “neu”!' });
    const agent = service.agentFiles(task.id);
    await agent.edit({ 'src/ships.ts': null, 'a/b.txt': 'b\n', 'run.sh': { text: '#!/bin/sh\n', executable: true } });
    await agent.edit({
      'logo.png': { base64: Buffer.from([0, 1, 2]).toString('base64') },
      current: { link: 'a/b.txt' },
    });
    await agent.rename('README.md', 'docs/README.md');
    const first = await agent.commit('Rearrange');
    assert.equal(await agent.commit('Nothing'), first, 'there is nothing to commit');
    await agent.push();
    assert.equal(task.branch, `copilot/uber-alles-neu-${task.id.slice(0, 8)}`);
    assert.equal(await bare(task).commit(task.branch), first);
    assert.equal(
      await bare(task).git('diff', '--summary', '-M', 'main', task.branch),
      [
        ' create mode 100644 a/b.txt',
        ' create mode 120000 current',
        ' rename README.md => docs/README.md (100%)',
        ' create mode 100644 logo.png',
        ' create mode 100755 run.sh',
        ' delete mode 100644 src/ships.ts',
      ].join('\n'),
    );
    await agent.run(['commit', '--quiet', '--amend', '--message', 'Rearrange all']);
    await assert.rejects(agent.push(), /non-fast-forward/);
    await agent.push({ force: true });
    assert.notEqual(await bare(task).commit(task.branch), first);
    await assert.rejects(agent.edit({ '../outside': 'x' }), /not a path in the repository/);
    await assert.rejects(agent.edit({ '.git/config': 'x' }), /not a path in the repository/);
    assert.throws(() => service.agentFiles(service.createTask().id), /has no repository/);
  });

  it('leaves nothing behind when it is disposed in the middle of its work', async () => {
    for (const turns of [0, 5]) {
      await start();
      const repository = service.github.repository('octo-org', 'harbor');
      const root = path.resolve(await repository.ready(), '../../..');
      const tasks = [1, 2, 3].map(() => service.createTask({ repository: HARBOR, prompt: 'Plan, then ask me' }));
      const begun = Promise.allSettled([
        ...tasks.map((task) => service.agentFiles(task.id).edit({ 'a.txt': 'a\n' })),
        ...tasks.map((task) => service.agentFiles(task.id).notePush('Add a')),
        client.diff(tasks[0]!),
        client.get('/repos/octo-org/harbor/compare/main...main'),
      ]);
      for (let turn = 0; turn < turns; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      await service.dispose();
      assert.equal(existsSync(root), false);
      await begun;
      assert.equal(existsSync(root), false, 'and nothing is made again');
    }
  });

  it('is told over HTTP', async () => {
    await start({ story: 'none' });
    const task = service.createTask({ repository: HARBOR });
    const tell = (steps: readonly unknown[]) =>
      client.send('POST', '/_emulator/agent', { body: { taskId: task.id, steps } });
    const { body } = await tell([
      { edit: { 'a.txt': 'a\n' } },
      { rename: { from: 'a.txt', to: 'b.txt' } },
      { commit: 'Add b' },
      { push: {} },
      { run: ['rev-parse', 'HEAD'] },
    ]);
    const head = await bare(task).commit(task.branch);
    assert.deepEqual(body, { results: [null, null, head, null, head] });
    await tell([{ fault: { kind: 'gone' } }]);
    assert.equal((await client.rpc(task, 'session.workspaces.diff', { mode: 'branch' })).state, 'failed');
    assert.equal((await tell([{ dance: true }])).status, 400);
  });

  it('fails as it is told to', async () => {
    await start({ story: 'none' });
    const task = service.createTask({ repository: HARBOR });
    const agent = service.agentFiles(task.id);
    await agent.edit({ 'a.txt': 'a\n', 'b.txt': 'b\n' });
    const ask = () => client.rpc(task, 'session.workspaces.diff', { mode: 'branch' });
    agent.fault = { kind: 'gone', message: 'The machine is gone.' };
    const { state, error } = await ask();
    assert.deepEqual([state, error], ['failed', 'The machine is gone.']);
    agent.fault = { kind: 'hang' };
    assert.equal((await ask()).state, 'pending');
    agent.fault = { kind: 'truncated', paths: ['a.txt'] };
    const [first, second] = (await client.diff(task)).changes;
    assert.deepEqual(first, { path: 'a.txt', changeType: 'added', diff: '', isTruncated: true });
    assert.ok(second?.diff.endsWith('+b') && second.isTruncated === undefined);
    agent.fault = undefined;
    assert.equal((await client.diff(task)).changes.length, 2);
  });

  it('has no changes without a repository', async () => {
    await start({ story: 'none' });
    assert.deepEqual(await client.diff(service.createTask()), {
      requestedMode: 'branch',
      mode: 'unstaged',
      changes: [],
      baseBranch: 'main',
      isFallback: true,
    });
  });
});
