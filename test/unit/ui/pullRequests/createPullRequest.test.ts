import assert from 'node:assert/strict';
import { execute, fileUri, onMessage, replaceMembers, resetVscode, shown } from '../../../support/vscodeStub';
import { CloudSessionsError } from '../../../../src/core/errors/cloudSessionsError';
import { GitHubHost } from '../../../../src/core/github/gitHubHost';
import type { PullRequest } from '../../../../src/core/github/pullRequest';
import type * as vscode from 'vscode';
import type { SessionStore } from '../../../../src/core/store/sessionStore';
import type { SessionRow } from '../../../../src/core/store/sessionRow';
import type { NewPullRequest } from '../../../../src/github/gitHubClient';
import { Command, ContextKey } from '../../../../src/manifest';
import { DocumentTargets } from '../../../../src/ui/common/documentTargets';
import { CreatePullRequest } from '../../../../src/ui/pullRequests/createPullRequest';
import { DescriptionEditors } from '../../../../src/ui/pullRequests/descriptionEditors';
import { sessionRow } from '../../../support/sessionRows';

const PULL: PullRequest = {
  ...{ number: 12, url: 'https://github.com/octo/app/pull/12', title: 'Add a pier', state: 'open' },
  ...{ base: 'main', head: 'copilot/pier', headCommit: 'a'.repeat(40) },
};
const REFUSED = new CloudSessionsError('invalid-argument', 'A pull request already exists.', { nextStep: 'Look.' });

