import assert from 'node:assert/strict';
import {
  currentBranch,
  mergeCurrentBranches,
  repositoryEntries,
  type CurrentBranch,
  type Head,
  type WorkingTree,
} from '../../../src/ui/gitRepositories';

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
  repositoryEntries(trees).map(({ host, owner, name, places }) => ({
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
      repositoryEntries([tree('r', remotes, more)]).map(({ owner }) => owner);
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
      repositoryEntries(trees).map(({ owner }) => owner),
      ['upstream', 'me'],
    );
  });

  it('leaves out what is not on GitHub', () => {
    assert.deepEqual(repositoryEntries([tree('r', { origin: '../bare.git', lab: 'git@gitlab.com:o/r.git' })]), []);
    assert.deepEqual(repositoryEntries([tree('r', {})]), []);
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
