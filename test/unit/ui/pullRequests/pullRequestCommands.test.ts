import assert from 'node:assert/strict';
import { anything, execute, replaceMembers, resetVscode } from '../../../support/vscodeStub';
import type { PullRequest } from '../../../../src/core/github/pullRequest';
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
  let isInstalled: boolean;
  let isWeb: boolean;
  let isHere: boolean;
  let dispose: () => void;

  beforeEach(() => {
    resetVscode();
    row = sessionRow('a', { listedBranch: 'copilot/pier' });
    found = PULL;
    opened = [];
    [isInstalled, isWeb, isHere] = [false, false, false];
    const restore = replaceMembers({
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
      watcher: { read: () => Promise.resolve(found), isMissing: () => found === undefined } as never,
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
      assert.deepEqual(opened, [{ path: URL }]);
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
        [false, true, false, { path: URL }],
        [true, false, false, { path: URL }],
        [true, true, true, { path: URL }],
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
  });
});
