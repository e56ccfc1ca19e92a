import assert from 'node:assert/strict';
import path from 'node:path';
import { ViewContainer } from '../../../src/manifest';
import { eventually } from '../../support/eventually';
import { isOpenToOthers, walkFiles, type WalkedFile } from '../../support/planted/fileWalk';
import { dyingScript, leakyScript, refusingScript, TALKATIVE } from '../../support/planted/leakyScripts';
import { LeakyStage } from '../../support/planted/leakyStage';
import { Needles } from '../../support/planted/needles';
import { madeUp, plantSecrets } from '../../support/planted/plants';
import { Utterances } from '../../support/planted/utterances';
import { FAILURES } from '../../support/vscode/paths';
import type { TreeView } from '../../support/vscode/workbench/view';

/** By which way something came out, and what. */
interface Output {
  readonly way: string;
  readonly bytes: Buffer;
}

const VSIX_FILES = /^data\/extensions(\/|$)/;
/** Where the user has put them. */
const SOURCES = /^data\/data\/(Machine|User)\/settings\.json$/;

/**
 * A runtime that was given secrets gives them away in all that it can say. Everything that leaves the extension host is
 * looked at, without a list of what that is: what it says to the workbench, all files, all answers to another
 * extension, and what is on the screen. Beside each secret stood a word that is none, and those are found.
 */
