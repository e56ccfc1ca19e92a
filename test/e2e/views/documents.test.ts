import assert from 'node:assert/strict';
import { ViewContainer } from '../../../src/manifest';
import { useStage, type Stage } from '../../support/vscode/stage';
import { eventually } from '../../support/eventually';

/** How long a quick input may take to open, in milliseconds. */

const LIGHTHOUSE = { owner: 'octo-org', name: 'lighthouse' };

/** Longer texts, written and read as a person does it: prompts in an editor, transcripts as documents. */
describe('documents', function () {
  this.timeout(120_000);
  let stage: Stage;

  useStage(
    () => ({}),
    (opened) => (stage = opened),
  );

  before(async () => {
    const view = await stage.workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
    await view.waitForRow('Repair the lamp');
  });

  it('take a prompt of several lines, and send it whole by a key', async () => {
    const { workbench, service } = stage;
    const view = workbench.view(ViewContainer.cloudSessions);
    const editor = workbench.page.locator('.editor-instance .monaco-editor');
    await view.chooseFromContextMenu('Repair the lamp', 'Write Prompt…', () => editor.waitFor());
    await editor.getByText('Send to “Repair the lamp”').waitFor();
    await workbench.page.keyboard.type('Trim the wick:\n\n1. gently\n2. twice');
    await workbench.page.keyboard.press('Control+Enter');
    const [task] = service.tasks;
    await eventually(
      'the prompt at the service',
      () => task?.steers.map(({ content }) => content) ?? [],
      (prompts) => prompts.includes('Trim the wick:\n\n1. gently\n2. twice'),
    );
    await editor.waitFor({ state: 'detached' });
  });

  it('ask, while the agent works, whether it gets the prompt now; Escape sends nothing', async () => {
    const { workbench, service } = stage;
    const view = workbench.view(ViewContainer.cloudSessions);
    // A task of its own, because the story of the other one goes on and asks questions.
    const task = service.createTask({ repository: LIGHTHOUSE, name: 'Trim the wick' });
    const prompts = (): readonly string[] => task.steers.flatMap(({ content }) => content ?? []);
    await workbench.runCommand('Cloud Sessions: Refresh');
    await view.clickRow('Trim the wick');
    await workbench.output.waitForText(`Task           ${task.id}`);
    task.append('assistant.turn_start', { turnId: 'busy' });
    await view.waitForRow('Trim the wick', ({ icon }) => icon === 'sync');
    const before = prompts().length;
    const write = async (text: string): Promise<void> => {
      await view.chooseFromContextMenu('Trim the wick', 'Send Prompt…', () =>
        workbench.quickInput.waitFor('Send Prompt: Trim the wick'),
      );
      await workbench.quickInput.enter(text);
      await workbench.quickInput.waitFor('The agent of “Trim the wick” is working');
    };
    await write('Not this');
    await workbench.page.keyboard.press('Escape');
    // The text is kept, in an editor.
    await workbench.page.locator('.editor-instance .monaco-editor').getByText('Not this').first().waitFor();
    await write('Leave the wick');
    await workbench.quickInput.choose(/Send Now/);
    await eventually('the prompt', prompts, (all) => all.length > before);
    assert.deepEqual(prompts().slice(before), ['Leave the wick']);
  });

  it('show the transcript as a preview, from the row’s menu', async () => {
    const { workbench } = stage;
    const view = workbench.view(ViewContainer.cloudSessions);
    const preview = workbench.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
    await view.chooseFromContextMenu('Repair the lamp', 'Open Transcript', () =>
      preview.getByRole('heading', { name: 'Repair the lamp' }).waitFor(),
    );
    await preview.getByText('gently').first().waitFor();
    assert.ok((await preview.locator('details').count()) > 0, 'tool calls are folded');
  });

  it('are searched from the palette, and opened at the place', async () => {
    const { workbench } = stage;
    await workbench.runCommand('Cloud Sessions: Search Transcripts…', async () => {
      await workbench.quickInput.waitFor('Search Transcripts');
      await workbench.quickInput.type('WICK');
      await workbench.quickInput.choose(/Repair the lamp/);
    });
    const editor = workbench.page.locator('.editor-instance .monaco-editor');
    await editor.getByText('Trim the wick').first().waitFor();
  });
});
