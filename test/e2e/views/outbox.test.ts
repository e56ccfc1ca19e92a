import assert from 'node:assert/strict';
import { ViewContainer } from '../../../src/manifest';
import { useStage, type Stage } from '../../support/vscode/stage';
import { eventually } from '../../support/eventually';

/** A prompt that is written but not delivered survives a reload of the window, and arrives once. */
describe('what is not delivered', function () {
  this.timeout(120_000);
  let stage: Stage;

  useStage(
    () => ({ service: { autoplay: false } }),
    (opened) => (stage = opened),
  );

  it('goes on in an editor if the session cannot be opened', async () => {
    const { workbench } = stage;
    const view = await workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
    await view.waitForRow('Repair the lamp');
    await view.chooseFromContextMenu('Repair the lamp', 'Send Prompt…', () =>
      workbench.quickInput.waitFor(/What should the agent do/),
    );
    await workbench.quickInput.enter('Trim the wick');
    await workbench.notifications.waitFor('its agent has not started yet');
    await workbench.notifications.dismissAll();
    await workbench.page.locator('.editor-instance .monaco-editor').getByText('Trim the wick').waitFor();
  });

  it('outlives a reload: a prompt that waits for the agent, and a session that could not be created', async () => {
    const { workbench, service } = stage;
    const view = workbench.view(ViewContainer.cloudSessions);
    // From here on it can be watched; its agent has not started yet.
    service.tasks[0]?.append('session.requested', {});
    await workbench.page.locator('.editor-instance .monaco-editor').click();
    await workbench.page.keyboard.press('Control+Enter');
    await view.waitForRow('Repair the lamp', ({ description }) => description.includes('1 prompt waiting'));

    service.faults.set('createTask', { kind: 'status', status: 403, message: 'Disabled by policy' }, { times: 1 });
    await workbench.runCommand('Cloud Sessions: New Cloud Session');
    await workbench.quickInput.waitFor(/Repository that the agent works on/);
    await workbench.quickInput.choose(/No repository/);
    await workbench.quickInput.waitFor(/First prompt/);
    await workbench.quickInput.enter('Paint the pier');
    await view.waitForRow('Paint the pier', ({ icon }) => icon === 'error');

    await workbench.reload();
    const again = await workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
    await again.waitForRow('Repair the lamp', ({ description }) => description.includes('1 prompt waiting'));
    await again.waitForRow('Paint the pier', ({ icon }) => icon === 'error');
  });

  it('arrives, once, when the agent starts; and the session is created after all', async () => {
    const { workbench, service } = stage;
    const view = workbench.view(ViewContainer.cloudSessions);
    const task = service.tasks.find(({ name }) => name === 'Repair the lamp');
    assert.ok(task);
    const prompts = (): readonly string[] => task.steers.flatMap(({ content }) => content ?? []);
    assert.deepEqual(prompts(), []);
    task.appendStart();
    await eventually('the prompt', prompts, (all) => all.length > 0);
    task.append('user.message', { content: 'Trim the wick', source: 'command-1' });
    await view.waitForRow('Repair the lamp', ({ description }) => !description.includes('prompt'));
    service.configure({ autoplay: true });
    await view.clickRowAction('Paint the pier', 'Try Again', () =>
      view.waitForRow('Paint the pier', ({ icon }) => icon === 'question'),
    );
    assert.deepEqual(prompts(), ['Trim the wick']);
  });
});
