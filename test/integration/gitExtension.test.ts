import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { GitTools } from '../../src/git/gitTools';
import { GitRepositories } from '../../src/ui/git/gitExtension';
import type { RepositoryEntry } from '../../src/ui/git/gitRepositories';

/** The part of the Git extension's API that only the tests need: opening repositories outside the workspace. */
interface GitExports {
  getAPI(version: 1): { openRepository(root: vscode.Uri): Promise<unknown>; getRepository(uri: vscode.Uri): unknown };
}

/** Excludes the user's own Git configuration. */
const ENV = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.com',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
};

describe('the repositories that the Git extension knows', () => {
  let folder: string;
  const opened: vscode.Uri[] = [];
  const repositories = new GitRepositories();

  /** Passed to single commands only: in a repository's configuration, they would be where its remotes are. */
  const aliases: string[] = [];
  const git = (where: string, ...args: string[]): string =>
    execFileSync('git', [...aliases, ...args], { cwd: path.join(folder, where), env: ENV, encoding: 'utf8' });

  /** Creates a repository with one commit on `main`. */
  const init = (name: string): string => {
    execFileSync('git', ['init', '--quiet', '--initial-branch=main', name], { cwd: folder, env: ENV });
    commit(name);
    return name;
  };
  const commit = (name: string): string => git(name, 'commit', '--quiet', '--allow-empty', '--message', 'Work');

  /** Adds a remote with a URL of GitHub and its data on this machine. */
  const addRemote = (name: string, remote: string, url: string): void => {
    const bare = path.join(folder, `${name}-${remote.replaceAll('/', '-')}.git`);
    execFileSync('git', ['init', '--quiet', '--bare', bare], { env: ENV });
    git(name, 'remote', 'add', remote, url);
    aliases.push('-c', `url.${bare}.insteadOf=${url}`);
  };

  const open = async (name: string): Promise<void> => {
    const uri = vscode.Uri.file(path.join(folder, name));
    await openUri(uri);
    opened.push(uri);
  };

  const openUri = async (uri: vscode.Uri): Promise<void> => {
    const extension = vscode.extensions.getExtension<GitExports>('vscode.git');
    assert.ok(extension, 'VS Code has no Git extension');
    const api = (await extension.activate()).getAPI(1);
    await api.openRepository(uri);
    assert.ok(api.getRepository(uri), `Git did not open ${uri.fsPath}`);
  };

  const entryOf = async (fullName: string): Promise<RepositoryEntry> => {
    const { git: state, entries } = await repositories.listRepositories();
    assert.equal(state, 'ready');
    const found = entries.filter(({ owner, name }) => `${owner}/${name}`.toLowerCase() === fullName);
    assert.equal(found.length, 1, `${found.length} times ${fullName}`);
    return found[0]!;
  };

  const configure = async (setting: string, value: unknown): Promise<void> =>
    vscode.workspace.getConfiguration('git', null).update(setting, value, vscode.ConfigurationTarget.Global);

  before(async () => {
    folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'git-extension-')));
    // Otherwise VS Code 1.100 opens no repository outside the workspace.
    await configure('openRepositoryInParentFolders', 'always');
  });

  afterEach(async () => {
    for (const uri of opened.splice(0)) {
      await vscode.commands.executeCommand('git.close', uri);
    }
  });

  after(async () => {
    await configure('openRepositoryInParentFolders', undefined);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it('include that of the open folder, as the current one', async () => {
    const { git: state, entries } = await repositories.listRepositories();
    assert.equal(state, 'ready');
    const workspaceFolder = vscode.workspace.workspaceFolders?.[0];
    const [first] = entries;
    assert.deepEqual(first?.places, [
      { root: workspaceFolder?.uri.toString(), folder: workspaceFolder?.name, isCurrent: true, remote: 'origin' },
    ]);
    assert.equal(first.host, 'github.com');
  });

  it('are read as soon as a folder is opened', async () => {
    init('fresh');
    addRemote('fresh', 'origin', 'git@github.com:octo/fresh.git');
    await open('fresh');
    // Git has announced the repository but not read it yet: the answer waits for that.
    const { places } = await entryOf('octo/fresh');
    assert.deepEqual(
      places.map(({ folder: name, remote, isCurrent }) => ({ name, remote, isCurrent })),
      [{ name: 'fresh', remote: 'origin', isCurrent: false }],
    );
  });

  it('are listed once, though a clone and a working tree lead there', async () => {
    init('first');
    addRemote('first', 'origin', 'https://token:x@github.com/octo/twice.git');
    init('second');
    addRemote('second', 'other', 'ssh://git@github.com/Octo/Twice');
    git('first', 'worktree', 'add', '--quiet', '-b', 'side', '../third');
    await open('first');
    await open('second');
    await open('third');
    const { places } = await entryOf('octo/twice');
    assert.deepEqual(places.map(({ folder: name, remote }) => `${name}:${remote}`).sort(), [
      'first:origin',
      'second:other',
      'third:origin',
    ]);
    assert.ok(!JSON.stringify(places).includes('token'));
  });

  it('are what Git makes of their URLs, and SSH of their hosts', async () => {
    init('rewritten');
    git('rewritten', 'config', 'url.git@work:.insteadOf', 'https://old.example/');
    git('rewritten', 'config', 'remote.origin.url', 'https://old.example/octo/rewritten.git');
    // Two names of one repository. The other host is not GitHub, though its name resembles one.
    git('rewritten', 'config', 'remote.second.url', 'git@github.com-home:Octo/Rewritten');
    git('rewritten', 'config', 'remote.third.url', 'git@gitea:octo/rewritten.git');
    await open('rewritten');
    const file = path.join(folder, 'ssh_config');
    writeFileSync(file, 'Host work github.com-home\n  HostName ssh.github.com\n  Port 443\n');
    const asked = new GitRepositories(
      undefined,
      60_000,
      new GitTools({ strangers: () => [], sshArguments: ['-F', file], patience: 60_000 }),
    );
    const { entries } = await asked.listRepositories();
    const found = entries.filter(({ name }) => name.toLowerCase() === 'rewritten');
    assert.deepEqual(
      found.map(({ host, owner, places }) => [
        host,
        owner,
        ...places.map(({ remote, alias }) => `${remote}: ${alias}`),
      ]),
      [
        ['github.com', 'octo', 'origin: work', 'second: github.com-home'],
        ['gitea', 'octo', 'third: undefined'],
      ],
    );
    // Branches keep the original remote name.
    assert.deepEqual(
      (await asked.branchesOf(found[0]!)).current.map(({ name }) => name),
      ['main'],
    );
  });

  it('have the branches of the last fetch, the latest first, without HEAD', async () => {
    init('branches');
    addRemote('branches', 'origin', 'https://github.com/octo/branches.git');
    git('branches', 'push', '--quiet', 'origin', 'main:feature/old');
    git('branches', 'push', '--quiet', '--set-upstream', 'origin', 'main');
    git('branches', 'remote', 'set-head', 'origin', 'main');
    git('branches', 'tag', 'v1');
    git('branches', 'branch', 'local-only');
    committedAt('2030-01-01T00:00:00Z', () => commit('branches'));
    git('branches', 'push', '--quiet', 'origin', 'main:z-latest');
    await open('branches');
    const { names, current } = await repositories.branchesOf(await entryOf('octo/branches'));
    assert.equal(names[0], 'z-latest');
    assert.deepEqual([...names].sort(), ['feature/old', 'main', 'z-latest']);
    assert.deepEqual(current, [{ name: 'main', localName: 'main', folder: 'branches', remoteState: 1 }]);
  });

  it('know the branches of a remote with a slash in its name, and none of the others', async () => {
    init('slash');
    addRemote('slash', 'team/fork', 'https://github.com/octo/slash.git');
    addRemote('slash', 'team', 'https://github.com/octo/team.git');
    git('slash', 'push', '--quiet', 'team/fork', 'main:from-fork');
    git('slash', 'push', '--quiet', 'team', 'main:from-team');
    await open('slash');
    assert.deepEqual((await repositories.branchesOf(await entryOf('octo/slash'))).names, ['from-fork']);
  });

  it('tell what of the current branch is not on the remote', async () => {
    const current = async () => (await repositories.branchesOf(await entryOf('octo/ahead'))).current;
    init('ahead');
    addRemote('ahead', 'origin', 'https://github.com/octo/ahead.git');
    git('ahead', 'push', '--quiet', 'origin', 'main', 'main:theirs');
    git('ahead', 'switch', '--quiet', '--create', 'mine');
    await open('ahead');
    const branch = { name: 'mine', localName: 'mine', folder: 'ahead' };
    assert.deepEqual(await current(), [{ ...branch, remoteState: 'absent' }]);

    git('ahead', 'branch', '--set-upstream-to', 'origin/theirs');
    commit('ahead');
    commit('ahead');
    // The state is read again without waiting for the editor to notice.
    assert.deepEqual(await current(), [{ ...branch, name: 'theirs', remoteState: 2 }]);

    git('ahead', 'push', '--quiet', 'origin', 'mine:theirs');
    assert.equal((await current())[0]?.remoteState, 0);

    git('ahead', 'switch', '--quiet', '--detach');
    assert.deepEqual(await current(), []);
  });

  it('prefer the remote of the current branch', async () => {
    init('fork');
    addRemote('fork', 'origin', 'https://github.com/octo/parent.git');
    addRemote('fork', 'mine', 'https://github.com/me/parent.git');
    git('fork', 'push', '--quiet', '--set-upstream', 'mine', 'main');
    await open('fork');
    const { entries } = await repositories.listRepositories();
    assert.deepEqual(
      entries.filter(({ name }) => name === 'parent').map(({ owner }) => owner),
      ['me', 'octo'],
    );
  });

  it('include one without a commit, whose branches nobody knows', async () => {
    execFileSync('git', ['init', '--quiet', '--initial-branch=trunk', 'unborn'], { cwd: folder, env: ENV });
    git('unborn', 'remote', 'add', 'origin', 'git@github.com:octo/unborn.git');
    await open('unborn');
    assert.deepEqual(await repositories.branchesOf(await entryOf('octo/unborn')), {
      names: [],
      current: [{ name: 'trunk', localName: 'trunk', folder: 'unborn', remoteState: 'unknown' }],
    });
  });

  it('have no branches once they are closed', async () => {
    init('closed');
    addRemote('closed', 'origin', 'git@github.com:octo/closed.git');
    await open('closed');
    const entry = await entryOf('octo/closed');
    await vscode.commands.executeCommand('git.close', opened.pop());
    assert.deepEqual(await repositories.branchesOf(entry), { names: [], current: [] });
  });

  describe('without Git', () => {
    it('are none while it is disabled, and are back with it', async () => {
      try {
        await configure('enabled', false);
        assert.deepEqual(await repositories.listRepositories(), { git: 'disabled', entries: [], foreignHosts: [] });
      } finally {
        await configure('enabled', undefined);
        await openUri(vscode.workspace.workspaceFolders![0]!.uri);
      }
      const { git: state, entries } = await repositories.listRepositories();
      assert.deepEqual([state, entries.length > 0], ['ready', true]);
    });

    it('are none where it was disabled from the start, or Git is not installed', async () => {
      const off = fake(() => Promise.resolve({ enabled: false, getAPI: () => assert.fail('it has no API') }));
      assert.deepEqual(await off.listRepositories(), { git: 'disabled', entries: [], foreignHosts: [] });
    });

    it('are none where there is no Git extension', async () => {
      const none = new GitRepositories(() => vscode.extensions.getExtension('nobody.nothing'));
      assert.deepEqual(await none.listRepositories(), { git: 'absent', entries: [], foreignHosts: [] });
    });

    const fake = (activate: () => Promise<unknown>) =>
      new GitRepositories(() => ({ activate }) as unknown as vscode.Extension<unknown>, 20);

    it('are none where its start hangs or fails', async () => {
      const hanging = fake(() => new Promise(() => undefined));
      assert.deepEqual(await hanging.listRepositories(), { git: 'starting', entries: [], foreignHosts: [] });
      const failing = fake(() => Promise.reject(new Error('broken')));
      assert.deepEqual(await failing.listRepositories(), { git: 'failed', entries: [], foreignHosts: [] });
      const other = fake(() => Promise.resolve({ enabled: true }));
      assert.deepEqual(await other.listRepositories(), { git: 'failed', entries: [], foreignHosts: [] });
    });

    it('are what it has so far, where its first scan takes too long', async () => {
      const { exports } = vscode.extensions.getExtension<GitExports>('vscode.git')!;
      const api = exports.getAPI(1);
      const scanning = new Proxy(api, {
        get: (target, key) => {
          const value: unknown = Reflect.get(target, key, target);
          return key === 'state'
            ? 'uninitialized'
            : typeof value === 'function'
              ? (value.bind(target) as unknown)
              : value;
        },
      });
      const slow = fake(() => Promise.resolve({ enabled: true, getAPI: () => scanning }));
      const { git: state, entries } = await slow.listRepositories();
      assert.equal(state, 'starting');
      assert.ok(entries.length > 0);
    });
  });
});

/** Git sorts by the committer's date, which has a resolution of one second. */
function committedAt(date: string, action: () => void): void {
  const env: NodeJS.ProcessEnv = ENV;
  env['GIT_COMMITTER_DATE'] = date;
  try {
    action();
  } finally {
    delete env['GIT_COMMITTER_DATE'];
  }
}
