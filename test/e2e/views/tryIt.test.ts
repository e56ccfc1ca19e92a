import assert from 'node:assert/strict';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
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

    it('is undone later by the command, which is there as long as there is something to undo', async () => {
      const { workbench } = stage;
      const before = await git(['status', '--porcelain'], { cwd: clone });
      /** The row may be drawn a moment later. */
      const waitForMenu = (isOffered: boolean): Promise<unknown> =>
        eventually(
          `the menu ${isOffered ? 'with' : 'without'} Undo`,
          async () => {
            const titles = await view.openContextMenu(TITLE);
            await workbench.page.keyboard.press('Escape');
            return titles;
          },
          (titles) => titles.includes('Undo Apply Changes') === isOffered,
        );
      await waitForMenu(false);
      await choose('Apply Changes', 'are applied to 1 file');
      await workbench.notifications.dismissAll();
      await waitForMenu(true);
      assert.match((await view.tooltip(TITLE)).replaceAll('\u00a0', ' '), /Applied here: .*can be undone/);
      await workbench.reload();
      view = await workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
      await view.waitForRow(TITLE);
      await workbench.runCommand('Cloud Sessions: Undo Apply Changes');
      await workbench.notifications.waitFor('Undone: 1 file is as it was before');
      assert.equal(await git(['status', '--porcelain'], { cwd: clone }), before);
      await waitForMenu(false);
    });

    it('says at the start what was applied only in part, and undoes it', async () => {
      const { workbench } = stage;
      const records = path.join(clone, '.git/cloud-sessions');
      const before = await git(['status', '--porcelain'], { cwd: clone });
      await choose('Apply Changes', 'are applied to 1 file');
      const [id = ''] = await readdir(records);
      const file = path.join(records, id, 'record.json');
      const record = JSON.parse(await readFile(file, 'utf8')) as { files: object[]; pid: number };
      // As it is when the window is killed behind the first of two files.
      const other = { path: 'quay.txt', to: { hash: '0'.repeat(64), mode: 0o644 } };
      await writeFile(file, JSON.stringify({ ...record, files: [...record.files, other] }));
      await rename(path.join(records, id), path.join(records, id.replace('undo-', 'apply-')));
      await workbench.reload();
      const { text, buttons } = await workbench.notifications.waitFor('was interrupted', 60_000);
      assert.match(
        text,
        /Applying the changes of “Paint the pier” was interrupted\. Only these files have them: pier\.txt/,
      );
      assert.deepEqual(buttons, ['Undo', 'Keep Changes', 'Show Changes']);
      await workbench.notifications.click('was interrupted', 'Undo');
      await workbench.notifications.waitFor('Undone: 2 files are as they were before');
      assert.equal(await git(['status', '--porcelain'], { cwd: clone }), before);
      assert.deepEqual(await readdir(records), []);
      view = await workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
      await view.waitForRow(TITLE);
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

    it('does not change a file that has edits in an editor', async () => {
      const { workbench } = stage;
      await agent.edit({ 'README.md': '# Painted\n' });
      await agent.commit('Tell of it');
      await agent.push();
      const readme = await inClone('README.md');
      const worktree = path.join(stage.folder, `harbor-${branch.replaceAll('/', '-')}`);
      await git(['worktree', 'remove', '--force', worktree], { cwd: clone });
      await workbench.notifications.dismissAll();
      // In the browser, VS Code saves after a second.
      await workbench.runCommand('File: Toggle Auto Save');
      await view.chooseFromContextMenu(TITLE, 'Review Changes', () =>
        view.waitForRow(TITLE, ({ description }) => description.startsWith('+')),
      );
      await view.expandRow(TITLE);
      await view.waitForRow('README.md');
      const tab = workbench.page.getByRole('tab', { name: /^README\.md/ });
      await view.clickRowAction('README.md', 'Open File', () => tab.waitFor());
      await workbench.page.locator('.editor-instance > .monaco-editor .view-line').first().click();
      await workbench.page.keyboard.type('mine');
      for (const command of ['Check Out', 'Apply Changes']) {
        const { text, buttons } = await choose(command, 'Edits that are not saved are in the way');
        assert.match(text, /nothing was changed: README\.md\. Save or revert these files/);
        assert.deepEqual(buttons, ['Use a Worktree', 'Try Again']);
        assert.deepEqual([await inClone('README.md'), await current()], [readme, 'main']);
        await workbench.notifications.dismissAll();
      }
      await workbench.runCommand('File: Revert File');
      await choose('Check Out', `The branch “${branch}” is checked out`);
      assert.equal(await inClone('README.md'), '# Painted\n');
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
