import assert from 'node:assert/strict';
import {
  branchRows,
  promptHint,
  proposedBranch,
  repositoryPlaceholder,
  repositoryRows,
  whyNotAlias,
  type Row,
} from '../../../../src/ui/create/createSessionRows';
import { GitHubHost } from '../../../../src/core/github/gitHubHost';
import { repositoryEntries, type CurrentBranch, type RepositoryList } from '../../../../src/ui/git/gitRepositories';

const list = (...folders: readonly (readonly [string, Record<string, string>])[]): RepositoryList => ({
  git: 'ready',
  ...repositoryEntries(
    folders.map(([folder, remotes], index) => ({
      root: `file:///w/${folder}`,
      folder,
      isCurrent: index === 0,
      head: undefined,
      remotes: Object.entries(remotes).map(([name, url]) => ({ name, urls: [url] })),
    })),
  ),
});

const two = list(
  ['web', { origin: 'git@github.com:octo/web.git' }],
  ['api', { origin: 'https://github.com/octo/api', fork: 'https://github.com/me/api' }],
);
const DOT_COM = { host: GitHubHost.dotCom };
const ACME = GitHubHost.read('acme.ghe.com', 'GH_HOST')!;
const labels = (rows: readonly Row<unknown>[]) => rows.map(({ label }) => label);
const keyed = <Choice>(rows: readonly Row<Choice>[], key: string): Row<Choice> => {
  const found = rows.find((row) => row.key === key);
  assert.ok(found, `no row ${key} among ${rows.map((row) => row.key).join(', ')}`);
  return found;
};

