import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EXTENSION_ID, ViewContainer } from '../../../src/manifest';
import { eventIdentity } from '../../support/eventIdentity';
import { Transcripts } from '../../../src/storage/transcripts';
import { createDemoWorkspace } from '../../support/demoWorkspace';
import { MissionControl } from '../../support/missionControl/missionControl';
import { newestRuntime } from '../../support/runtimes';
import { launchChromium } from '../../support/vscode/chromium';
import { REPOSITORY } from '../../support/vscode/paths';
import { ensureServedVSCode } from '../../support/vscode/provision';
import { VSCodeServer } from '../../support/vscode/server';
import { Workbench } from '../../support/vscode/workbench';
import { eventually } from '../../support/eventually';

/** The extension host of a real VS Code is killed while the agent talks, and the window is opened again. */
describe('coming back to VS Code', function () {
  this.timeout(120_000);

  it('shows the session as it was, goes on with it, and has all its events, after the extension host was killed', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'cloud-sessions-back-'));
    const workspace = path.join(folder, 'harbor');
    await mkdir(workspace);
    await createDemoWorkspace(workspace);
    const service = await MissionControl.start({ autoplay: false });
    const task = service.createTask({ repository: { owner: 'octo-org', name: 'harbor' }, name: 'Count the ships' });
    task.appendStart();
    const say = (line: string): void => console.log(`    ${line}`);
    const runtime = newestRuntime(REPOSITORY);
    const dataDir = path.join(folder, 'data');
    const server = await VSCodeServer.start({
      vscode: await ensureServedVSCode('newest', say),
      dataDir,
      vsix: path.join(REPOSITORY, 'dist/cloud-sessions.vsix'),
      machineSettings: {
        'cloudSessions.runtime.path': runtime.executable,
        'cloudSessions.runtime.env': service.environment(path.join(folder, 'copilot')),
      },
    });
    const browser = await launchChromium(say);
    let pieces = 0;
    const talk = setInterval(() => {
      task.append('assistant.message', { messageId: `m${pieces}`, content: `Ship ${pieces++}.` });
    }, 50);
    try {
      const workbench = await Workbench.open({ browser, server, folder: workspace });
      const view = await workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
      await view.waitForRow('Count the ships');
      await view.clickRow('Count the ships');
      await workbench.output.waitForText('Ship 5.');
      const hosts = (await server.processes()).filter(({ command }) => command.includes('--type=extensionHost'));
      assert.equal(hosts.length, 1, 'not one extension host is running');
      process.kill(hosts[0]?.pid ?? 0, 'SIGKILL');
      await workbench.reload();
      const again = await workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
      await again.waitForRow('Count the ships');
      const before = pieces;
      await again.clickRow('Count the ships');
      await workbench.output.waitForText(`Ship ${before}.`);
      clearInterval(talk);
      const root = await globalStorage(dataDir);
      const expected = task.events.map((event) => eventIdentity(event as never));
      const kept = async (): Promise<string[]> => {
        const found: string[] = [];
        for await (const record of new Transcripts(path.join(root, 'transcripts')).read(task.sessionId)) {
          if (record.kind === 'event' && ['session.start', 'assistant.message'].includes(record.event.type)) {
            found.push(eventIdentity(record.event));
          }
        }
        return found;
      };
      await eventually(
        'all events to be kept, each once and in order',
        async () => {
          const all = await kept();
          const wrong = all.findIndex((one, index) => one !== expected[index]);
          return { count: all.length, of: expected.length, wrong, is: all.slice(Math.max(0, wrong - 2), wrong + 3) };
        },
        ({ count, of, wrong }) => count === of && wrong === -1,
      );
    } finally {
      clearInterval(talk);
      await browser.close();
      await server.stop();
      await service.dispose();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});

/** The folder in which VS Code stores the extension's files. */
async function globalStorage(dataDir: string): Promise<string> {
  const entries = await readdir(dataDir, { recursive: true });
  const found = entries.find((entry) => entry.endsWith(path.join('globalStorage', EXTENSION_ID, 'transcripts')));
  assert.ok(found, `no transcripts in ${entries.filter((entry) => entry.includes('globalStorage')).join()}`);
  return path.dirname(path.join(dataDir, found));
}
