import assert from 'node:assert/strict';
import { Emitter } from 'vscode-jsonrpc/node';
import { fileUri, replaceMembers, resetVscode } from '../../../support/vscodeStub';
import { GitHubHost } from '../../../../src/core/github/gitHubHost';
import { thisPlatform } from '../../../../src/runtime/platform/platform';
import { findTool } from '../../../../src/runtime/platform/tool';
import type { Clone } from '../../../../src/ui/git/clone';
import { GitRepositories } from '../../../../src/ui/git/gitExtension';
import { NoCloneError, type NoCloneReason } from '../../../../src/ui/git/noClone';

const GIT = findTool('git', thisPlatform(), []);
const HARBOR = { owner: 'octo-org', name: 'harbor' };
const HOST = { host: GitHubHost.dotCom } as const;

interface Opened {
  readonly root: string;
  readonly remotes: Readonly<Record<string, string>>;
}

describe('the clones of a repository that are open', function () {
  let restore: () => void;
  let isTrusted: boolean;
  let isEnabled: boolean;
  let folder: string | undefined;

  before(function () {
    if (GIT === undefined) {
      this.skip();
    }
  });

  beforeEach(() => {
    isTrusted = true;
    isEnabled = true;
    folder = undefined;
    restore = replaceMembers({
      api: {
        workspace: {
          get isTrusted() {
            return isTrusted;
          },
          get workspaceFolders() {
            return folder === undefined ? [] : [{ uri: fileUri(folder) }];
          },
          getConfiguration: () => ({ get: () => isEnabled }),
        },
      },
      window: { activeTextEditor: undefined },
    });
  });

  afterEach(() => {
    restore();
    resetVscode();
  });

  /** The repositories of a Git extension; `undefined`: there is none. */
  const repositories = (opened: readonly Opened[] | undefined, more: object = {}): GitRepositories => {
    const known = opened?.map(({ root, remotes }) => ({
      rootUri: fileUri(root),
      state: {
        HEAD: { name: 'main' },
        remotes: Object.entries(remotes).map(([name, fetchUrl]) => ({ name, fetchUrl })),
        onDidChange: new Emitter<void>().event,
      },
      status: () => Promise.resolve(),
    }));
    const api = {
      git: { path: GIT },
      state: 'initialized',
      onDidChangeState: new Emitter<void>().event,
      repositories: known ?? [],
      getRepository: (uri: { path: string }) => known?.find(({ rootUri }) => rootUri.path === uri.path) ?? null,
      ...more,
    };
    const extension = { activate: () => Promise.resolve({ enabled: true, getAPI: () => api }) };
    return new GitRepositories(() => (known === undefined ? undefined : (extension as never)), 200, {
      remotes: () => Promise.resolve(undefined),
      sshHost: ({ host }) => Promise.resolve(host),
    });
  };

  const harbor = (root: string): Opened => ({ root, remotes: { origin: 'https://github.com/octo-org/harbor.git' } });
  const short = (clones: readonly Clone[]): string[] =>
    clones.map(({ root, remote, isCurrent }) => `${root.path} ${remote}${isCurrent ? ' current' : ''}`);

  const expectNone = async (git: GitRepositories, reason: NoCloneReason, text: RegExp): Promise<void> => {
    const error: unknown = await git.clonesOf(HARBOR, HOST).catch((thrown: unknown) => thrown);
    assert(error instanceof NoCloneError, String(error));
    assert.equal(error.reason, reason);
    assert.match(error.message, text);
    assert.match(error.nextStep ?? '', /\w/);
  };

  it('are those with a remote that leads there, each once, the one that the user is in first', async () => {
    folder = '/w/second';
    const git = repositories([
      harbor('/w/first'),
      {
        root: '/w/second',
        remotes: { mine: 'git@github.com:Octo-Org/Harbor.git', origin: 'git@github.com:me/harbor' },
      },
      { root: '/w/other', remotes: { origin: 'https://github.com/octo-org/lighthouse.git' } },
      { root: '/w/elsewhere', remotes: { origin: 'https://acme.ghe.com/octo-org/harbor.git' } },
    ]);
    assert.deepEqual(short(await git.clonesOf(HARBOR, HOST)), ['/w/second mine current', '/w/first origin']);
    assert.equal((await git.cloneOf(HARBOR, HOST)).root.path, '/w/second');
  });

  it('are none, with the reason', async () => {
    await expectNone(repositories([]), 'not-open', /No clone of octo-org\/harbor is open/);
    await expectNone(repositories(undefined), 'absent', /Git extension is not available/);
    await expectNone(repositories([], { state: 'uninitialized' }), 'starting', /still reading/);
    isEnabled = false;
    await expectNone(repositories([harbor('/w/first')]), 'disabled', /disabled/);
    isTrusted = false;
    await expectNone(repositories(undefined), 'untrusted', /not trusted/);
    isEnabled = true;
    await expectNone(repositories([harbor('/w/first')]), 'untrusted', /not trusted/);
  });

  it('are none while the host is unknown, with what is wrong with it', async () => {
    await assert.rejects(repositories([harbor('/w/first')]).clonesOf(HARBOR, { problem: 'GH_HOST is wrong.' }), {
      message: 'GH_HOST is wrong.',
    });
  });
});
