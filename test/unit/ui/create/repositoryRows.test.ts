import assert from 'node:assert/strict';
import { GitHubHost } from '../../../../src/core/github/gitHubHost';
import { repositoryPlaceholder, repositoryRows, whyNotAlias } from '../../../../src/ui/create/repositoryRows';
import { repositoryEntries, type RepositoryList } from '../../../../src/ui/git/gitRepositories';
import { keyed, labels, list, two } from './rows';

const DOT_COM = { host: GitHubHost.dotCom };
const ACME = GitHubHost.read('acme.ghe.com', 'GH_HOST')!;

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
