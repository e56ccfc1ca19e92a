import assert from 'node:assert/strict';
import { ViewContainer } from '../../../src/manifest';
import { installedRuntimes, newestRuntime } from '../../support/runtimes';
import { REPOSITORY } from '../../support/vscode/paths';
import { useStage, type Stage } from '../../support/vscode/stage';
import { eventually } from '../../support/eventually';
import type { TreeView } from '../../support/vscode/workbench/view';

/**
 * What a person does with rows, by keyboard and mouse. Where the runtime takes part, the tests run with each of the
 * real ones.
 */
for (const runtime of installedRuntimes(REPOSITORY)) {
  describe(`rows, with runtime ${runtime.version}`, function () {
    this.timeout(120_000);
    let stage: Stage;
    let view: TreeView;

    const press = (key: string): Promise<void> => stage.workbench.page.keyboard.press(key);
    const labels = async (): Promise<string> => (await view.rows()).map(({ label }) => label).join(', ');

    /** Runs a test with one runtime only, because the list behaves the same with each. */
    const itOnce = (title: string, test: () => Promise<void>): void => {
      if (runtime.version === newestRuntime(REPOSITORY).version) {
        it(title, test);
      }
    };

    useStage(
      () => ({ runtime }),
      (opened) => (stage = opened),
    );

    before(async () => {
      const { service, workbench } = stage;
      service.createTask({ repository: { owner: 'octo-org', name: 'harbor' }, name: 'Paint the pier' });
      view = await workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
      await view.waitForRow('Repair the lamp');
      await workbench.runCommand('Cloud Sessions: Refresh');
      await view.waitForRow('Paint the pier');
    });

    itOnce('opens the log of a row by the keyboard alone', async () => {
      const { workbench } = stage;
      await workbench.runCommand('View: Show Cloud Sessions');
      await view.root.locator('.monaco-list').first().focus();
      await press('Home');
      await press('Enter');
      await workbench.output.waitForChannel(/^octo-org\/harbor · /);
    });

    it('renames the session of the selected row by F2, for everybody', async () => {
      const { workbench, service } = stage;
      await view.clickRow('Paint the pier');
      // The row is still selected after its session was opened.
      await workbench.output.waitForChannel(/^octo-org\/harbor · /);
      await press('F2');
      const { value } = await workbench.quickInput.waitFor('Rename Session: Paint the pier');
      assert.equal(value, 'Paint the pier');
      await workbench.quickInput.enter('Paint the pier blue');
      await view.waitForRow('Paint the pier blue');
      assert.ok(service.tasks.some(({ name }) => name === 'Paint the pier blue'));
    });

    itOnce('has all that can be done in the context menu, in groups, and copies the id from it', async () => {
      const { workbench, service } = stage;
      const titles = await view.openContextMenu('Paint the pier blue');
      assert.deepEqual(titles, [
        'Open on the Web',
        'Show Log',
        'Open Transcript',
        'Export Transcript…',
        'Review Changes',
        'Reveal Repository',
        'Check Out',
        'Check Out in New Worktree',
        'Apply Changes',
        'Send Prompt…',
        'Write Prompt…',
        'Stop Watching',
        'Copy Link',
        'Copy Session ID',
        'Rename Session…',
      ]);
      await view.chooseFromMenu('Copy Session ID');
      const task = service.tasks.find(({ name }) => name === 'Paint the pier blue');
      await eventually(
        'the id',
        () => workbench.clipboard(),
        (text) => text === task?.sessionId,
      );
    });

    itOnce('does not delete a cloud session by the Delete key', async () => {
      await view.clickRow('Paint the pier blue');
      await press('Delete');
      await view.waitForRow('Paint the pier blue');
      assert.equal(await stage.workbench.page.locator('.monaco-dialog-box').count(), 0);
    });

    itOnce('groups by repository, and folds a group by the keyboard', async () => {
      const { workbench } = stage;
      await workbench.runCommand('Cloud Sessions: Group Sessions By…', () => workbench.quickInput.choose(/Repository/));
      await view.waitForRows('two groups', (rows) =>
        ['octo-org/harbor', 'octo-org/lighthouse'].every((name) => rows.some(({ label }) => label === name)),
      );
      const group = await view.waitForRow('octo-org/harbor');
      assert.match(group.ariaLabel, /^octo-org\/harbor, 1 session/);
      await view.root.locator('.monaco-list').first().focus();
      await press('Home');
      await press('ArrowLeft');
      await view.waitForRows('a folded group', (rows) => rows.every(({ label }) => label !== 'Paint the pier blue'));
      await press('ArrowRight');
      await view.waitForRow('Paint the pier blue');
    });

    itOnce('sorts by title', async () => {
      const { workbench, service } = stage;
      await workbench.runCommand('Cloud Sessions: Group Sessions By…', () => workbench.quickInput.choose(/None/));
      await eventually('no groups', labels, (shown) => shown === 'Paint the pier blue, Repair the lamp');
      // Sorted by title, it would be last.
      const lamp = service.tasks.find(({ name }) => name === 'Repair the lamp');
      lamp?.append('session.info', { infoType: 'notification', message: 'The lamp is lit.' });
      await workbench.runCommand('Cloud Sessions: Refresh');
      await eventually('the order', labels, (shown) => shown === 'Repair the lamp, Paint the pier blue');
      await workbench.runCommand('Cloud Sessions: Sort Sessions By…', async () => {
        const { placeholder } = await workbench.quickInput.waitFor('Sort Sessions By');
        assert.equal(placeholder, 'Now: Last Change');
        await workbench.quickInput.choose(/Title/);
      });
      await eventually('the order', labels, (shown) => shown === 'Paint the pier blue, Repair the lamp');
    });

    itOnce('filters by repository, says what is hidden, and remembers it over a reload', async () => {
      const { workbench } = stage;
      await view.clickTitleAction('Filter Sessions…');
      await workbench.quickInput.waitFor('Filter Sessions');
      await workbench.quickInput.type('lighthouse');
      await workbench.quickInput.choose('octo-org/lighthouse');
      await workbench.quickInput.accept();
      await eventually('one row', labels, (shown) => shown === 'Repair the lamp');
      await view.waitForMessage('1 hidden by the filter.');
      await workbench.reload();
      view = await workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
      await eventually('one row', labels, (shown) => shown === 'Repair the lamp');
      await view.clickTitleAction('Clear Filter');
      await eventually('both rows', labels, (shown) => shown === 'Paint the pier blue, Repair the lamp');
      await view.waitForMessage('');
    });

    itOnce('says so when the filter hides everything, with a button that clears it', async () => {
      const { workbench } = stage;
      await view.clickTitleAction('Filter Sessions…');
      await workbench.quickInput.waitFor('Filter Sessions');
      await workbench.quickInput.type('Failed');
      await workbench.quickInput.choose('Failed');
      await workbench.quickInput.accept();
      await view.waitForWelcome('The filter hides all sessions.');
      await view.clickWelcome('Clear Filter');
      await view.waitForRow('Repair the lamp');
    });

    itOnce('reveals the repository: its page on the web, or its folder if that is open here', async () => {
      const { workbench } = stage;
      workbench.openedLinks.length = 0;
      await view.chooseFromContextMenu('Repair the lamp', 'Reveal Repository', () =>
        workbench.waitForLink('https://github.com/octo-org/lighthouse'),
      );
      await view.chooseFromContextMenu('Paint the pier blue', 'Reveal Repository', () =>
        workbench.page.locator('.explorer-folders-view').waitFor(),
      );
      assert.equal(workbench.openedLinks.length, 1);
      view = await workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
      await view.waitForRow('Repair the lamp');
    });

    const create = async (prompt: string): Promise<void> => {
      const { workbench } = stage;
      await workbench.runCommand('Cloud Sessions: New Cloud Session');
      await workbench.quickInput.waitFor(/Repository that the agent works on/);
      await workbench.quickInput.choose(/octo-org\/harbor/);
      await workbench.quickInput.waitFor(/Branch to start from/);
      await workbench.quickInput.choose(/Default branch/);
      await workbench.quickInput.waitFor(/First prompt/);
      await workbench.quickInput.enter(prompt);
    };

    itOnce(
      'tells that a session has finished that is not in view, once, and not of what was before a reload',
      async () => {
        const { workbench, service } = stage;
        service.configure({ story: 'short' });
        await create('Count the gulls');
        const { severity, buttons } = await workbench.notifications.waitFor(
          'The agent has finished: “Count the gulls”.',
        );
        assert.deepEqual([severity, buttons], ['info', ['Open on the Web', 'Show Log']]);
        await workbench.notifications.click('The agent has finished', 'Show Log');
        await workbench.output.waitForText('Done: Count the gulls');
        await workbench.notifications.dismissAll();
        await workbench.reload();
        view = await workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
        await view.waitForRow('Count the gulls', ({ icon }) => icon === 'circle-outline');
        await view.clickRow('Count the gulls');
        await workbench.output.waitForText('Done: Count the gulls');
        await new Promise((resolve) => setTimeout(resolve, 3_000));
        assert.deepEqual(
          (await workbench.notifications.all()).filter(({ text }) => text.includes('finished')),
          [],
        );
      },
    );

    it('tells that a session has failed, and why; and nothing at all when that is switched off', async () => {
      const { workbench, service, server } = stage;
      service.configure({ story: 'failure' });
      await create('Sink the boat');
      const { severity, text } = await workbench.notifications.waitFor('The session “Sink the boat” has failed.');
      assert.equal(severity, 'error');
      const failed = await view.waitForRow('Sink the boat', ({ icon }) => icon === 'error');
      assert.match(failed.description, /^failed · /);
      assert.ok(text.length > 'The session “Sink the boat” has failed.'.length, text);
      await workbench.notifications.dismissAll();
      await server.updateMachineSettings({ 'cloudSessions.notifications': false });
      service.configure({ story: 'short' });
      await create('Say nothing');
      await view.waitForRow('Say nothing', ({ icon }) => icon === 'circle-outline');
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      assert.deepEqual(
        (await workbench.notifications.all()).filter(({ text: shown }) => shown.includes('finished')),
        [],
      );
      await workbench.notifications.dismissAll();
    });

    it('says for 10 s that the agent is stopping, then that nothing has confirmed it; then it stops', async () => {
      const { workbench, service } = stage;
      service.configure({ story: 'full' });
      const task = service.createTask({ prompt: 'Count the ropes', repository: { owner: 'octo-org', name: 'harbor' } });
      await workbench.runCommand('Cloud Sessions: Refresh');
      await view.clickRow('Count the ropes');
      await workbench.output.waitForText('Count the ropes');
      await view.waitForRow('Count the ropes', ({ icon }) => icon === 'question');
      service.faults.set('steer', { kind: 'answer', body: {} });
      const stopping = await view.clickRowAction('Count the ropes', 'Stop Agent', () =>
        view.waitForRow('Count the ropes', ({ icon }) => icon === 'stop-circle'),
      );
      assert.match(stopping.description, /^stopping · /);
      assert.match(stopping.ariaLabel, /Stopping: the agent was asked to stop/);
      const { severity, buttons } = await workbench.notifications.waitFor(/has not confirmed that the agent of/);
      assert.deepEqual([severity, buttons], ['warning', ['Open on the Web', 'Show Log', 'Stop Again']]);
      await view.waitForRow('Count the ropes', ({ description }) => description.startsWith('stop not confirmed · '));
      service.faults.clear();
      await workbench.notifications.click(/has not confirmed/, 'Stop Again');
      const stopped = await view.waitForRow('Count the ropes', ({ icon }) => icon === 'circle-outline');
      assert.doesNotMatch(stopped.description, /stop/);
      assert.equal(task.state, 'idle');
    });
  });
}
