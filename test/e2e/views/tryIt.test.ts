import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ViewContainer } from '../../../src/manifest';
import { eventually } from '../../support/eventually';
import { git } from '../../support/missionControl/github/git';
import type { AgentMachine } from '../../support/missionControl/github/agentMachine';
import { STAGES, useStage, type Stage } from '../../support/vscode/stage';
import type { TreeView } from '../../support/vscode/workbench/view';

/** The work of an agent is tried in the clone that is open, with a real Git. */
for (const { name, ...setup } of STAGES) {
  describe(`trying what a session has made (${name})`, function () {
    this.timeout(180_000);
    const TITLE = 'Paint the pier';
    let stage: Stage;
    let view: TreeView;
    let agent: AgentMachine;
    let branch: string;
    let clone: string;

    const inClone = (file: string): Promise<string> => readFile(path.join(clone, file), 'utf8');
    const current = (folder = clone): Promise<string> => git(['branch', '--show-current'], { cwd: folder });
    /** Chooses from the row's menu. Resolves when a notification tells how it ended. */
    const choose = (title: string, notification: string | RegExp) =>
      view.chooseFromContextMenu(TITLE, title, () => stage.workbench.notifications.waitFor(notification, 60_000));

    useStage(
      () => ({ ...setup, workspace: 'clone', hasSession: false, service: { autoplay: false } }),
      async (opened) => {
        stage = opened;
        clone = path.join(stage.folder, 'harbor');
        const { service, workbench } = stage;
        const task = service.createTask({ repository: { owner: 'octo-org', name: 'harbor' }, name: TITLE });
        agent = service.agentFiles(task.id);
        branch = task.branch;
        view = await workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
        await workbench.runCommand('Cloud Sessions: Refresh');
        await view.waitForRow(TITLE);
      },
    );

    afterEach(() => stage.workbench.notifications.dismissAll());

    it('says so while nothing was pushed', async () => {
      const { text, buttons } = await choose('Check Out', 'has pushed no branch of its own yet');
      assert.match(text, /Try again once the agent has pushed its branch/);
      assert.deepEqual(buttons, ['Open on the Web', 'Try Again']);
      assert.equal(await current(), 'main');
    });

    it('is checked out from the menu of the row', async () => {
      await agent.edit({ 'pier.txt': 'red\n' });
      await agent.commit('Paint the pier');
      await agent.push();
      await stage.workbench.runCommand('Cloud Sessions: Refresh');
      await choose('Check Out', `The branch “${branch}” is checked out`);
      assert.equal(await current(), branch);
      assert.equal(await inClone('pier.txt'), 'red\n');
      await stage.workbench.waitForStatus(branch);
    });

    it('is refused while uncommitted work is in the way, and done in a worktree by the button', async () => {
      const { workbench } = stage;
      await agent.edit({ 'pier.txt': 'blue\n' });
      await agent.commit('Paint it blue');
      await agent.push();
      await writeFile(path.join(clone, 'pier.txt'), 'mine\n');
      const { text, buttons } = await choose('Check Out', 'Uncommitted work is in the way');
      assert.match(text, /pier\.txt/);
      assert.deepEqual(buttons, ['Use a Worktree', 'Show Changes']);
      assert.equal(await inClone('pier.txt'), 'mine\n');

      await git(['checkout', '--quiet', 'main', '--force'], { cwd: clone });
      await writeFile(path.join(clone, 'README.md'), 'mine\n');
      await workbench.notifications.dismissAll();
      await choose('Check Out', 'Uncommitted work is in the way');
      const opened = workbench.page.context().waitForEvent('page');
      await workbench.notifications.click('Uncommitted work is in the way', 'Use a Worktree');
      const worktree = path.join(stage.folder, `harbor-${branch.replaceAll('/', '-')}`);
      const window = await opened;
      assert.match(window.url(), new RegExp(`folder=.*${path.basename(worktree)}`));
      // Its start would slow down what follows; the message on it may be gone before the test sees it.
      await window.close();
      assert.equal(await current(worktree), branch);
      assert.equal(await readFile(path.join(worktree, 'pier.txt'), 'utf8'), 'blue\n');
      assert.equal(await inClone('README.md'), 'mine\n');
      assert.equal(await current(), 'main');
    });

    it('is not checked out twice: the folder that has the branch is offered', async () => {
      await git(['checkout', '--quiet', '--force', 'main'], { cwd: clone });
      const { buttons } = await choose('Check Out', 'is checked out in');
      assert.deepEqual(buttons, ['Open Folder']);
      assert.equal(await current(), 'main');
    });

    it('is applied to the files without a commit, and undone', async () => {
      const { workbench } = stage;
      await git(['checkout', '--quiet', '--force', 'main'], { cwd: clone });
      const before = await git(['status', '--porcelain'], { cwd: clone });
      const { buttons } = await choose('Apply Changes', /The changes of “Paint the pier” are applied to 1 file/);
      assert.deepEqual(buttons, ['Undo', 'Show Changes']);
      assert.equal(await inClone('pier.txt'), 'blue\n');
      assert.equal(await current(), 'main');
      await workbench.notifications.click('are applied to 1 file', 'Undo');
      await workbench.notifications.waitFor('Undone: 1 file is as it was before');
      assert.equal(await git(['status', '--porcelain'], { cwd: clone }), before);
    });

    it('is applied from the agent’s machine, with what is not pushed yet', async () => {
      const { workbench, service } = stage;
      await workbench.notifications.dismissAll();
      const task = service.tasks.find(({ name }) => name === TITLE);
      task?.appendStart();
      await agent.edit({ 'pier.txt': 'green\n', 'boats.txt': 'two\n' });
      await view.chooseFromContextMenu(TITLE, 'Watch Session', () =>
        workbench.output.waitForChannel(/octo-org.harbor/),
      );
      await choose('Apply Changes', /The changes of “Paint the pier” are applied to 2 files/);
      assert.equal(await inClone('pier.txt'), 'green\n');
      assert.equal(await inClone('boats.txt'), 'two\n');
      await workbench.notifications.click('are applied to 2 files', 'Undo');
      await workbench.notifications.waitFor('Undone: 2 files are as they were before');
    });

    it('is offered to be cloned where no clone is open', async () => {
      const { workbench, service } = stage;
      service.createTask({ repository: { owner: 'octo-org', name: 'lighthouse' }, name: 'Repair the lamp' });
      await workbench.runCommand('Cloud Sessions: Refresh');
      const { buttons } = await view.chooseFromContextMenu('Repair the lamp', 'Check Out', () =>
        workbench.notifications.waitFor('No clone of octo-org/lighthouse is open'),
      );
      assert.deepEqual(buttons, ['Clone Repository', 'Open on the Web']);
      await workbench.notifications.click('No clone of octo-org/lighthouse', 'Clone Repository');
      await eventually(
        'the folder to clone into to be asked for',
        () => workbench.page.locator('.quick-input-widget').innerText(),
        (text) => /Repository Destination|clone/i.test(text),
      );
      await workbench.page.keyboard.press('Escape');
    });
  });
}
