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

/** Something that left the extension host: by which way, and its content. */
interface Output {
  readonly way: string;
  readonly bytes: Buffer;
}

const SERVER_TOKEN = 'the token of a server';
const REMOTE = 'a remote of the workspace';

/** Installed files, and the test's own files. */
const NOT_WALKED = /^(?:own|harbor|data\/extensions)(?:\/|$)/;
/** The settings files in which the user entered the secrets, and VS Code's copy of them. */
const SETTINGS = /^file: data\/data\/(?:(?:Machine|User)\/settings\.json$|User\/caches\/CachedConfigurations\/)/;
/** Files of this extension. The links and sockets among them hold no text. */
const OURS = /^data\/data\/User\/(?:globalStorage|workspaceStorage\/[^/]+)\/cloudsessions\.cloud-sessions/;

/** Places whose text is never stored or shown, because no version of the protocol knows them. */
const UNSEEN =
  /^(?:a broken frame|garbage on stdout|a broken header|data of an error|error of ping|snapshot|summary|working directory|kind of sign-in|status of sign-in|repository of a context|unknown field of a session|id of an event|unknown session|event of an unknown session|text in the place of an event|choice of a request|(?:kind|name) of .*|unknown (?:notification|request)|event assistant\.(?:message|reasoning)_delta .*|event tool\.execution_partial_result .*)$/;

/** Canary words have to leave by each of these ways; otherwise the test has looked at nothing. */
const WAYS: readonly RegExp[] = [
  /workbench: answer to \$getChildren$/, // the list
  /workbench: answer to \$resolve$/, // the tooltip of a row
  /workbench: \$refresh$/,
  /workbench: \$setEntry$/, // the status bar
  /workbench: \$showMessage$/,
  /workbench: \$setMessage$/, // above the list
  /workbench: \$setItems$|workbench: \$createOrUpdate$|workbench: \$show$/, // lists to pick from
  /workbench: \$setValue$/, // the content of mementos
  /workbench: \$writeText$/, // the clipboard
  /workbench: \$setHtml$/,
  /workbench: answer to \$provideTextDocumentContent$/,
  /file: .*\/transcripts\/.*\.jsonl$/,
  /file: .*\/windows\/.*\.json$/,
  /file: .*Cloud Sessions Runtime\.log$/,
  /file: .*output_logging.*\.log$/,
  /file: tmp\/exported\.md$/,
  /on the screen$/,
  /answer: listSessions$/,
  /answer: events$/,
  /answer: createCloudSession, refused$/,
  /answer: cloudSessions\.diagnose$/,
];

/**
 * A runtime gives away the secrets that it received in everything it can say. The test searches everything that leaves
 * the extension host, without a list of known outputs: messages to the workbench, all files, all answers to another
 * extension, and the screen. Each secret has a harmless canary word beside it, and the canary words have to be found.
 */