describe('planted secrets', function () {
  this.timeout(180_000);
  const plants = plantSecrets();
  const secrets: Record<string, string> = {
    ...plants.secrets,
    'the token of a server': madeUp(33),
    'a remote of the workspace': madeUp(30),
  };
  const said = new Utterances(plants.secrets, 'canary');
  const saidByServer = new Utterances({ 'the token of a server': secrets['the token of a server'] ?? '' }, 'linnet');
  let stage: LeakyStage;
  let view: TreeView;
  let outputs: readonly Output[] = [];
  let files: readonly WalkedFile[] = [];

  before(async () => {
    const remote = `https://octo:${secrets['a remote of the workspace'] ?? ''}@github.com/octo-org/harbor.git`;
    stage = await LeakyStage.open(plants, leakyScript(said, plants.secrets), remote);
    view = await stage.workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
  });

  after(async () => {
    await stage.close();
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') {
      const name = this.currentTest.fullTitle().replaceAll(/\W+/g, '-');
      await stage.workbench.screenshot(path.join(FAILURES, `${name}.png`)).catch(() => undefined);
    }
  });

  const talkative = new RegExp(`^${TALKATIVE} `);

  it('are given to the runtime, which says them in a list, with what shows on pointing at it', async () => {
    await view.waitForRow(talkative);
    const given = await stage.read('given.json');
    for (const [name, secret] of Object.entries(plants.secrets)) {
      const asGiven = name === 'the password of a proxy' ? encodeURIComponent(secret) : secret;
      assert.ok(given.includes(JSON.stringify(asGiven).slice(1, -1)), name);
    }
    await view.tooltip(talkative);
    await stage.look();
  });

  it('are said in a session that is watched: in its log, its transcript, its questions', async () => {
    const { workbench } = stage;
    await view.clickRow(talkative);
    await eventually('the log', async () => (await logs()).includes(wordOf('summary of a plan')), Boolean);
    await stage.look();
    await view.tooltip(talkative);
    await stage.look();
    await workbench.notifications.waitFor(wordOf('question'));
    await stage.look();
    await workbench.notifications.dismissAll();
    await workbench.runCommand('Cloud Sessions: Questions…');
    await workbench.quickInput.waitFor(/./);
    await stage.look();
    await workbench.quickInput.escape();
    const preview = workbench.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
    await view.chooseFromContextMenu(talkative, 'Open Transcript', () =>
      preview.getByText(wordOf('event session.info')).first().waitFor(),
    );
    await stage.look();
    await workbench.runCommand('Cloud Sessions: Search Transcripts…');
    await workbench.quickInput.type('canary');
    await eventually(
      'hits',
      () => workbench.quickInput.labels(),
      (labels) => labels.length > 0,
    );
    await stage.look();
    await workbench.quickInput.escape();
  });

  it('are said when something is refused, copied, created, diagnosed', async () => {
    const { workbench } = stage;
    await view.chooseFromContextMenu(talkative, 'Rename Session…', () =>
      workbench.quickInput.waitFor(/Rename Session/),
    );
    await workbench.quickInput.enter('Another name');
    await workbench.notifications.waitFor(wordOf('error of session.name.set'));
    await stage.look();
    await workbench.notifications.dismissAll();
    await view.chooseFromContextMenu(talkative, 'Copy Link', () =>
      eventually(
        'the link',
        () => workbench.clipboard(),
        (text) => text.startsWith('https:'),
      ),
    );
    stage.screens.push(await workbench.clipboard());
    await workbench.runCommand('Cloud Sessions: New Cloud Session');
    await workbench.quickInput.waitFor(/Repository that the agent works on/);
    await stage.look();
    await workbench.quickInput.choose(/octo-org\/harbor/);
    await workbench.quickInput.waitFor(/Branch to start from/);
    await workbench.quickInput.choose(/Default branch/);
    await workbench.quickInput.waitFor(/First prompt/);
    await workbench.quickInput.enter('Paint the pier');
    await view.waitForRow('Paint the pier', ({ icon }) => icon === 'error');
    await view.tooltip('Paint the pier');
    await stage.look();
    await workbench.notifications.dismissAll();
    await workbench.runCommand('Cloud Sessions: Diagnose');
    await workbench.notifications.waitFor('The diagnosis has no secrets in it', 60_000);
    await workbench.notifications.click('The diagnosis has no secrets in it', 'Copy Report');
    await eventually(
      'the report',
      () => workbench.clipboard(),
      (text) => text.includes('# Cloud Sessions: Diagnosis'),
    );
    stage.screens.push(await workbench.clipboard());
    await stage.look();
  });

  it('are asked for by another extension', async () => {
    await askAll();
  });

  it('are said by a runtime that dies, that refuses everything, and that does not start', async () => {
    const { workbench } = stage;
    await view.chooseFromContextMenu(talkative, 'Stop Watching', () =>
      eventually('the crash', async () => (await logs()).includes(wordOf('last line before a crash')), Boolean),
    );
    await stage.look();
    await stage.follow('refusing.json', refusingScript(said));
    await workbench.runCommand('Cloud Sessions: Refresh');
    await eventually('the reason', async () => shows(wordOf('error of sessions.list')), Boolean);
    await stage.look();
    await stage.follow('dying.json', dyingScript(said));
    await eventually('the reason', async () => shows(wordOf('error of connect')), Boolean);
    await stage.look();
    await workbench.notifications.dismissAll();
  });

  it('are said by a runtime that runs already, of the token that it is given', async () => {
    const { workbench } = stage;
    const served = await stage.serve(
      leakyScript(saidByServer, { 'the token of a server': secrets['the token of a server'] ?? '' }),
    );
    try {
      await stage.server.updateMachineSettings({ 'cloudSessions.runtime.server': served.address });
      await workbench.runCommand('Cloud Sessions: Set Runtime Server Token…');
      await workbench.quickInput.waitFor(/Kept in the editor/);
      await workbench.quickInput.enter(secrets['the token of a server'] ?? '');
      await eventually(
        'the token at the server',
        async () => (await stage.read('served.jsonl')).includes(secrets['the token of a server'] ?? ''),
        Boolean,
      );
      await view.waitForRow(talkative);
      await view.clickRow(talkative);
      await eventually(
        'the log',
        async () => (await logs()).includes(wordOf('summary of a plan', saidByServer)),
        Boolean,
      );
      await stage.look();
      await workbench.notifications.dismissAll();
      await askAll();
    } finally {
      await served.close();
    }
  });

  it('are found nowhere, and the words beside them are', async () => {
    await stage.end();
    files = await walkFiles(stage.folder, (name) => /^(own|harbor)(\/|$)/.test(name) || VSIX_FILES.test(name));
    outputs = [
      ...stage.traffic.messages.map(({ sink, body }) => ({ way: `said to the workbench: ${sink}`, bytes: body })),
      ...files.map(({ name, bytes }) => ({ way: `file: ${name}`, bytes })),
      ...stage.screens.map((screen) => ({ way: 'on the screen', bytes: Buffer.from(screen) })),
      ...(await stage.read('answers.jsonl'))
        .split('\n')
        .map((line) => ({ way: `answer: ${/"what":"([^"]*)/.exec(line)?.[1] ?? ''}`, bytes: Buffer.from(line) })),
    ];
    const needles = Needles.ofSecrets(secrets);
    const leaks = new Map<string, string>();
    for (const { way, bytes } of outputs) {
      for (const [name, around] of needles.in(bytes)) {
        if (!isWhereItBelongs(way, name)) {
          leaks.set(`${name} — ${way}`, around);
        }
      }
    }
    console.log(`${leaks.size} leaks`);
    for (const [what, around] of leaks) {
      console.log(`      ${what}: ${JSON.stringify(around)}`);
    }
    report();
    assert.deepEqual([...leaks.keys()], []);
  });

  function isWhereItBelongs(way: string, name: string): boolean {
    return SOURCES.test(way.slice('file: '.length)) || name === '';
  }

  function report(): void {
    const canaries = new Needles();
    for (const { canary } of [...said.all, ...saidByServer.all]) {
      canaries.add(canary, [canary]);
    }
    const seen = new Map<string, Set<string>>();
    for (const { way, bytes } of outputs) {
      for (const canary of canaries.in(bytes).keys()) {
        const kind = way.replace(/\d+/g, 'N');
        seen.set(canary, (seen.get(canary) ?? new Set()).add(kind));
      }
    }
    const places = new Map<string, [number, number]>();
    for (const { place, canary } of [...said.all, ...saidByServer.all]) {
      const [count, found] = places.get(place) ?? [0, 0];
      places.set(place, [count + 1, found + (seen.has(canary) ? 1 : 0)]);
    }
    console.log([...places].map(([place, [count, found]]) => `${place}: ${found}/${count}`).join('\n'));
    const ways = new Map<string, number>();
    for (const all of seen.values()) {
      for (const way of all) {
        ways.set(way, (ways.get(way) ?? 0) + 1);
      }
    }
    console.log([...ways].map(([way, count]) => `${way}: ${count}`).join('\n'));
    console.log(
      files
        .filter((file) => /cloudsessions/.test(file.name))
        .map((file) => `${(file.stats.mode & 0o7777).toString(8)} ${isOpenToOthers(file)} ${file.name}`)
        .join('\n'),
    );
  }

  /** The word beside the first secret that was said in a place. */
  function wordOf(place: string, utterances = said): string {
    const word = utterances.all.find((one) => one.place === place)?.canary;
    assert.ok(word, place);
    return word;
  }

  async function askAll(): Promise<void> {
    const before = (await stage.read('answers.jsonl')).split('"what":"done"').length;
    await stage.workbench.runCommand('Planted: Ask All');
    await eventually(
      'all answers',
      async () => (await stage.read('answers.jsonl')).split('"what":"done"').length,
      (count) => count > before,
      90_000,
    );
    await stage.look();
    await stage.workbench.notifications.dismissAll();
  }

  async function logs(): Promise<string> {
    const all = await walkFiles(path.join(stage.folder, 'data/data/logs'), () => false);
    return all.map(({ bytes }) => bytes.toString()).join('\n');
  }

  async function shows(word: string): Promise<boolean> {
    await stage.look();
    return stage.screens.some((screen) => screen.includes(word));
  }
});
