import assert from 'node:assert/strict';
import { anything, aUri, execute, onMessage, replaceMembers, resetVscode, shown } from '../../../support/vscodeStub';
import type { FailedCheck, PullRequest } from '../../../../src/core/github/pullRequest';
import type { SessionRow } from '../../../../src/core/store/sessionRow';
import { Command } from '../../../../src/manifest';
import { PullRequestCommands } from '../../../../src/ui/pullRequests/pullRequestCommands';
import { sessionRow } from '../../../support/sessionRows';

const URL = 'https://github.com/octo/app/pull/12';
const PULL: PullRequest = {
  ...{ number: 12, url: URL, title: 'Add a pier', state: 'open' },
  ...{ base: 'main', head: 'copilot/pier', headCommit: 'a'.repeat(40) },
};

describe('the commands on pull requests', () => {
  let row: SessionRow;
  let found: PullRequest | undefined;
  let opened: unknown[];
  let composed: unknown[];
  let isInstalled: boolean;
  let isWeb: boolean;
  let isHere: boolean;
  let run: unknown[];
  let dispose: () => void;

  beforeEach(() => {
    resetVscode();
    row = sessionRow('a', { listedBranch: 'copilot/pier' });
    found = PULL;
    [opened, composed] = [[], []];
    [isInstalled, isWeb, isHere] = [false, false, false];
    run = [];
    const restore = replaceMembers({
      commands: {
        executeCommand: (...command: unknown[]) => {
          run.push(command);
          return Promise.resolve();
        },
      },
      api: {
        UIKind: { Desktop: 1, Web: 2 },
        extensions: { getExtension: (id: string) => (isInstalled && id.startsWith('GitHub.') ? {} : undefined) },
        env: {
          uriScheme: 'code',
          get uiKind() {
            return isWeb ? 2 : 1;
          },
          asExternalUri: (uri: unknown) => Promise.resolve(uri),
          openExternal: (uri: object) => Promise.resolve(opened.push({ ...uri })),
        },
      },
    });
    const commands = new PullRequestCommands({
      store: { find: (id: string) => (id === 'a' ? row : undefined), rows: [row] } as never,
      watcher: {
        read: () => Promise.resolve(found),
        get: () => found,
        isMissing: () => found === undefined,
      } as never,
      compose: (sessionId, text) => {
        composed.push([sessionId, text]);
        return Promise.resolve({ uri: aUri } as never);
      },
      gitHub: anything,
      git: { cloneOf: () => (isHere ? Promise.resolve(anything) : Promise.reject(new Error('not open here'))) },
      selected: () => Promise.resolve(undefined),
    }).register();
    dispose = () => {
      commands.dispose();
      restore();
    };
  });

  afterEach(() => dispose());

  describe('Open Pull Request', () => {
    it('opens its page, and has its address for code', async () => {
      assert.equal(await execute(Command.openPullRequest, 'a'), URL);
      assert.deepEqual(opened, [{ scheme: 'file', path: URL }]);
    });

    it('opens it in GitHub Pull Requests only where that can show it', async () => {
      const inEditor = {
        scheme: 'code',
        authority: 'GitHub.vscode-pull-request-github',
        path: '/open-pull-request-webview',
        query: '{"owner":"octo","repo":"app","pullRequestNumber":12}',
      };
      for (const [installed, here, web, expected] of [
        [true, true, false, inEditor],
        [false, true, false, { scheme: 'file', path: URL }],
        [true, false, false, { scheme: 'file', path: URL }],
        [true, true, true, { scheme: 'file', path: URL }],
      ] as const) {
        [isInstalled, isHere, isWeb, opened] = [installed, here, web, []];
        assert.equal(await execute(Command.openPullRequest, 'a'), URL);
        assert.deepEqual(opened, [expected]);
      }
    });

    it('says that there is none, and what comes before there is one', async () => {
      found = undefined;
      await assert.rejects(execute(Command.openPullRequest, 'a'), {
        ...{ code: 'invalid-argument', message: '“Session a” has no pull request.' },
        nextStep: 'Create one for the branch “copilot/pier”.',
      });
      row = sessionRow('a');
      await assert.rejects(execute(Command.openPullRequest, 'a'), /has no pull request/);
      await assert.rejects(execute(Command.openPullRequest, 'b'), { code: 'session-not-found' });
      assert.deepEqual(opened, []);
    });

    it('offers a person to create it, where there is a branch for it', async () => {
      found = undefined;
      onMessage(({ buttons }) => buttons.find((title) => title === 'Create Pull Request'));
      await execute(Command.openPullRequest, { key: 'a' });
      await new Promise(setImmediate);
      row = sessionRow('a');
      await execute(Command.openPullRequest, { key: 'a' });
      assert.deepEqual(
        shown.map(({ buttons }) => buttons.includes('Create Pull Request')),
        [true, false],
      );
      assert.deepEqual(run, [[Command.createPullRequest, { key: 'a' }]]);
    });
  });

  describe('Ask the Agent to Fix the Checks', () => {
    const failed = (...failures: readonly FailedCheck[]): PullRequest => ({
      ...PULL,
      checks: { state: 'failed', total: failures.length, running: 0, failed: failures },
    });

    it('opens a prompt that names them, with their pages, and has its address for code', async () => {
      found = failed({ name: 'build', url: 'https://github.com/octo/app/runs/1' }, { name: 'a\u202eb\n' });
      for (const argument of ['a', { sessionId: 'a' }]) {
        assert.equal(await execute(Command.fixChecks, argument), aUri);
      }
      await execute(Command.fixChecks, { key: 'a' });
      const prompt = [
        'Checks of pull request #12 have failed on the branch `copilot/pier`. Find out why, fix the cause, and push the fix to that branch.',
        '- build: https://github.com/octo/app/runs/1\n- a‹U+202E›b',
      ].join('\n\n');
      assert.deepEqual(composed, Array(3).fill(['a', prompt]));
    });

    it('names so many of them as an agent can use', async () => {
      found = failed(...Array.from({ length: 60 }, (_, index) => ({ name: `check-${index}` })));
      await execute(Command.fixChecks, 'a');
      const [[, prompt] = []] = composed as [string, string][];
      assert.match(String(prompt), /- check-49\n- and 10 more$/);
    });

    it('says when there is nothing to fix', async () => {
      for (const [pull, message] of [
        [PULL, /^No check of pull request #12 has failed\./],
        [{ ...PULL, checks: { state: 'running', total: 1, running: 1, failed: [] } }, /^No check/],
        [undefined, /has no pull request/],
      ] as const) {
        found = pull;
        await assert.rejects(execute(Command.fixChecks, 'a'), { code: 'invalid-argument', message });
      }
      await assert.rejects(execute(Command.fixChecks, { sessionId: 'a', prompt: 'x' }), { code: 'invalid-argument' });
      assert.deepEqual(composed, []);
    });
  });
});
