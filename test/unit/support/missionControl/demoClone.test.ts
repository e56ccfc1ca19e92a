import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDemoClone } from '../../../support/demoWorkspace';
import { git } from '../../../support/missionControl/github/git';
import { MissionControl } from '../../../support/missionControl/missionControl';

describe('the user’s clone of an emulated repository', () => {
  let parent: string;
  let folder: string;
  let service: MissionControl;

  const inClone = (...args: readonly string[]): Promise<string> => git(args, { cwd: folder });

  beforeEach(async () => {
    // A quote and a space: both have to survive the shell.
    parent = await mkdtemp(path.join(tmpdir(), "clone's folder-"));
    folder = path.join(parent, 'harbor');
    service = await MissionControl.start({ story: 'none' });
    await createDemoClone(folder, service);
  });

  afterEach(async () => {
    await service.dispose();
    await rm(parent, { recursive: true, force: true, maxRetries: 5 });
  });

  it('has a remote on GitHub, from which it fetches what an agent pushes', async () => {
    const url = 'git@github.com:octo-org/harbor.git';
    assert.equal(await inClone('remote', '-v'), `origin\t${url} (fetch)\norigin\t${url} (push)`);
    assert.equal(await inClone('status', '--short', '--branch'), '## main...origin/main');
    assert.match(await readFile(path.join(folder, 'src/ships.ts'), 'utf8'), /export function arrive/);

    const task = service.createTask({ repository: { owner: 'octo-org', name: 'harbor' }, prompt: 'Add a pier' });
    const agent = service.agentFiles(task.id);
    await agent.edit({ 'src/pier.ts': 'export {};\n' });
    const head = await agent.commit('Add a pier');
    await inClone('fetch', '--quiet');
    assert.equal(await inClone('branch', '--remotes', '--list', 'origin/copilot/*'), '', 'not pushed yet');
    await agent.push();
    await inClone('fetch', '--quiet');
    assert.equal(await inClone('rev-parse', `origin/${task.branch}`), head);
  });

  it('pushes what the user commits, which an agent then has', async () => {
    await inClone('commit', '--quiet', '--allow-empty', '--message', 'Mine');
    await inClone('push', '--quiet', 'origin', 'main');
    const { id } = service.createTask({ repository: { owner: 'octo-org', name: 'harbor' } });
    assert.equal(await service.agentFiles(id).run(['log', '-1', '--format=%s']), 'Mine');
  });

  it('fails as it is told to, and reaches only what there is', async () => {
    await service.github.setTransportFault('denied');
    await assert.rejects(inClone('fetch'), /Permission denied \(publickey\)/);
    await service.github.setTransportFault(undefined);
    await inClone('fetch', '--quiet');
    await assert.rejects(inClone('ls-remote', 'git@github.com:octo-org/nothing.git'), /Repository not found/);
    await inClone('ls-remote', 'ssh://git@github.com/octo-org/harbor');
  });

  it('can be made to wait for ever, and waits no longer than the user does', async () => {
    await service.github.setTransportFault('hang');
    const { spawn } = await import('node:child_process');
    const fetching = spawn('git', ['fetch'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    // The pipe closes when the last process that has it is gone: Git's child as well.
    const closed = new Promise<void>((resolve) => fetching.stderr.once('close', resolve).resume());
    const first = await Promise.race([
      closed.then(() => 'ended'),
      new Promise((resolve) => setTimeout(resolve, 300, 'waits')),
    ]);
    assert.equal(first, 'waits');
    fetching.kill();
    await closed;
  });

  it('goes on with the former name of a renamed repository, and has the new one', async () => {
    const repository = service.github.repository('octo-org', 'harbor');
    await service.github.rename(repository, 'octo-org', 'port');
    await inClone('fetch', '--quiet');
    await inClone('ls-remote', 'git@github.com:octo-org/port.git');
    assert.equal(service.github.find('Octo-Org', 'HARBOR'), repository);
  });
});
