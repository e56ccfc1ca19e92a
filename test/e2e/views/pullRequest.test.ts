import assert from 'node:assert/strict';
import { ViewContainer } from '../../../src/manifest';
import type { Issue } from '../../support/missionControl/github/rest/issueTracker';
import type { Task } from '../../support/missionControl/task';
import { STAGES, useStage, type Stage } from '../../support/vscode/stage';
import type { TreeView } from '../../support/vscode/workbench/view';

const TITLE = 'Build a pier';

/** What an agent has pushed becomes a pull request, whose checks and state come back to the row. */
for (const { name, ...setup } of STAGES) {
  describe(`the pull request of a session (${name})`, function () {
    this.timeout(120_000);
    let stage: Stage;
    let view: TreeView;
    let task: Task;

    useStage(
      () => ({ ...setup, workspace: 'clone', hasSession: false, service: { story: 'none' } }),
      (opened) => (stage = opened),
    );

    const refresh = (): Promise<void> => stage.workbench.runCommand('Cloud Sessions: Refresh');
    const waitFor = (start: string): Promise<unknown> =>
      view.waitForRow(TITLE, ({ description }) => description.startsWith(start));
    const pull = (): Issue | undefined => stage.service.gitHubApi.tracker.all[0];

    before(async () => {
      const { service, workbench } = stage;
      task = service.createTask({
        ...{ name: TITLE, prompt: TITLE, repository: { owner: 'octo-org', name: 'harbor' } },
      });
      task.appendStart();
      const agent = service.agentFiles(task.id);
      await agent.edit({ 'src/pier.ts': 'export {};\n' });
      await agent.commit('Add a pier');
      view = await workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
      await refresh();
      await view.waitForRow(TITLE);
    });

    it('cannot be created before there is a branch', async () => {
      const { workbench } = stage;
      const titles = await view.openContextMenu(TITLE);
      assert.ok(titles.includes('Review Changes'), titles.join());
      assert.ok(!titles.some((title) => /Pull Request|Checks/.test(title)), titles.join());
      await workbench.page.keyboard.press('Escape');
    });

    it('is created from the row of the session, and the row has it at once', async () => {
      const { workbench, service } = stage;
      await service.agentFiles(task.id).push();
      await refresh();
      await view.waitForRow(TITLE, ({ description }) => description.includes(task.branch));
      await view.chooseFromContextMenu(TITLE, 'Create Pull Request…', () =>
        workbench.quickInput.waitFor(/The title of the pull request/),
      );
      assert.equal((await workbench.quickInput.state())?.value, TITLE);
      await workbench.quickInput.enter('Build a pier at last');
      // Its description is read and changed before anything is sent.
      await workbench.quickInput.choose(/Edit Description/);
      const editor = workbench.page.locator('.editor-instance > .monaco-editor');
      await editor.getByText('> Build a pier').waitFor();
      await editor.getByText('Create Pull Request for “Build a pier”…').waitFor();
      await editor.locator('.view-line').first().click();
      await workbench.page.keyboard.press('Control+Home');
      await workbench.page.keyboard.type('For all ships. ');
      await workbench.page.getByRole('button', { name: 'Create Pull Request…' }).click();
      await workbench.quickInput.choose(/Create Draft/);
      await workbench.notifications.waitFor('Pull request #1 was created.');
      await workbench.notifications.dismissAll();
      await waitFor('#1 draft · ');
      const created = pull();
      assert.deepEqual(
        [created?.title, created?.pull?.state, created?.pull?.head, created?.pull?.base],
        ['Build a pier at last', 'draft', task.branch, 'main'],
      );
      assert.match(String(created?.body), /^For all ships\. \*\*Prompt\*\*\n\n> Build a pier\n\n\[Copilot session\]/);
      // Its editor is gone without a question.
      await workbench.page.getByRole('tab', { name: /^For all ships/ }).waitFor({ state: 'detached' });
    });

    it('says which checks have failed, and the agent can be asked to fix them', async () => {
      const { workbench, service } = stage;
      const { tracker } = service.gitHubApi;
      const issue = pull();
      assert.ok(issue);
      await tracker.setState(issue, 'open');
      await tracker.setCheckRuns(issue.repository, task.branch, [
        { name: 'lint', status: 'completed', conclusion: 'success' },
        { name: 'build the docks', status: 'completed', conclusion: 'failure' },
      ]);
      tracker.setReviews(issue, [{ login: 'mona', state: 'APPROVED' }]);
      await refresh();
      await waitFor('#1 · 1 check failed · ');
      // VS Code has no-break spaces there.
      const tooltip = (await view.tooltip(TITLE)).replaceAll('\u00a0', ' ');
      assert.match(tooltip, /#1 Build a pier at last · open · approved/);
      assert.match(tooltip, /1 check failed: build the docks/);
      const prompt = workbench.page.locator('.editor-instance .monaco-editor').getByText('- build the docks: https://');
      await view.clickRowAction(TITLE, 'Ask the Agent to Fix the Checks…', () => prompt.waitFor());
      // Nothing is sent before somebody has seen it.
      assert.deepEqual(task.steers, []);
    });

    it('is opened on the web, where no other extension shows it', async () => {
      await view.clickRowAction(TITLE, 'Open Pull Request', () =>
        stage.workbench.waitForLink('https://github.com/octo-org/harbor/pull/1'),
      );
    });

    it('is merged in the row once it is on GitHub', async () => {
      const issue = pull();
      assert.ok(issue);
      await stage.service.gitHubApi.tracker.setState(issue, 'merged');
      await refresh();
      await waitFor('#1 merged · ');
    });

    it('was looked for by few requests', () => {
      const asked = stage.service.requests.filter(({ path }) => /^\/repos\/.*\/(?:pulls|commits)\b/.test(path));
      assert.ok(asked.length > 0 && asked.length <= 60, String(asked.length));
    });
  });
}
