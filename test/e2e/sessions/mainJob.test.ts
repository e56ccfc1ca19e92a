import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { ViewContainer } from '../../../src/manifest';
import { installedRuntimes } from '../../support/runtimes';
import { REPOSITORY } from '../../support/vscode/paths';
import { useStage, type Stage } from '../../support/vscode/stage';
import { eventually } from '../../support/eventually';

const LINK = /^https:\/\/github\.com\/copilot\/tasks\/[\w-]+$/;
const LINK_START = 'https://github.com/copilot/tasks/';

/**
 * The main job from start to end, as a person does it: side bar, palette, log and links, with each of the real
 * runtimes.
 */
for (const runtime of installedRuntimes(REPOSITORY)) {
  describe(`the main job, with runtime ${runtime.version}`, function () {
    this.timeout(120_000);
    let stage: Stage;

    useStage(
      () => ({ runtime }),
      (opened) => (stage = opened),
    );

    it('shows the sessions in the side bar, and the runtime in the status bar', async () => {
      const { workbench } = stage;
      const view = await workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
      const row = await view.waitForRow('Repair the lamp');
      assert.match(row.description, /octo-org\/lighthouse/);
      assert.match(row.ariaLabel, /cloud session, Idle, repository octo-org\/lighthouse/);
      await eventually(
        'the status bar to say that the runtime is running',
        () => workbench.waitForStatus('Copilot Cloud'),
        (status) => status.includes('runtime is running'),
      );
    });

    it('creates a session from the palette: repository, branch, prompt', async () => {
      const { workbench, service } = stage;
      const view = workbench.view(ViewContainer.cloudSessions);
      await workbench.runCommand('Cloud Sessions: New Cloud Session');
      await workbench.quickInput.waitFor(/Repository that the agent works on/);
      await workbench.quickInput.choose(/octo-org\/harbor/);
      await workbench.quickInput.waitFor(/Branch to start from/);
      await workbench.quickInput.choose(/Default branch/);
      await workbench.quickInput.waitFor(/First prompt/);
      await workbench.quickInput.enter('Greet each ship by its name');
      await workbench.notifications.waitFor('Cloud session created for octo-org/harbor.');
      const row = await view.waitForRow('Greet each ship by its name', ({ icon }) => icon === 'question');
      assert.match(row.description, /^needs input · octo-org\/harbor/);
      await stage.waitForBadge('1');
      const task = service.tasks.at(-1);
      assert.deepEqual(task?.repository, { owner: 'octo-org', name: 'harbor' });
    });

    it('opens and copies the link from the notification', async () => {
      const { workbench, service } = stage;
      await workbench.notifications.click('Cloud session created', 'Open');
      assert.equal(await workbench.waitForLink(LINK), `https://github.com/copilot/tasks/${service.tasks.at(-1)?.id}`);
    });

    it('shows the agent’s events in the session’s log, first to last, with the link in its head', async () => {
      const { workbench, service } = stage;
      const view = workbench.view(ViewContainer.cloudSessions);
      await view.clickRow('Greet each ship by its name');
      await workbench.output.waitForChannel(/^octo-org\/harbor · /);
      const text = await workbench.output.waitForText('npm test -- ships');
      const places = [
        `https://github.com/copilot/tasks/${service.tasks.at(-1)?.id}`,
        'Greet each ship by its name',
        'You asked: “Greet each ship by its name”',
        'src/ships.ts:4:export function arrive',
        'Before I touch it, I want to see that with a test.',
        'npm test -- ships',
      ].map((part) => [part, text.indexOf(part)] as const);
      for (const [index, [part, place]] of places.entries()) {
        assert.ok(place >= 0, `${part} is not in the log:\n${text}`);
        assert.ok(index === 0 || place > (places[index - 1]?.[1] ?? 0), `${part} is not in its place:\n${text}`);
      }
      assert.equal(text.split('Before I touch it, I want to see').length, 2, 'a message is shown twice');
    });

    it('opens the link from the row, and from the log', async () => {
      const { workbench } = stage;
      workbench.openedLinks.length = 0;
      const view = workbench.view(ViewContainer.cloudSessions);
      await view.clickRowAction('Greet each ship by its name', 'Open on the Web', () => workbench.waitForLink(LINK));
      workbench.openedLinks.length = 0;
      // Text that the agent still writes scrolls the head out of view, and the tab that the link above opened takes the
      // focus: a person scrolls back up, too.
      await eventually(
        'the link of the log’s head to be opened',
        async () => {
          await workbench.page.bringToFront();
          await workbench.output.scrollToTop();
          const trouble = await workbench.output.clickLink(LINK_START, 2_000).catch(String);
          return { opened: [...workbench.openedLinks], trouble };
        },
        ({ opened }) => opened.some((url) => LINK.test(url)),
      );
    });

    it('stops the agent, and says so when it has stopped', async () => {
      const { workbench } = stage;
      const view = workbench.view(ViewContainer.cloudSessions);
      await view.clickRowAction('Greet each ship by its name', 'Stop Agent', () =>
        view.waitForRow('Greet each ship by its name', ({ icon }) => icon === 'circle-outline'),
      );
      await stage.waitForBadge('');
    });

    it('cancels a create that hangs, and leaves no row and no session behind', async () => {
      const { workbench, service } = stage;
      const view = workbench.view(ViewContainer.cloudSessions);
      service.faults.set('createTask', { kind: 'delay', ms: 3_000 }, { times: 1 });
      await workbench.runCommand('Cloud Sessions: New Cloud Session');
      await workbench.quickInput.waitFor(/Repository that the agent works on/);
      await workbench.quickInput.choose(/No repository/);
      await workbench.quickInput.waitFor(/First prompt/);
      await workbench.quickInput.enter('Never begun');
      await view.waitForRow('Never begun', ({ description }) => description.startsWith('starting'));
      await workbench.notifications.click('Creating a cloud session', 'Cancel');
      await view.waitForRows('no row of the cancelled session', (rows) =>
        rows.every(({ label }) => label !== 'Never begun'),
      );
    });

    it('explains a refusal, keeps the row, and creates the session on “Try Again”', async () => {
      const { workbench, service } = stage;
      const view = workbench.view(ViewContainer.cloudSessions);
      service.faults.set(
        'createTask',
        { kind: 'status', status: 403, message: 'Cloud agents are disabled by policy' },
        { times: 1 },
      );
      await workbench.runCommand('Cloud Sessions: New Cloud Session');
      await workbench.quickInput.waitFor(/Repository that the agent works on/);
      await workbench.quickInput.choose(/No repository/);
      await workbench.quickInput.waitFor(/First prompt/);
      await workbench.quickInput.enter('Try me twice');
      const { text, buttons } = await workbench.notifications.waitFor('does not allow cloud sessions');
      assert.match(text, /Cloud agents are disabled by policy/);
      assert.ok(buttons.includes('Copy Prompt'), buttons.join());
      await view.waitForRow('Try me twice', ({ icon }) => icon === 'error');
      await view.clickRowAction('Try me twice', 'Try Again', () =>
        view.waitForRow('Try me twice', ({ icon }) => icon === 'question'),
      );
    });

    it('keeps the link over a reload of the window', async () => {
      const { workbench, service } = stage;
      await workbench.reload();
      const view = await workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
      const task = service.tasks.find(({ repository }) => repository?.name === 'harbor');
      assert.ok(task);
      workbench.openedLinks.length = 0;
      await view.waitForRow(task.name);
      await view.clickRowAction(task.name, 'Open on the Web', () =>
        workbench.waitForLink(`https://github.com/copilot/tasks/${task.id}`),
      );
    });

    it('leaves no process behind when VS Code ends', async () => {
      const { server } = stage;
      const hosts = (await server.processes()).map(({ pid }) => pid);
      // The runtime has its own environment, so it is found as a child of the extension host.
      const runtimes = childrenOf(hosts).filter(({ command }) => command.includes('--headless'));
      assert.equal(runtimes.length, 1, 'not one runtime is running');
      const running = [...hosts.map((pid) => ({ pid })), ...runtimes];
      await stage.close();
      await eventually(
        'the end of all processes',
        () => running.filter(({ pid }) => isAlive(pid)),
        (left) => left.length === 0,
      );
    });
  });
}

function childrenOf(parents: readonly number[]): { pid: number; command: string }[] {
  return execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null && parents.includes(Number(match[2])))
    .map((match) => ({ pid: Number(match?.[1]), command: match?.[3] ?? '' }));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
