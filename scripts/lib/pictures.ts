import type { Locator } from 'playwright-core';
import { eventually } from '../../test/support/eventually';
import type { MissionControl } from '../../test/support/missionControl/missionControl';
import type { Wording } from '../../test/support/vscode/language';
import type { Clip, Workbench } from '../../test/support/vscode/workbench';
import type { TreeView } from '../../test/support/vscode/workbench/view';

/** What is photographed. */
export interface Scene {
  readonly workbench: Workbench;
  readonly view: TreeView;
  readonly wording: Wording;
  readonly service: MissionControl;
  /** Saves a picture of the window, or of a part of it, under this name. */
  readonly take: (name: string, clip?: Clip) => Promise<void>;
}

/** A session of the demo that has changed several files, and pushed them. */
const MADE = 'Move the pilot, and test it';
/** The list and the tooltip of the session above. */
const AROUND_TOOLTIP: Clip = { x: 0, y: 0, width: 720, height: 560 };
const NEW = 'Do not lose the first arrival of a ship that comes twice';

/** A new session: its notification, row and log, the agent's first question, and the transcript. */
export async function photographCreation({ workbench, view, wording, take }: Scene): Promise<void> {
  await workbench.runCommand(wording.command('create'));
  await workbench.quickInput.waitFor(wording.said('Repository that the agent works on'));
  await take('create');
  await workbench.quickInput.choose(/octo-org\/harbor/);
  await workbench.quickInput.waitFor(wording.said('Branch to start from'));
  // The first row is the default branch.
  await workbench.quickInput.accept();
  await workbench.quickInput.waitFor(wording.said('What should the agent do?'));
  await workbench.quickInput.enter(NEW);
  await workbench.notifications.waitFor(wording.said('Cloud session created for'));
  await take('created');
  // Rows move until the agent waits.
  await view.waitForRow(NEW, ({ icon }) => icon === 'question');
  await view.clickRow(NEW);
  await workbench.output.waitForText(wording.said('Permission to run a shell command'));
  await workbench.notifications.waitFor(wording.said('The agent wants to run'));
  await pointAtNothing(workbench);
  await take('question');
  await workbench.notifications.dismissAll();
  await take('session');
  const preview = workbench.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  await view.chooseFromContextMenu(NEW, wording.title('commands.openTranscript'), () =>
    preview.locator('details').first().waitFor(),
  );
  await pointAtNothing(workbench);
  await take('transcript');
  await workbench.runCommand('View: Close All Editors');
}

/** What a session has changed: the files below its row, all diffs in one editor, and a comment for the agent. */
export async function photographReview({ workbench, view, wording, take }: Scene): Promise<void> {
  const { page } = workbench;
  await view.openRow(MADE, () => workbench.output.waitForText('npm test'));
  await view.waitForRow(MADE, ({ description }) => description.startsWith('+'));
  await workbench.runCommand('View: Hide Panel');
  await view.expandRow(MADE);
  await view.waitForRows('the files', (rows) => rows.some(({ label }) => label === 'bringIn.ts'));
  await view.clickRowAction(MADE, wording.title('commands.reviewChanges'), () =>
    page.getByRole('tab', { name: MADE }).waitFor(),
  );
  // Comments are possible once VS Code has asked for the ranges.
  await editor(workbench).locator('.comment-range-glyph').first().waitFor();
  await editor(workbench).getByText('return draught < depth;').first().hover();
  await editor(workbench).locator('.comment-range-glyph.line-hover').first().click();
  await page.locator('.review-widget .monaco-editor.focused').first().waitFor();
  await page.keyboard.type('The gate needs half a metre of reserve: compare with `depth - 0.5`, and test it.');
  await page
    .getByRole('button', { name: wording.title('commands.addComment') })
    .first()
    .click();
  await view.waitForRow(MADE, ({ actions }) => actions.includes(wording.title('commands.sendReview')));
  // VS Code opens its list of comments with the first one, and asks whether to fetch periodically.
  await workbench.runCommand('View: Hide Panel');
  await workbench.notifications.dismissAll();
  await pointAtNothing(workbench);
  await take('review');
}

/** The pull request of a session: in its row, with a failed check, and in the tooltip. */
export async function photographPullRequest({ workbench, view, wording, service, take }: Scene): Promise<void> {
  await view.chooseFromContextMenu(MADE, wording.title('commands.createPullRequest'), () =>
    workbench.quickInput.waitFor(wording.said('The title of the pull request')),
  );
  await workbench.quickInput.accept();
  await workbench.quickInput.choose(new RegExp(wording.said('Create Pull Request')));
  await view.waitForRow(MADE, ({ description }) => description.includes('#1'));
  const { tracker } = service.gitHubApi;
  const [pull] = tracker.all;
  if (pull?.pull === undefined) {
    throw new Error('The emulated GitHub has no pull request.');
  }
  await tracker.setCheckRuns(pull.repository, pull.pull.head, [
    { name: 'lint', status: 'completed', conclusion: 'success' },
    { name: 'test (node 24)', status: 'completed', conclusion: 'failure' },
  ]);
  tracker.setReviews(pull, [{ login: 'mona', state: 'APPROVED' }]);
  await workbench.notifications.dismissAll();
  await workbench.runCommand(wording.command('refresh'));
  await view.waitForRow(MADE, ({ description }) => description.includes(wording.said('1 check failed')));
  await eventually(
    'the tooltip',
    () => view.tooltip(MADE),
    (text) => text.includes('#1'),
  );
  await take('pull-request', AROUND_TOOLTIP);
}

function editor({ page }: Workbench): Locator {
  return page.locator('.editor-instance');
}

/** Otherwise the pointer shows a tooltip, or the actions of a row. */
async function pointAtNothing({ page }: Workbench): Promise<void> {
  await page.mouse.move(1000, 18);
}