describe('planted secrets', function () {
  this.timeout(180_000);
  const plants = plantSecrets();
  const secrets: Record<string, string> = {
    ...plants.secrets,
    [SERVER_TOKEN]: madeUp(33),
    [REMOTE]: madeUp(30),
  };
  const said = new Utterances(plants.secrets, 'canary');
  const saidByServer = new Utterances({ [SERVER_TOKEN]: secrets[SERVER_TOKEN] ?? '' }, 'linnet');
  let stage: LeakyStage;
  let view: TreeView;
  let outputs: readonly Output[] = [];
  let files: readonly WalkedFile[] = [];

  before(async () => {
    const remote = `https://octo:${secrets[REMOTE] ?? ''}@github.com/octo-org/harbor.git`;
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

  it('are given to the runtime, which leaks them in its list, with the tooltips of the rows', async () => {
    await view.waitForRow(talkative);
    const given = await stage.read('given.json');
    for (const [name, secret] of Object.entries(plants.secrets)) {
      const asGiven = name === 'the password of a proxy' ? encodeURIComponent(secret) : secret;
      assert.ok(given.includes(JSON.stringify(asGiven).slice(1, -1)), name);
    }
    await view.tooltip(talkative);
    await stage.look();
  });

  it('are leaked in a watched session: in its log, its transcript, its questions', async () => {
    const { workbench } = stage;
    await view.clickRow(talkative);
    await eventually('the log', async () => (await logs()).includes(wordOf('summary of a plan')), Boolean);
    await stage.look();
    await view.tooltip(talkative);
    await stage.look();
    await toTheWorkbench('$showMessage', wordOf('question'));
    await stage.look();
    await workbench.notifications.dismissAll();
    await workbench.runCommand('Cloud Sessions: Questions…', () => workbench.quickInput.waitFor(/./));
    await stage.look();
    await workbench.quickInput.escape();
    const preview = workbench.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
    await view.chooseFromContextMenu(talkative, 'Open Transcript', () =>
      preview.getByText(wordOf('event session.info')).first().waitFor(),
    );
    await stage.look();
    await workbench.runCommand('Cloud Sessions: Search Transcripts…', async () => {
      await workbench.quickInput.waitFor('Search Transcripts');
      await workbench.quickInput.type('canary');
    });
    await eventually(
      'hits',
      () => workbench.quickInput.labels(),
      (labels) => labels.length > 0,
    );
    await stage.look();
    await workbench.quickInput.escape();
  });

  it('are leaked when something is refused, copied, created, diagnosed', async () => {
    const { workbench } = stage;
    await view.clickRow(talkative);
    await eventually(
      'the question for a name',
      async () => {
        await workbench.page.keyboard.press('F2');
        return workbench.quickInput.waitFor(/Rename Session/, 2_000).catch(() => undefined);
      },
      (state) => state !== undefined,
    );
    await workbench.quickInput.enter('Another name');
    await toTheWorkbench('$showMessage', wordOf('error of session.name.set'));
    await stage.look();
    await workbench.notifications.dismissAll();
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
    await workbench.notifications.waitFor('The diagnosis contains no secrets', 60_000);
    await workbench.notifications.click('The diagnosis contains no secrets', 'Copy Report');
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

  it('are leaked by a runtime that dies, that refuses everything, and that does not start', async () => {
    const { workbench } = stage;
    await workbench.runCommand('Planted: Stop Watching All');
    await eventually('the crash', async () => (await logs()).includes(wordOf('last line before a crash')), Boolean);
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

  it('are leaked by a runtime that already runs, with the token that it receives', async () => {
    const { workbench } = stage;
    const served = await stage.serve(leakyScript(saidByServer, { [SERVER_TOKEN]: secrets[SERVER_TOKEN] ?? '' }));
    try {
      await stage.server.updateMachineSettings({ 'cloudSessions.runtime.server': served.address });
      await workbench.runCommand('Cloud Sessions: Set Runtime Server Token…');
      await workbench.quickInput.waitFor(/kept in the editor/);
      await workbench.quickInput.enter(secrets[SERVER_TOKEN] ?? '');
      await eventually(
        'the token at the server',
        async () => (await stage.read('served.jsonl')).includes(secrets[SERVER_TOKEN] ?? ''),
        Boolean,
      );
      await view.waitForRow(talkative);
      await view.openRow(talkative, () =>
        eventually('the log', async () => (await logs()).includes(wordOf('summary of a plan', saidByServer)), Boolean),
      );
      await stage.look();
      await workbench.notifications.dismissAll();
      await askAll();
    } finally {
      await served.close();
    }
  });

  it('are in the environment of the terminal in which the runtime signs in', async () => {
    await stage.workbench.runCommand('Cloud Sessions: Sign In to Copilot');
    await toTheWorkbench('$createTerminal', 'LEAKY_API_KEY');
  });

  it('are found nowhere', async () => {
    await stage.end();
    files = await walkFiles(stage.folder, (name) => NOT_WALKED.test(name));
    outputs = [
      ...stage.traffic.messages.map(({ sink, body }) => ({ way: `to the workbench: ${sink}`, bytes: body })),
      ...files.map(({ name, bytes }) => ({ way: `file: ${name}`, bytes })),
      ...stage.screens.map((screen) => ({ way: 'on the screen', bytes: Buffer.from(screen) })),
      ...(await stage.answers()).map(({ what, line }) => ({ way: `answer: ${what}`, bytes: Buffer.from(line) })),
    ];
    assert.ok(stage.traffic.connections > 0);
    const needles = Needles.ofSecrets(secrets);
    const found = outputs.flatMap((output) =>
      [...needles.in(output.bytes)]
        .filter(([name]) => !isWhereItBelongs(output, name))
        .map(([name, around]) => [`${name}, ${output.way}`, around] as const),
    );
    const leaks = new Map(found);
    assert.deepEqual(
      [...leaks].map(([what, around]) => `${what}: ${JSON.stringify(around)}`),
      [],
      `${leaks.size} places`,
    );
  });

  it('had canary words beside them, and those are found', () => {
    const all = [...said.all, ...saidByServer.all];
    const words = new Set(all.map(({ canary }) => canary));
    const seen = new Map<string, Set<string>>();
    for (const { way, bytes } of outputs) {
      for (const [word] of bytes.toString('latin1').matchAll(/(?:canary|linnet)[a-z]{4}q/g)) {
        if (words.has(word)) {
          seen.set(way, (seen.get(way) ?? new Set()).add(word));
        }
      }
    }
    const seenWords = new Set([...seen.values()].flatMap((some) => [...some]));
    const places = [...new Set(all.map(({ place }) => place))];
    const isSeen = (place: string): boolean => all.some((one) => one.place === place && seenWords.has(one.canary));
    console.log(
      `    ${all.length} said in ${places.length} places, ${seenWords.size} of the words beside them seen, by ${seen.size} ways; ${outputs.length} outputs`,
    );
    assert.deepEqual(
      places.filter((place) => !UNSEEN.test(place) && !isSeen(place)),
      [],
    );
    assert.deepEqual(
      WAYS.filter((way) => ![...seen.keys()].some((one) => way.test(one))).map(String),
      [],
      [...seen.keys()].join('\n'),
    );
  });

  it('would be in files that nobody else can read', function () {
    if (process.platform === 'win32') {
      this.skip();
    }
    const ours = files.filter(({ name }) => OURS.test(name));
    assert.ok(
      ours.some(({ name }) => name.includes('/transcripts/')) && ours.some(({ name }) => name.includes('/windows/')),
    );
    assert.deepEqual(
      ours.filter((file) => !file.stats.isSocket() && isOpenToOthers(file)).map(({ name }) => name),
      [],
    );
  });

  /** The few places in which a secret belongs, or that are not ours. */
  function isWhereItBelongs({ way, bytes }: Output, name: string): boolean {
    switch (way) {
      case 'to the workbench: $setPassword':
        return name === SERVER_TOKEN;
      case 'to the workbench: $createTerminal':
        // The terminal in which the runtime signs in has the runtime's environment, and is not stored.
        return name in plants.secrets && bytes.includes('"isTransient":true');
      case 'to the workbench: $setValue':
        // VS Code's own Git extension stores remotes unchanged.
        return name === REMOTE && bytes.includes('[true,"vscode.git"');
      default:
        return SETTINGS.test(way);
    }
  }

  /** The canary word beside the first secret that was said in a place. */
  function wordOf(place: string, utterances = said): string {
    const word = utterances.all.find((one) => one.place === place)?.canary;
    assert.ok(word, place);
    return word;
  }

  /**
   * Waits for a message to the workbench. Notifications may hide again before a busy machine sees them on the screen.
   */
  async function toTheWorkbench(sink: string, word: string): Promise<void> {
    await eventually(
      `${sink} with ${word}`,
      () => stage.traffic.messages.some((message) => message.sink === sink && message.body.includes(word)),
      Boolean,
    );
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
    // The repository of this extension was revealed in another view.
    view = await stage.workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
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