describe('Create Pull Request', () => {
  let row: SessionRow;
  let listed: string | undefined;
  let sent: NewPullRequest[];
  let failure: Error | undefined;
  let existing: PullRequest | undefined;
  let noted: PullRequest[];
  let base: string | undefined;
  let steps: string[];
  let answers: (string | undefined)[];
  let opened: unknown[];
  let events: readonly unknown[];
  let documents: { uri: vscode.Uri; isClosed: boolean; text: string; getText: () => string }[];
  let contexts: unknown[];
  let lenses: vscode.CodeLensProvider;
  let stored: unknown;
  let dispose: () => void;

  /** Answers an input by the next text: a value, or the beginning of an item's label. */
  const answer = (asked: string): string | undefined => {
    steps.push(asked);
    return answers.shift();
  };

  beforeEach(() => {
    resetVscode();
    [failure, existing, base, listed] = [undefined, undefined, undefined, undefined];
    [sent, noted, steps, answers, opened] = [[], [], [], [], []];
    events = [
      { type: 'assistant.message', data: { content: 'I have added a pier.\n' } },
      { type: 'assistant.message', data: { content: 'A helper.' }, agentId: 'helper' },
      { type: 'assistant.message', data: { content: 'A helper.', parentToolCallId: 'call' } },
      { type: 'assistant.message', data: { content: ' ' } },
    ];
    row = sessionRow('a', {
      ...{ title: 'Add a pier', listedBranch: 'copilot/pier', remoteUrl: 'https://github.com/copilot/tasks/a' },
      session: {
        activity: { firstPrompt: 'Add a pier.\nA long one\u202e.' },
        get events() {
          return events;
        },
        remoteUrl: undefined,
      } as never,
    });
    [documents, contexts, stored] = [[], [], undefined];
    begin();
  });

  const begin = (): void => {
    const restore = replaceMembers({
      api: {
        CodeLens: class {
          constructor(
            readonly range: unknown,
            readonly command: unknown,
          ) {}
        },
        languages: {
          registerCodeLensProvider: (_selector: unknown, provider: vscode.CodeLensProvider) => {
            lenses = provider;
            return { dispose: () => undefined };
          },
        },
        workspace: {
          get textDocuments() {
            return documents;
          },
          openTextDocument: ({ language, content }: { language: string; content: string }) => {
            assert.equal(language, 'markdown');
            const document = {
              uri: fileUri('/Untitled-1'),
              isClosed: false,
              text: content,
              getText: () => document.text,
            };
            documents.push(document);
            return Promise.resolve(document);
          },
          onDidCloseTextDocument: () => ({ dispose: () => undefined }),
          applyEdit: () => Promise.resolve((documents = [])),
        },
      },
      window: {
        showTextDocument: () => Promise.resolve(steps.push('editor')),
        showInputBox: (options: { value: string; validateInput: (text: string) => string | undefined }) => {
          const text = answer(options.value);
          const problem = text === undefined ? undefined : options.validateInput(text);
          return Promise.resolve(problem === undefined ? text : assert.fail(problem));
        },
        showQuickPick: (items: readonly { label: string }[], options: { placeHolder: string }) => {
          const label = answer(options.placeHolder);
          return Promise.resolve(items.find((item) => label !== undefined && item.label.endsWith(label)));
        },
      },
      commands: {
        executeCommand: (...command: unknown[]) => {
          (command[0] === 'setContext' ? contexts : opened).push(command);
          return Promise.resolve();
        },
      },
    });
    const store = {
      onDidChange: () => ({ dispose: () => undefined }),
      find: (id: string) => (id === 'a' ? row : undefined),
      rows: [row],
      refresh: () => {
        row = { ...row, listedBranch: listed };
        return Promise.resolve();
      },
      connect: () => Promise.reject(new Error('It is away')),
    } as unknown as SessionStore;
    const memento = {
      get: () => stored as undefined,
      update: (_key: string, value: unknown) => Promise.resolve(void (stored = value)),
    };
    const command = new CreatePullRequest({
      store,
      descriptions: new DescriptionEditors(store, new DocumentTargets(memento, 'targets')),
      watcher: { put: (_row, pullRequest) => void noted.push(pullRequest) },
      client: {
        createPullRequest: (_repository, pull) => {
          sent.push(pull);
          return failure === undefined ? Promise.resolve(PULL) : Promise.reject(failure);
        },
        findPullRequest: () => Promise.resolve(existing),
        repository: () => Promise.resolve({ owner: 'octo', name: 'app', defaultBranch: 'main', isRenamed: false }),
      },
      changes: { get: () => (base === undefined ? undefined : ({ set: { changes: { base } } } as never)) },
      gitHub: { current: { host: GitHubHost.dotCom } },
      requestAccess: () => {
        steps.push('account');
        return Promise.resolve();
      },
      selected: () => Promise.resolve(undefined),
    }).register();
    dispose = () => {
      command.dispose();
      restore();
    };
  };

  afterEach(() => dispose());

  const settled = () => new Promise(setImmediate);

  describe('by code', () => {
    it('takes what is not given from the session, and asks nothing', async () => {
      assert.deepEqual(await execute(Command.createPullRequest, { sessionId: 'a' }), { number: 12, url: PULL.url });
      assert.deepEqual(sent, [
        {
          ...{ title: 'Add a pier', head: 'copilot/pier', base: 'main', draft: false },
          body: [
            'I have added a pier.',
            '**Prompt**',
            '> Add a pier.\n> A long one‹U+202E›.',
            '[Copilot session](<https://github.com/copilot/tasks/a>)',
          ].join('\n\n'),
        },
      ]);
      assert.deepEqual([steps, shown, noted], [[], [], [PULL]]);
    });

    it('takes what is given, as it is', async () => {
      const given = { title: 'T', body: '', base: 'develop', draft: true };
      await execute(Command.createPullRequest, { sessionId: 'a', ...given });
      assert.deepEqual(sent, [{ ...given, head: 'copilot/pier' }]);
    });

    it('compares with the base of the changes, or the branch that the session started from', async () => {
      base = 'release';
      await execute(Command.createPullRequest, 'a');
      base = 'copilot/pier';
      row = { ...row, startBranch: 'topic' };
      await execute(Command.createPullRequest, 'a');
      assert.deepEqual(
        sent.map((pull) => pull.base),
        ['release', 'topic'],
      );
    });

    it('works without a history', async () => {
      row = { ...row, session: undefined };
      await execute(Command.createPullRequest, 'a');
      assert.equal(sent[0]?.body, '[Copilot session](<https://github.com/copilot/tasks/a>)');
    });

    it('reads the list again for a branch that was just pushed, and says if there is none', async () => {
      row = { ...row, listedBranch: undefined };
      await assert.rejects(execute(Command.createPullRequest, 'a'), { code: 'branch-not-found' });
      listed = 'copilot/late';
      await execute(Command.createPullRequest, 'a');
      assert.deepEqual(
        sent.map(({ head }) => head),
        ['copilot/late'],
      );
    });

    it('finds the one that there is when GitHub refuses a second one, or when the answer is lost', async () => {
      existing = { ...PULL, number: 7 };
      for (const error of [REFUSED, new CloudSessionsError('service-unavailable', 'Cut off.', { nextStep: 'Look.' })]) {
        failure = error;
        assert.deepEqual(await execute(Command.createPullRequest, 'a'), { number: 7, url: PULL.url });
      }
      assert.deepEqual(
        noted.map(({ number }) => number),
        [7, 7],
      );
    });

    it('fails with GitHub’s reason where that is another one', async () => {
      failure = REFUSED;
      for (const other of [undefined, { ...PULL, state: 'merged' as const }, { ...PULL, base: 'develop' }]) {
        existing = other;
        await assert.rejects(execute(Command.createPullRequest, 'a'), REFUSED);
      }
      existing = PULL;
      failure = new CloudSessionsError('not-signed-in', 'Nobody is signed in.');
      await assert.rejects(execute(Command.createPullRequest, 'a'), failure);
      assert.deepEqual([noted, shown], [[], []]);
    });

    it('refuses what cannot be meant before anything is sent', async () => {
      for (const argument of [
        { sessionId: 'a', title: ' ' },
        { sessionId: 'a', title: 'x'.repeat(257) },
        { sessionId: 'a', base: '../x' },
        { sessionId: 'a', base: 'copilot/pier' },
        { sessionId: 'a', draft: 'yes' },
        { sessionId: 'a', head: 'x' },
        {},
      ]) {
        await assert.rejects(execute(Command.createPullRequest, argument), { code: 'invalid-argument' });
      }
      row = { ...row, repository: 'octo' };
      await assert.rejects(execute(Command.createPullRequest, 'a'), { code: 'invalid-argument' });
      assert.deepEqual(sent, []);
    });
  });

  describe('by a person', () => {
    it('asks for the title and the state, then for the account, and offers to open it', async () => {
      answers = ['  A better title ', 'Create Draft'];
      onMessage(({ buttons }) => buttons[0]);
      await execute(Command.createPullRequest, { key: 'a' });
      await settled();
      assert.deepEqual(steps, ['Add a pier', '“copilot/pier” into “main”', 'account']);
      assert.deepEqual([sent[0]?.title, sent[0]?.draft], ['A better title', true]);
      assert.deepEqual(
        shown.map(({ level, text }) => [level, text]),
        [['info', 'Pull request #12 was created.']],
      );
      assert.deepEqual(opened, [[Command.openPullRequest, 'a']]);
    });

    it('goes into another base, if that is chosen', async () => {
      answers = ['Title', 'Change Base Branch…', 'develop', 'Create Pull Request'];
      await execute(Command.createPullRequest, { key: 'a' });
      assert.deepEqual(steps.slice(2), ['main', '“copilot/pier” into “develop”', 'account']);
      assert.deepEqual([sent[0]?.base, sent[0]?.draft], ['develop', false]);
    });

    it('sends nothing, and needs no account, for GitHub’s own page or when it is dismissed', async () => {
      answers = ['A & B #1', 'Continue on GitHub'];
      await execute(Command.createPullRequest, { key: 'a' });
      const [[id, address] = []] = opened as [string, string][];
      const url = new URL(String(address));
      assert.deepEqual(
        [id, url.origin, url.pathname, url.searchParams.get('title')],
        ['vscode.open', 'https://github.com', '/octo/app/compare/main...copilot/pier', 'A & B #1'],
      );
      assert.match(url.searchParams.get('body') ?? '', /^I have added a pier\./);
      for (const dismissed of [[undefined], ['Title', undefined]]) {
        answers = dismissed;
        await execute(Command.createPullRequest, { key: 'a' });
      }
      assert.deepEqual([sent, shown, steps.includes('account')], [[], [], false]);
    });

    it('shows the description for editing, and creates it with what is in the editor then', async () => {
      answers = ['My title', 'Change Base Branch…', 'develop', 'Edit Description…'];
      await execute(Command.createPullRequest, { key: 'a' });
      const document = documents[0] ?? assert.fail();
      assert.match(document.text, /^I have added a pier\.\n\n\*\*Prompt/);
      assert.deepEqual([steps.at(-1), sent], ['editor', []]);
      assert.deepEqual(contexts.at(-1), ['setContext', ContextKey.descriptions, [document.uri.toString()]]);
      const [lens] = lenses.provideCodeLenses(document as never, undefined as never) as vscode.CodeLens[];
      assert.deepEqual(
        [lens?.command?.title, lens?.command?.command],
        ['$(git-pull-request-create) Create Pull Request for “Add a pier”…', Command.createDescribed],
      );

      document.text = 'In my own words.';
      [steps, answers] = [[], ['Create Pull Request']];
      await execute(Command.createDescribed, document.uri);
      assert.deepEqual(steps, ['“copilot/pier” into “develop”', 'account']);
      const { title, body, base: into } = sent[0] ?? assert.fail();
      assert.deepEqual([title, body, into], ['My title', 'In my own words.', 'develop']);
      assert.deepEqual(documents, []);
    });

    it('takes the edited description from the row, too, also after a reload, and shows it again', async () => {
      stored = { 'file:///Untitled-2': 'a' };
      dispose();
      begin();
      const document = { uri: fileUri('/Untitled-2'), isClosed: false, text: 'Mine.', getText: () => document.text };
      documents = [document];
      answers = ['Title', 'Edit Description…'];
      await execute(Command.createPullRequest, { key: 'a' });
      assert.deepEqual([documents.length, steps.at(-1)], [1, 'editor']);
      failure = new CloudSessionsError('forbidden', 'Access denied.', { nextStep: 'Ask.' });
      answers = ['Create Draft'];
      await execute(Command.createPullRequest, { key: 'a' });
      assert.deepEqual([sent[0]?.body, documents.length], ['Mine.', 1]);
      document.text = 'x'.repeat(65_537);
      [answers, sent] = [['Create Draft'], []];
      await execute(Command.createPullRequest, { key: 'a' });
      assert.match(shown.at(-1)?.text ?? '', /longer than 65536 characters/);
      assert.deepEqual([sent, documents.length], [[], 1]);
    });

    it('leaves the text in the editor if its session is gone', async () => {
      await execute(Command.createDescribed, fileUri('/Untitled-7'));
      await settled();
      assert.match(shown[0]?.text ?? '', /not in the list any more\. The text stays in the editor/);
    });

    it('has no address that is too long for GitHub', async () => {
      events = [{ type: 'assistant.message', data: { content: '桟橋'.repeat(5_000) } }];
      answers = ['橋'.repeat(256), 'Continue on GitHub'];
      await execute(Command.createPullRequest, { key: 'a' });
      const [[, address] = []] = opened as [string, string][];
      assert.ok(String(address).length < 8_192, String(String(address).length));
    });

    it('keeps the title over a failure, and offers to try again', async () => {
      failure = new CloudSessionsError('forbidden', 'Access denied.', { nextStep: 'Ask.' });
      answers = ['My title', 'Create Pull Request'];
      onMessage(() => 'Try Again');
      await execute(Command.createPullRequest, { key: 'a' });
      await settled();
      assert.match(shown[0]?.text ?? '', /^Access denied\./);
      assert.deepEqual(opened, [[Command.createPullRequest, { key: 'a' }]]);
      [failure, steps] = [undefined, []];
      answers = ['My title', 'Create Pull Request'];
      await execute(Command.createPullRequest, { key: 'a' });
      assert.equal(steps[0], 'My title');
      steps = [];
      await execute(Command.createPullRequest, { key: 'a' });
      assert.equal(steps[0], 'Add a pier');
    });
  });
});
