import assert from 'node:assert/strict';
import { ViewContainer } from '../../../src/manifest';
import { STAGES, useStage, type Stage } from '../../support/vscode/stage';
import { eventually } from '../../support/eventually';
import type { AgentMachine } from '../../support/missionControl/github/agentMachine';
import type { Task } from '../../support/missionControl/task';

const TITLE = 'Keep the first arrival';
const BEFORE = '/** Ships that are in the harbor, by name. */';
const SHIPS = (guard: string): string =>
  [
    BEFORE,
    'export const ships = new Map<string, { arrived: Date }>();',
    '',
    'export function arrive(name: string, now = new Date()): void {',
    `  ${guard} {`,
    '    ships.set(name, { arrived: now });',
    '  }',
    '}',
    '',
  ].join('\n');

/** What an agent has changed: seen, read and discussed as a person does it. */
for (const { name, ...setup } of STAGES) {
  describe(`the changes of a session (${name})`, function () {
    this.timeout(120_000);
    let stage: Stage;
    let task: Task;
    let agent: AgentMachine;
    const view = () => stage.workbench.view(ViewContainer.cloudSessions);
    const editor = () => stage.workbench.page.locator('.editor-instance');
    const worked = (): unknown => task.append('session.idle', {});

    useStage(
      () => ({ ...setup, workspace: 'clone', hasSession: false, service: { story: 'none' } }),
      (opened) => (stage = opened),
    );

    before(async () => {
      task = stage.service.createTask({ repository: { owner: 'octo-org', name: 'harbor' }, name: TITLE });
      agent = stage.service.agentFiles(task.id);
      await agent.edit({ 'src/ships.ts': SHIPS('if (!ships.has(name))'), 'docs/notes/first.md': '# First\n' });
      await stage.workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
      await view().openRow(TITLE, () => stage.workbench.output.waitForText(task.id));
      worked();
    });

    it('are counted in its row while they are only on the agent’s machine, and its files are below it', async () => {
      await view().waitForRow(TITLE, ({ description }) => description.startsWith('+4 −1'));
      await view().expandRow(TITLE);
      const rows = await view().waitForRows('the files', (all) => all.some(({ label }) => label === 'ships.ts'));
      assert.deepEqual(
        rows.slice(1).map(({ label, description, ariaLabel }) => [label, description, ariaLabel]),
        [
          ['docs/notes', '', 'Folder docs/notes'],
          ['first.md', '+1 −0', 'docs/notes/first.md: added, 1 line added, 0 lines deleted'],
          ['src', '', 'Folder src'],
          ['ships.ts', '+3 −1', 'src/ships.ts: modified, 3 lines added, 1 line deleted'],
        ],
      );
    });

    it('are opened as whole files on both sides, by a click on a file', async () => {
      await view().clickRow('ships.ts');
      await editor().getByText('if (!ships.has(name)) {').waitFor();
      // Lines that no hunk has.
      assert.equal(await editor().getByText('Ships that are in the harbor').count(), 2);
      await stage.workbench.page.getByRole('tab', { name: /^ships\.ts \(main/ }).waitFor();
    });

    it('take comments, which outlive the window and keep their lines', async () => {
      const { page } = stage.workbench;
      // Comments are possible once VS Code has asked for the ranges.
      await editor().locator('.comment-range-glyph').first().waitFor();
      await editor().getByText('if (!ships.has(name)) {').click();
      await stage.workbench.runCommand('Comments: Add Comment on Current Selection');
      await page.locator('.review-widget .monaco-editor.focused').first().waitFor();
      await page.keyboard.type('Ask the map once.');
      await page.getByRole('button', { name: 'Add Comment' }).first().click();
      await view().waitForRow(TITLE, ({ description }) => description.includes('1 comment not sent'));
      await stage.workbench.reload();
      await view().waitForRow(TITLE, ({ description }) => description.includes('1 comment not sent'));
      // The editor of the window before is filled, too.
      await page.locator('.review-widget').getByText('Ask the map once.').first().waitFor();
      await agent.edit({
        'src/ships.ts': SHIPS('if (!ships.has(name))').replace(BEFORE, `// One more line.\n${BEFORE}`),
      });
      worked();
      await eventually(
        'the comment on its line',
        () => page.locator('.review-widget').getByText('Draft: not sent yet').count(),
        (count) => count > 0,
      );
    });

    it('go back to the agent as one prompt, with file, line and code', async () => {
      await view().waitForRow(TITLE, ({ description }) => description.startsWith('+5 −1'));
      await view().clickRowAction(TITLE, 'Send Review', () =>
        stage.workbench.notifications.waitFor('1 comment was sent'),
      );
      const prompt = await eventually(
        'the prompt',
        () => task.steers.map(({ content }) => content).find((content) => content?.includes('Ask the map once.')),
        (content) => content !== undefined,
      );
      assert.match(
        prompt ?? '',
        /`src\/ships\.ts`, line 6:\n\n```ts\n {2}if \(!ships\.has\(name\)\) \{\n```\n\nAsk the map once\./,
      );
      await view().waitForRow(TITLE, ({ description }) => !description.includes('not sent'));
      // The service shows the prompt to all who watch: none is sent a second time.
      assert.equal(task.steers.filter(({ content }) => content?.includes('Ask the map once.')).length, 1);
    });

    it('are opened in one editor, from the branch that the agent has pushed', async () => {
      await agent.edit({ 'src/ships.ts': SHIPS('if (ships.get(name) === undefined)') });
      await agent.commit('Ask the map once');
      await agent.push();
      worked();
      await stage.workbench.runCommand('Cloud Sessions: Refresh');
      // The list takes its time, and without it the branch is not known.
      await eventually(
        'the pushed branch to be listed',
        () => view().tooltip(TITLE),
        (tooltip) => /Pushed\sbranch:\scopilot\//.test(tooltip),
      );
      await view().chooseFromContextMenu(TITLE, 'Review Changes', () =>
        stage.workbench.page.getByRole('tab', { name: /\(main ← copilot\/.+\(2 files\)/ }).waitFor(),
      );
      await editor().getByText('if (ships.get(name) === undefined) {').first().waitFor();
      // The line of the comment is another one now.
      await editor().getByText('Sent; addressed? The lines have changed.').first().waitFor();
      const tooltip = await view().tooltip(TITLE);
      assert.match(tooltip.replaceAll('\u00a0', ' '), /Changes: 2 files, \+4 −1 · pushed branch, in the clone here/);
    });

    it('are told when there are none', async () => {
      const idle = stage.service.createTask({ repository: { owner: 'octo-org', name: 'harbor' }, name: 'Only look' });
      await stage.workbench.runCommand('Cloud Sessions: Refresh');
      await view().openRow('Only look', () => stage.workbench.output.waitForText(idle.id));
      await view().chooseFromContextMenu('Only look', 'Review Changes', () =>
        stage.workbench.notifications.waitFor('“Only look” has changed nothing yet.'),
      );
    });
  });
}
