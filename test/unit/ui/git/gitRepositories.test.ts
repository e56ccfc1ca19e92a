import assert from 'node:assert/strict';
import { GitHubHost } from '../../../../src/core/github/gitHubHost';
import {
  currentBranch,
  judgeEntries,
  mergeCurrentBranches,
  repositoryEntries,
  repositoryFindings,
  sshQuestions,
  type CurrentBranch,
  type Head,
  type SshAnswers,
  type WorkingTree,
} from '../../../../src/ui/git/gitRepositories';

const head = (name: string | undefined, more: Partial<Head> = {}): Head => ({
  name,
  commit: 'c1',
  upstream: undefined,
  ahead: undefined,
  ...more,
});

const tree = (
  folder: string,
  remotes: Record<string, string | string[]>,
  more: Partial<WorkingTree> = {},
): WorkingTree => ({
  root: `file:///w/${folder}`,
  folder,
  isCurrent: false,
  head: head('main'),
  remotes: Object.entries(remotes).map(([name, urls]) => ({ name, urls: [urls].flat() })),
  ...more,
});

const named = (trees: readonly WorkingTree[]) =>
  repositoryEntries(trees).entries.map(({ host, owner, name, places }) => ({
    repository: `${host}/${owner}/${name}`,
    places: places.map(({ folder, remote }) => `${folder}:${remote}`),
  }));

describe('repositoryEntries', () => {
  it('has a repository once, however many ways lead to it', () => {
    const trees = [
      tree('api', { origin: ['https://github.com/o/api.git', 'git@github.com:o/api.git'] }),
      tree('copy', { origin: 'https://user:token@GITHUB.com/O/API', mirror: 'ssh://git@ssh.github.com:443/o/api' }),
    ];
    assert.deepEqual(named(trees), [
      { repository: 'github.com/o/api', places: ['api:origin', 'copy:origin', 'copy:mirror'] },
    ]);
  });

  it('tells repositories of the same name on two hosts apart', () => {
    const trees = [tree('api', { origin: 'git@github.com:o/api', work: 'git@acme.ghe.com:o/api' })];
    assert.deepEqual(
      named(trees).map(({ repository }) => repository),
      ['github.com/o/api', 'acme.ghe.com/o/api'],
    );
  });

  it('puts the current branch’s remote first, then origin, then upstream', () => {
    const remotes = {
      a: 'git@github.com:a/r',
      upstream: 'git@github.com:u/r',
      origin: 'git@github.com:o/r',
      fork: 'git@github.com:f/r',
    };
    const owners = (more: Partial<WorkingTree>) =>
      repositoryEntries([tree('r', remotes, more)]).entries.map(({ owner }) => owner);
    assert.deepEqual(owners({}), ['o', 'u', 'a', 'f']);
    assert.deepEqual(owners({ head: head('x', { upstream: { remote: 'fork', name: 'x' } }) }), ['f', 'o', 'u', 'a']);
    assert.deepEqual(owners({ head: undefined }), ['o', 'u', 'a', 'f']);
  });

  it('puts the current folder first', () => {
    const trees = [
      tree('web', { origin: 'git@github.com:o/web' }),
      tree('api', { origin: 'git@github.com:o/api' }, { isCurrent: true }),
    ];
    assert.deepEqual(
      named(trees).map(({ repository }) => repository),
      ['github.com/o/api', 'github.com/o/web'],
    );
  });

  it('knows the repository that is pushed to beside the one that is fetched from', () => {
    const trees = [tree('r', { origin: ['https://github.com/upstream/r', 'git@github.com:me/r.git'] })];
    assert.deepEqual(
      repositoryEntries(trees).entries.map(({ owner }) => owner),
      ['upstream', 'me'],
    );
  });

  it('leaves out what is not on GitHub', () => {
    const remotes = { origin: '../bare.git', lab: 'git@gitlab.com:o/r.git', gist: 'git@gist.github.com:0123.git' };
    assert.deepEqual(repositoryEntries([tree('r', remotes)]), {
      entries: [],
      foreignHosts: ['gitlab.com', 'gist.github.com'],
    });
    assert.deepEqual(repositoryEntries([tree('r', {})]), { entries: [], foreignHosts: [] });
    // A name that SSH resolves may be such a host too.
    assert.deepEqual(
      repositoryEntries([tree('r', { origin: 'git@work:o/r' })], () => 'gitlab.example.com'),
      {
        entries: [],
        foreignHosts: ['gitlab.example.com'],
      },
    );
  });

  it('has one repository once by all its names, when SSH has said what they stand for', () => {
    const trees = [
      tree('a', {
        origin: 'git@work:octo/app.git',
        second: '[git@Home:443]:Octo/App',
        third: 'https://github.com/OCTO/app.git',
        fourth: 'ssh://git@ssh.github.com:443/octo/app',
      }),
    ];
    assert.deepEqual(
      sshQuestions(trees).map(({ host }) => host),
      ['work', 'Home'],
    );
    const { entries } = repositoryEntries(trees, ({ host }) => (host === 'work' ? 'github.com' : 'ssh.github.com'));
    assert.deepEqual(
      entries.map(({ host, places }) => [host, ...places.map(({ alias }) => alias)]),
      [['github.com', 'work', 'Home', undefined, undefined]],
    );
  });

  it('keeps a name that SSH could not be asked about apart from the host of that name', () => {
    const trees = [tree('a', { origin: 'git@work:o/r', web: 'https://work/o/r' })];
    assert.deepEqual(
      repositoryEntries(trees).entries.map(({ host, isUnresolved }) => [host, isUnresolved]),
      [
        ['work', true],
        ['work', undefined],
      ],
    );
  });
});

