import assert from 'node:assert/strict';
import { ViewContainer } from '../../../src/manifest';
import { eventually } from '../../support/eventually';
import { pseudoLanguage, Wording, type Language } from '../../support/vscode/language';
import { useStage, type Stage } from '../../support/vscode/stage';
import { readAll } from '../../support/vscode/workbench/dom';
import type { TreeView } from '../../support/vscode/workbench/view';

/** Names of products and formats that are the same in every language, and words that `Intl` does not translate. */
const SAME_EVERYWHERE =
  /\b(GitHub|Copilot|Cloud|Sessions|Git|Node|npm|PATH|MCP|JSON|Markdown|URL|HTTPS?|VS|Code|ID|AM|PM|now|ago|sec|min|hr|yesterday)\b/g;

/**
 * Everything that the extension shows, in a pseudo-language without plain letters. A text that is still in plain
 * letters and comes from nowhere else was not passed to the translation.
 */
describe('the extension in another language', function () {
  this.timeout(180_000);
  let language: Language;
  let wording: Wording;
  let stage: Stage;
  let view: TreeView;

  before(async () => {
    language = await pseudoLanguage();
    wording = new Wording(language);
  });

  useStage(
    () => ({ language }),
    async (opened) => {
      stage = opened;
      view = await stage.workbench.openView(
        wording.title('viewsContainers.cloudSessions'),
        ViewContainer.cloudSessions,
      );
      await view.waitForRow('Repair the lamp');
    },
  );

  it('lists the sessions: rows, tooltips, actions and menus', async () => {
    const row = await view.waitForRow('Repair the lamp');
    isTranslated('the row', [row.description, row.ariaLabel, ...row.actions]);
    isTranslated('the tooltip', [await view.tooltip('Repair the lamp')]);
    isTranslated('the context menu', await view.openContextMenu('Repair the lamp'));
    await stage.workbench.page.keyboard.press('Escape');
    const actions = stage.workbench.page.locator(
      '.part.sidebar .composite.title .action-label, .pane-header .action-label',
    );
    const labels = await readAll(actions, (elements) =>
      Array.from(elements, (element) => element.getAttribute('aria-label') ?? ''),
    );
    // The workbench's own labels are English.
    const own = labels.filter((label) => !/^(Views and )?More Actions/.test(label));
    isTranslated('the actions of the view', own);
  });

  it('creates a session: each step, the notification, the row', async () => {
    const { workbench } = stage;
    await workbench.runCommand(wording.command('create'));
    await isTranslatedInput('the repository', 'Repository that the agent works on');
    await workbench.quickInput.choose(/octo-org\/harbor/);
    await isTranslatedInput('the branch', 'Branch to start from');
    await workbench.quickInput.accept();
    await isTranslatedInput('the prompt', 'What should the agent do?');
    await workbench.quickInput.enter('Greet each ship');
    const created = await workbench.notifications.waitFor(wording.said('Cloud session created for'));
    isTranslated('the notification', [created.text, ...created.buttons]);
    const row = await view.waitForRow('Greet each ship', ({ icon }) => icon === 'question');
    isTranslated('a row that needs input', [row.description, row.ariaLabel, ...row.actions]);
    await workbench.notifications.dismissAll();
  });

  it('writes the log of a session, and asks what the agent asks', async () => {
    const { workbench } = stage;
    await view.clickRow('Greet each ship');
    await workbench.output.waitForChannel(/^octo-org\/harbor · /);
    const log = await workbench.output.waitForText(/task_complete|gulls|Greet each ship/);
    isTranslated('the log', log.split('\n'));
    await workbench.runCommand(wording.command('answer'), async () => {
      await isTranslatedInput('the session to answer', 'Choose a session');
      await workbench.quickInput.choose(/Greet each ship/);
      await isTranslatedInput('the question', 'The agent wants to run');
    });
    await workbench.page.keyboard.press('Escape');
  });

  it('shows the transcript', async () => {
    const preview = stage.workbench.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
    await view.chooseFromContextMenu('Greet each ship', wording.title('commands.openTranscript'), () =>
      preview.getByRole('heading', { name: 'Greet each ship' }).waitFor(),
    );
    isTranslated('the transcript', (await preview.locator('body').innerText()).split('\n'));
  });

  it('diagnoses itself', async () => {
    const { workbench } = stage;
    await workbench.runCommand(wording.command('diagnose'));
    const editor = workbench.page.locator('.editor-instance .monaco-editor').last();
    await editor.waitFor();
    await editor.click();
    await workbench.page.keyboard.press('ControlOrMeta+A');
    await workbench.page.keyboard.press('ControlOrMeta+C');
    isTranslated('the diagnosis', (await workbench.clipboard()).split('\n'));
  });

  it('has its commands in the palette, and its state in the status bar', async () => {
    const { workbench } = stage;
    const commands = await workbench.paletteCommands(wording.category);
    isTranslated('the commands', commands);
    isTranslated('the status bar', [await workbench.waitForStatus(/[^\p{ASCII}]{3}/u)]);
  });

  it('says that the list may be old, and why', async () => {
    const { server, service, folder } = stage;
    await server.updateMachineSettings({ 'cloudSessions.runtime.env': service.environment(`${folder}/copilot`, null) });
    const message = await eventually('a message over the rows', () => view.message(), Boolean);
    isTranslated('the message', [message]);
  });

  async function isTranslatedInput(where: string, english: string): Promise<void> {
    const { title, placeholder, message, items } = await stage.workbench.quickInput.waitFor(wording.said(english));
    const parts = items.flatMap(({ label, description, detail, separator }) => [label, description, detail, separator]);
    // VS Code appends instructions to the message.
    isTranslated(where, [title, placeholder, message.replace(/\(Press .*\)$/, ''), ...parts]);
  }

  /** Words that are not translated, without those of the service, its agent and the demo's repository. */
  function plainWords(text: string): readonly string[] {
    // `origin` is Git's.
    const told = new Set([
      'origin',
      ...stage.service.tasks.flatMap((task) => [task.name, ...strings(task.events)].flatMap(words)),
    ]);
    const rest = text
      .replaceAll(/https?:\S+|\b[\w./-]*\/[\w./-]+|`[^`]*`|\b[\w-]*\d[\w-]*\b/g, ' ')
      .replaceAll(SAME_EVERYWHERE, ' ');
    return words(rest).filter((word) => !told.has(word));
  }

  function isTranslated(where: string, texts: readonly string[]): void {
    assert.ok(texts.join('').length > 0, `nothing is shown: ${where}`);
    assert.ok(/[^\p{ASCII}]{3}/u.test(texts.join(' ')), `nothing of ours is shown: ${where}: ${texts.join(' | ')}`);
    const plain = texts.filter((text) => plainWords(text).length > 0).map((text) => [text, plainWords(text)] as const);
    assert.deepEqual(plain, [], where);
  }
});

/** Words in plain letters, which are untranslated. */
function words(text: string): readonly string[] {
  return text.match(/(?<![\p{L}\p{M}])[A-Za-z]{3,}(?![\p{L}\p{M}])/gu) ?? [];
}

/** All strings in a value, without the names of its members. */
function strings(value: unknown): readonly string[] {
  if (typeof value === 'string') {
    return [value];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
}