describe('the rows for the repository', () => {
  it('are those of the open folders, and none', () => {
    const rows = repositoryRows(two, DOT_COM, '');
    assert.deepEqual(labels(rows), [
      '$(repo) octo/web',
      '$(repo) octo/api',
      '$(repo) me/api',
      '$(circle-slash) No repository',
    ]);
    assert.deepEqual(
      rows.map(({ description }) => description),
      ['current folder, origin', 'api, origin', 'api, fork', 'the agent starts without code'],
    );
    assert.deepEqual(
      rows.map(({ group }) => group),
      ['open folders', undefined, undefined, 'other'],
    );
  });

  it('choose what they say', () => {
    const rows = repositoryRows(two, DOT_COM, '');
    const { choice } = keyed(rows, 'entry:github.com/me/api');
    assert.ok(choice.kind === 'repository');
    assert.deepEqual([choice.repository.owner, choice.repository.name], ['me', 'api']);
    assert.equal(choice.repository.entry?.places[0]?.remote, 'fork');
    assert.deepEqual(keyed(rows, 'none').choice, { kind: 'none' });
  });

  it('are none before Git has answered, so that nothing jumps under the cursor', () => {
    assert.deepEqual(repositoryRows(undefined, DOT_COM, ''), []);
    assert.deepEqual(labels(repositoryRows(undefined, DOT_COM, 'o/r')), ['$(repo) o/r']);
  });

  it('name the other places where a repository is', () => {
    const rows = repositoryRows(
      list(['web', { origin: 'git@github.com:octo/web' }], ['copy', { up: 'git@github.com:octo/web' }]),
      DOT_COM,
      '',
    );
    assert.equal(rows[0]?.detail, 'Also: copy, up');
  });

  it('show the repositories of another host last, and that they are of no use', () => {
    const rows = repositoryRows(
      list(['web', { origin: 'git@acme.ghe.com:octo/web' }], ['api', { origin: 'git@github.com:octo/api' }]),
      DOT_COM,
      '',
    );
    assert.deepEqual(labels(rows).slice(0, 2), ['$(repo) octo/api', '$(warning) octo/web']);
    const blocked = rows[1]!;
    assert.equal(blocked.description, 'acme.ghe.com · current folder, origin');
    assert.match(blocked.detail ?? '', /works with github\.com \(GH_HOST/);
    assert.equal(blocked.choice.kind, 'blocked');
  });

  it('are judged by the runtime’s host', () => {
    const acme = list(['web', { origin: 'git@acme.ghe.com:octo/web' }]);
    const [row] = repositoryRows(acme, ACME, '');
    assert.equal(row?.choice.kind, 'repository');
    assert.equal(row.description, 'acme.ghe.com · current folder, origin');
    assert.equal(row.detail, undefined);
    assert.equal(repositoryRows(two, ACME, '')[0]?.choice.kind, 'blocked');
  });

  it('take an SSH alias for what SSH says, and say so', () => {
    const aliased = (answer?: string) => {
      const remotes = [{ name: 'origin', urls: ['work:octo/web'] }];
      const tree = { root: 'file:///w/web', folder: 'web', isCurrent: true, head: undefined, remotes };
      const [row] = repositoryRows({ git: 'ready', ...repositoryEntries([tree], () => answer) }, DOT_COM, '');
      assert.ok(row);
      return row;
    };
    assert.equal(aliased('ssh.github.com').choice.kind, 'repository');
    assert.equal(aliased('ssh.github.com').description, 'current folder, origin');
    assert.equal(aliased('ssh.github.com').detail, '“work” is github.com for SSH.');
    assert.equal(aliased('10.0.0.9').choice.kind, 'blocked');
    assert.match(aliased('10.0.0.9').detail ?? '', /“work” is 10\.0\.0\.9 for SSH/);
    assert.equal(aliased().choice.kind, 'blocked');
    assert.match(aliased().detail ?? '', /ssh could not be asked/);
  });

  it('never take a host of the web for an alias', () => {
    for (const url of ['http://gitea:3000/octo/app', 'https://work/octo/app', 'http://github.com-work/octo/app']) {
      assert.equal(keyed(repositoryRows(undefined, DOT_COM, url), 'typed').choice.kind, 'blocked', url);
      assert.equal(repositoryRows(list(['web', { origin: url }]), DOT_COM, '')[0]?.choice.kind, 'blocked', url);
    }
  });

  it('offer what is typed with an alias, which is looked up when it is chosen', () => {
    const { choice, description } = keyed(repositoryRows(two, DOT_COM, 'git@Work:octo/app'), 'typed');
    assert.ok(choice.kind === 'alias');
    assert.deepEqual(choice.ssh, { host: 'Work', user: 'git' });
    assert.match(description ?? '', /if SSH says that “Work” is github\.com/);
    assert.equal(whyNotAlias(choice.ssh, 'ssh.github.com', DOT_COM), undefined);
    assert.match(whyNotAlias(choice.ssh, 'evil.example', DOT_COM) ?? '', /“Work” is evil\.example for SSH.*works with/);
    assert.match(whyNotAlias(choice.ssh, undefined, DOT_COM) ?? '', /could not be asked/);
  });

  it('are of no use while the runtime’s host is not known, and say why', () => {
    const nowhere = GitHubHost.read('no host', 'GH_HOST')!;
    for (const row of [...repositoryRows(two, nowhere, 'o/r')].filter(({ key }) => key !== 'none')) {
      assert.equal(row.choice.kind, 'blocked');
      assert.match(row.detail ?? '', /GH_HOST is not the name of a host/);
    }
  });

  it('offer what is typed, before all others', () => {
    for (const text of [
      'me/other',
      'me/other@dev',
      'https://github.com/me/other/tree/dev',
      'git@github.com:me/other.git',
    ]) {
      const [row] = repositoryRows(two, DOT_COM, text);
      assert.equal(row?.key, 'typed');
      assert.equal(row.alwaysShow, true);
      assert.ok(row.choice.kind === 'repository');
      assert.equal(`${row.choice.repository.owner}/${row.choice.repository.name}`, 'me/other');
      assert.equal(row.choice.repository.branch, text.includes('dev') ? 'dev' : undefined);
      assert.equal(row.choice.repository.entry, undefined);
    }
  });

  it('know what is typed where Git knows it', () => {
    const [row] = repositoryRows(two, DOT_COM, 'https://github.com/OCTO/API');
    assert.ok(row?.choice.kind === 'repository');
    assert.equal(row.choice.repository.entry?.places[0]?.folder, 'api');
    assert.deepEqual([row.choice.repository.owner, row.choice.repository.name], ['octo', 'api']);
  });

  it('do not offer twice what is listed', () => {
    assert.ok(!repositoryRows(two, DOT_COM, ' Octo/Web ').some(({ key }) => key === 'typed'));
    assert.ok(repositoryRows(two, DOT_COM, 'octo/web2').some(({ key }) => key === 'typed'));
  });

  it('offer the repository of that name on the runtime’s host, though another host has one', () => {
    const acme = list(['web', { origin: 'git@acme.ghe.com:octo/web' }]);
    assert.equal(repositoryRows(acme, DOT_COM, 'octo/web')[0]?.key, 'typed');
  });

  it('refuse a URL of another host', () => {
    const row = keyed(repositoryRows(two, DOT_COM, 'https://acme.ghe.com/o/r'), 'typed');
    assert.equal(row.choice.kind, 'blocked');
    assert.equal(row.description, 'acme.ghe.com');
  });

  it('explain what is wrong, after all that may still be meant', () => {
    const rows = repositoryRows(two, DOT_COM, 'we');
    const row = rows.at(-1);
    assert.equal(row?.label, '$(info) The owner is missing.');
    assert.match(row.detail ?? '', /Write owner\/name/);
    assert.deepEqual([row.choice.kind, row.alwaysShow], ['explanation', true]);
    assert.equal(rows[0]?.label, '$(repo) octo/web');
  });

  it('make no icons of what comes from outside', () => {
    const trap = list(['$(alert)\u202e', { '$(x~spin)': 'git@github.com:o/r' }], ['b', { o: 'git@github.com:o/r' }]);
    const entry = trap.entries[0]!;
    const odd = { ...trap, entries: [{ ...entry, places: [...entry.places].reverse() }] };
    const [row] = repositoryRows(odd, DOT_COM, '');
    assert.equal(row?.detail, 'Also: current folder, \\$(x~spin)');
    const branches = branchRows({ owner: 'o', name: 'r' }, { names: ['$(alert)', 'a\u202eb'], current: [] }, '');
    assert.equal(keyed(branches, 'branch:$(alert)').label, '$(git-branch) \\$(alert)');
    assert.ok(!keyed(branches, 'branch:a\u202eb').label.includes('\u202e'));
    assert.deepEqual(keyed(branches, 'branch:a\u202eb').choice, { kind: 'branch', name: 'a\u202eb' });
  });
});

describe('the placeholder for the repository', () => {
  it('says why nothing is listed', () => {
    const text = (git: RepositoryList['git']) => repositoryPlaceholder({ git, entries: [], foreignHosts: [] });
    assert.match(repositoryPlaceholder(undefined), /Reading the Git remotes/);
    assert.match(text('ready'), /no open folder has a GitHub remote/);
    assert.match(text('starting'), /still reading/);
    assert.match(text('absent'), /not available/);
    assert.match(text('disabled'), /disabled or not installed/);
    assert.match(text('untrusted'), /trusted/);
    assert.match(text('failed'), /could not be read/);
    assert.match(repositoryPlaceholder(two), /choose one/);
  });
});

describe('the rows for the branch', () => {
  const repository = { owner: 'octo', name: 'web', entry: two.entries[0]! };
  const current = (name: string, more: Partial<CurrentBranch> = {}): CurrentBranch => ({
    name,
    localName: name,
    folder: 'web',
    remoteState: 0,
    ...more,
  });
  const known = { names: ['main', 'dev', 'feature/x'], current: [current('dev')] };

  it('are the default branch, the current one, and the others of the remote', () => {
    const rows = branchRows(repository, known, '');
    assert.deepEqual(labels(rows), [
      '$(repo) Default branch',
      '$(git-branch) dev',
      '$(git-branch) main',
      '$(git-branch) feature/x',
    ]);
    assert.deepEqual(
      rows.map(({ choice }) => ('name' in choice ? choice.name : choice.kind)),
      ['default', 'dev', 'main', 'feature/x'],
    );
    assert.equal(rows[1]?.description, 'current');
    assert.equal(rows[1].detail, undefined);
  });

  it('never hide what the runtimes do with it', () => {
    for (const text of ['', 'dev', 'new', 'a b']) {
      const row = keyed(branchRows(repository, known, text), 'default');
      assert.match(
        row.detail ?? '',
        /runtimes up to 1\.0\.102 start from it; another branch is named in the first prompt/,
      );
      assert.equal(row.alwaysShow, true);
    }
  });

  it('say what the agent will not see', () => {
    const detail = (more: Partial<CurrentBranch>) =>
      keyed(branchRows(repository, { names: ['main'], current: [current('x', more)] }, ''), 'branch:x').detail;
    assert.equal(detail({ remoteState: 1 }), '1 commit is not pushed: the agent does not see it.');
    assert.equal(detail({ remoteState: 3 }), '3 commits are not pushed: the agent does not see them.');
    assert.match(detail({ remoteState: 'absent' }) ?? '', /Not on GitHub as of the last fetch/);
    assert.match(detail({ remoteState: 'unknown' }) ?? '', /only what is pushed/);
  });

  it('tell which folder is on it, and what it is called there', () => {
    const several = list(['web', { origin: 'git@github.com:o/r' }], ['copy', { origin: 'git@github.com:o/r' }]);
    const rows = branchRows(
      { owner: 'o', name: 'r', entry: several.entries[0]! },
      { names: ['main', 'x'], current: [current('main'), current('x', { folder: 'copy', localName: 'y' })] },
      '',
    );
    assert.equal(keyed(rows, 'branch:main').description, 'current in web');
    assert.equal(keyed(rows, 'branch:x').description, 'current in copy, called y here');
  });

  it('offer what is typed, and warn where the last fetch had no such branch', () => {
    const [row] = branchRows(repository, known, ' refs/heads/new ');
    assert.deepEqual(row?.choice, { kind: 'branch', name: 'new' });
    assert.match(row.detail ?? '', /Not among the branches of the last fetch/);
    const [unknown] = branchRows(repository, undefined, 'new');
    assert.deepEqual([unknown?.key, unknown?.detail], ['typed', undefined]);
  });

  it('do not offer twice what is listed', () => {
    for (const text of ['main', 'dev']) {
      assert.ok(!branchRows(repository, known, text).some(({ key }) => key === 'typed'));
    }
    // Branches differ by their case.
    assert.equal(branchRows(repository, known, 'Main')[0]?.key, 'typed');
  });

  it('explain what cannot be a branch', () => {
    const [row] = branchRows(repository, known, 'a b');
    assert.equal(row?.label, '$(info) A branch’s name cannot contain spaces.');
    assert.deepEqual([row.choice.kind, row.alwaysShow], ['explanation', true]);
  });

  it('start at the branch of a page’s URL', () => {
    const page = { owner: 'o', name: 'r', branch: 'feature/x/src', refPath: 'feature/x/src' };
    assert.equal(proposedBranch(page, known), 'feature/x');
    assert.equal(proposedBranch(page, { names: [], current: [] }), 'feature/x/src');
    assert.equal(proposedBranch({ owner: 'o', name: 'r', branch: 'dev' }, known), 'dev');
    assert.equal(proposedBranch({ owner: 'o', name: 'r' }, known), undefined);
  });
});

describe('the first prompt', () => {
  it('is asked for with what becomes of the branch', () => {
    assert.equal(promptHint(undefined, undefined), 'First prompt. Empty: the session waits for one.');
    assert.equal(
      promptHint({ owner: 'o', name: 'r' }, undefined),
      'First prompt for o/r. Empty: the session waits for one.',
    );
    assert.match(
      promptHint({ owner: 'o', name: 'r' }, 'dev'),
      / dev is named in it for you: .* start from the default branch/,
    );
  });
});