describe('judgeEntries', () => {
  const reading = (text: string) => GitHubHost.read(text, 'GH_HOST')!;
  const judge = (host: string, remotes: Record<string, string>, answers?: SshAnswers) => {
    const { here, elsewhere } = judgeEntries(repositoryEntries([tree('r', remotes)], answers).entries, reading(host));
    return {
      here: here.map(({ host: at, owner, name, places }) => `${at}/${owner}/${name} ${places.length}`),
      elsewhere: elsewhere.map(({ entry, reason }) => `${entry.host}: ${reason}`),
    };
  };

  it('has those of the runtime’s host alone, and says why of the others', () => {
    const remotes = {
      a: 'git@github.com:o/r',
      b: 'https://acme.ghe.com/o/r',
      c: 'http://gitea:3000/o/r',
      d: 'git@work:o/r',
    };
    assert.deepEqual(judge('github.com', remotes), {
      here: ['github.com/o/r 1'],
      elsewhere: [
        'acme.ghe.com: The runtime works with github.com (GH_HOST changes that).',
        'gitea:3000: The runtime works with github.com (GH_HOST changes that).',
        'work: “work” is a host alias for SSH, and ssh could not be asked which host it means.',
      ],
    });
    assert.deepEqual(judge('acme.ghe.com', remotes, () => 'acme.ghe.com').here, ['acme.ghe.com/o/r 2']);
  });

  it('has one of an Enterprise Server once, by SSH and by the web, on a port of its own too', () => {
    const by = (port: string) => ({ a: `https://ghes.example.com${port}/o/r`, b: 'git@ghes.example.com:O/R.git' });
    assert.deepEqual(judge('ghes.example.com', by('')).here, ['ghes.example.com/o/r 2']);
    assert.deepEqual(judge('ghes.example.com:8443', by(':8443')).here, ['ghes.example.com:8443/o/r 2']);
    // Another port is another service. A remote without a port is identified by its host name alone.
    assert.deepEqual(judge('ghes.example.com', by(':3000')).here, ['ghes.example.com/O/R 1']);
    assert.deepEqual(judge('ghes.example.com:8443', { a: 'https://ghes.example.com/o/r' }).here, []);
  });

  it('has none while the runtime’s host is not known, and says why', () => {
    assert.deepEqual(judge('no host', { a: 'git@github.com:o/r' }), {
      here: [],
      elsewhere: [`github.com: ${reading('no host').problem}`],
    });
  });

  it('is what Diagnose says', () => {
    const found = repositoryEntries([
      tree('r', {
        a: 'git@github.com:o/r',
        b: 'https://github.com.evil.example/o/a',
        c: 'git@gitlab.com:o/r',
        d: '../x',
      }),
    ]);
    assert.deepEqual(repositoryFindings({ git: 'ready', ...found }, reading('github.com')), {
      usable: ['o/r'],
      others: [
        'o/a on github.com.evil.example (The runtime works with github.com (GH_HOST changes that).)',
        'a repository on gitlab.com (not GitHub)',
      ],
    });
    const none = { entries: [], foreignHosts: [] };
    assert.equal(repositoryFindings({ git: 'disabled', ...none }, reading('github.com')), undefined);
    assert.deepEqual(repositoryFindings({ git: 'ready', ...none }, reading('github.com')), { usable: [], others: [] });
  });
});

describe('currentBranch', () => {
  const branches = [
    { name: 'main', commit: 'c1' },
    { name: 'feature/x', commit: 'c9' },
  ];
  const state = (which: Head | undefined, known = branches) => currentBranch(which, 'r', 'origin', known)?.remoteState;

  it('is none while HEAD is detached or unknown', () => {
    assert.equal(currentBranch(undefined, 'r', 'origin', branches), undefined);
    assert.equal(currentBranch(head(undefined), 'r', 'origin', branches), undefined);
  });

  it('is complete on the remote if the remote has the same commit', () => {
    assert.equal(state(head('main')), 0);
  });

  it('counts the commits that its upstream does not have', () => {
    const upstream = { remote: 'origin', name: 'feature/x' };
    assert.equal(state(head('feature/x', { upstream, ahead: 3 })), 3);
    assert.equal(state(head('feature/x', { upstream, ahead: 0 })), 0);
    assert.equal(state(head('feature/x', { upstream })), 'unknown');
  });

  it('does not take another remote’s count for this one’s', () => {
    assert.equal(state(head('feature/x', { upstream: { remote: 'fork', name: 'feature/x' }, ahead: 0 })), 'unknown');
  });

  it('has the name that it has on the remote', () => {
    const upstream = { remote: 'origin', name: 'feature/x' };
    assert.deepEqual(currentBranch(head('x', { upstream, ahead: 1 }), 'r', 'origin', branches), {
      name: 'feature/x',
      localName: 'x',
      folder: 'r',
      remoteState: 1,
    });
  });

  it('is absent where the remote has no such branch, and unknown where nothing was fetched', () => {
    assert.equal(state(head('new')), 'absent');
    assert.equal(state(head('gone', { upstream: { remote: 'origin', name: 'gone' } })), 'absent');
    assert.equal(state(head('new'), []), 'unknown');
  });
});

describe('mergeCurrentBranches', () => {
  const branch = (name: string, remoteState: CurrentBranch['remoteState']): CurrentBranch => ({
    name,
    localName: name,
    folder: 'r',
    remoteState,
  });

  it('keeps what is known best of each branch, in order', () => {
    assert.deepEqual(
      mergeCurrentBranches([
        branch('a', 'unknown'),
        branch('b', 2),
        branch('a', 'absent'),
        branch('a', 0),
        branch('b', 'absent'),
      ]),
      [branch('a', 0), branch('b', 2)],
    );
  });
});
