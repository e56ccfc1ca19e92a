import assert from 'node:assert/strict';
import { chmodSync, cpSync, lstatSync, rmSync, writeFileSync, appendFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { undoChanges } from '../../../src/git/apply/appliedChanges';
import { applyChanges } from '../../../src/git/apply/applyChanges';
import { checkOut } from '../../../src/git/checkOut';
import { ObstacleError } from '../../../src/git/gitErrors';
import { skipWithoutGit, type Snapshot, TestRepository } from '../../support/testRepository';

/** `TRY_RUNS=1000 TRY_SEED=7` runs more of them, with others. */
const RUNS = Number(process.env['TRY_RUNS'] ?? 40);
const SEED = Number(process.env['TRY_SEED'] ?? 2026);

const BRANCH = 'copilot/x';
const REMOTE = { remote: 'origin', branch: BRANCH };

const PATHS = ['a.txt', 'b c ä.txt', 'dir', 'dir/a.txt', 'dir/sub/"q".bin', 'x', 'x/y', 'x/z.log', 'tool.sh', 'x/y/z'];
const LINES = Array.from({ length: 12 }, (_, index) => `line ${index}`);
const CONTENTS: readonly (string | Buffer)[] = [
  '',
  `${LINES.join('\n')}\n`,
  LINES.join('\n'),
  `first\n${LINES.join('\n')}\n`,
  `${LINES.join('\n')}\nlast\n`,
  `${LINES.join('\r\n')}\r\n`,
  'other\n',
  Buffer.from([0, 255, 13, 10, 0, 1]),
  Buffer.from([0, 254, 13, 10, 0, 1]),
];
const ATTRIBUTES = ['', '*.txt text eol=crlf\n', '* text=auto\n'];

/** A change of one file. */
interface Edit {
  readonly path: string;
  readonly what: 'write' | 'delete' | 'executable' | 'link' | 'move';
  readonly content: number;
  readonly to: string;
}
/** What the user did with a file and did not commit. */
interface Work extends Edit {
  readonly how: 'unstaged' | 'staged' | 'staged, then undone' | 'intended' | 'not looked at' | 'untracked by the index';
}

const edit = fc.record({
  path: fc.constantFrom(...PATHS),
  what: fc.constantFrom('write', 'write', 'write', 'delete', 'executable', 'link', 'move'),
  content: fc.nat(CONTENTS.length - 1),
  to: fc.constantFrom(...PATHS),
}) satisfies fc.Arbitrary<Edit>;
const scenario = fc.record({
  start: fc.array(edit, { minLength: 2, maxLength: 8 }),
  attributes: fc.constantFrom(...ATTRIBUTES),
  autocrlf: fc.constantFrom('false', 'false', 'true', 'input'),
  agent: fc.array(edit, { minLength: 1, maxLength: 4 }),
  user: fc.array(edit, { maxLength: 2 }),
  local: fc.constantFrom('absent', 'absent', 'behind', 'same', 'ahead', 'untracked'),
  head: fc.constantFrom('main', 'main', 'detached', 'on no branch', 'branch'),
  work: fc.oneof(
    fc.constant<Work[]>([]),
    fc.array(
      fc.record({
        ...{ path: fc.constantFrom(...PATHS), content: fc.nat(CONTENTS.length - 1), to: fc.constantFrom(...PATHS) },
        what: fc.constantFrom('write', 'write', 'write', 'delete', 'executable', 'link', 'move'),
        how: fc.constantFrom(
          ...(['unstaged', 'unstaged', 'unstaged', 'staged', 'staged, then undone', 'intended'] as const),
          ...(['not looked at', 'untracked by the index'] as const),
        ),
      }) satisfies fc.Arbitrary<Work>,
      { minLength: 1, maxLength: 3 },
    ),
  ),
  actions: fc.array(fc.constantFrom('check out', 'apply', 'apply', 'apply a patch'), { minLength: 1, maxLength: 2 }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

/** Frees a path, whatever is there or above it. */
function makeRoom(repository: TestRepository, file: string): void {
  const parts = file.split('/');
  for (const end of parts.keys()) {
    const at = repository.path(parts.slice(0, end + 1).join('/'));
    const stat = lstatSync(at, { throwIfNoEntry: false });
    if (stat !== undefined && (end === parts.length - 1 || !stat.isDirectory())) {
      rmSync(at, { recursive: true });
    }
  }
}

function perform(repository: TestRepository, { path: file, what, content, to }: Edit): void {
  const isFile = repository.files()[file]?.startsWith('link') === false;
  if (what === 'move' && isFile && !to.startsWith(`${file}/`) && to !== file) {
    const bytes = repository.bytes(file);
    makeRoom(repository, file);
    makeRoom(repository, to);
    repository.write(to, bytes);
  } else if (what === 'executable' && isFile) {
    chmodSync(repository.path(file), 0o755);
  } else {
    makeRoom(repository, file);
    if (what === 'link') {
      repository.link(file, ['a.txt', '..', 'nowhere', '/tmp'][content % 4]!);
    } else if (what !== 'delete') {
      repository.write(file, CONTENTS[content]!);
    }
  }
}

function doWork(repository: TestRepository, work: Work): void {
  const tracked = (): boolean => repository.attempt('ls-files', '--error-unmatch', '--', work.path) === 0;
  if (work.how === 'not looked at' && tracked()) {
    repository.attempt('update-index', '--assume-unchanged', '--', work.path);
  }
  if (work.how === 'untracked by the index') {
    repository.attempt('rm', '--quiet', '-r', '--cached', '--', work.path);
  }
  perform(repository, work);
  if (work.how === 'staged' || work.how === 'staged, then undone') {
    repository.attempt('add', '--all');
  } else if (work.how === 'intended') {
    repository.attempt('add', '--intent-to-add', '--', work.path);
  }
  if (work.how === 'staged, then undone') {
    makeRoom(repository, work.path);
  }
}

function detach(repository: TestRepository): void {
  repository.write('.git/HEAD', `${repository.head()}\n`);
}

/** @returns the commit of the agent and the base of its branch */
function prepare(repository: TestRepository, made: Scenario): { readonly base: string; readonly head: string } {
  appendFileSync(repository.path('.git/config'), `[core]\n\tautocrlf = ${made.autocrlf}\n\tsafecrlf = false\n`);
  const commit = (edits: readonly Edit[]): string => {
    edits.forEach((one) => perform(repository, one));
    return repository.commit();
  };
  repository.write('.gitattributes', made.attributes);
  const base = commit(made.start);
  detach(repository);
  const head = commit(made.agent);
  repository.write(`.git/refs/remotes/origin/${BRANCH}`, `${head}\n`);
  repository.run('checkout', '--quiet', 'main');
  commit(made.user);
  repository.write('.git/refs/remotes/origin/main', `${base}\n`);

  const branch = { absent: undefined, behind: base, same: head, ahead: head, untracked: base }[made.local];
  if (branch !== undefined) {
    repository.write(`.git/refs/heads/${BRANCH}`, `${branch}\n`);
    if (made.local !== 'untracked') {
      const upstream = `\tremote = origin\n\tmerge = refs/heads/${BRANCH}\n`;
      appendFileSync(repository.path('.git/config'), `[branch "${BRANCH}"]\n${upstream}`);
    }
  }
  if (made.local === 'ahead') {
    repository.run(
      'update-ref',
      `refs/heads/${BRANCH}`,
      repository.run('commit-tree', '-m', 'own', '-p', head, `${head}^{tree}`),
    );
  }
  if (made.head === 'branch' && branch !== undefined) {
    repository.run('checkout', '--quiet', BRANCH, '--');
  } else if (made.head === 'detached' || made.head === 'on no branch') {
    detach(repository);
  }
  if (made.head === 'on no branch') {
    repository.run('commit', '--quiet', '--allow-empty', '--message', 'on no branch');
  }
  writeFileSync(repository.path('.git/info/exclude'), '*.log\n');
  made.work.forEach((one) => doWork(repository, one));
  return { base, head };
}

/** All that an operation may not change, unless it succeeds. */
function snapshotOf(repository: TestRepository): Snapshot {
  const git = repository.at(repository.path('.git')).files();
  const kept = Object.entries(git).filter(([file]) =>
    /^(HEAD|ORIG_HEAD|config|packed-refs|info\/.*|refs\/.*)$/.test(file),
  );
  return {
    ...Object.fromEntries(kept.map(([file, content]) => [`.git/${file}`, content])),
    '(index)': repository.index(),
    ...repository.files(),
  };
}

/** Whether there are files that are not as they are committed, untracked and ignored ones included, or may be so. */
function hasWork(repository: TestRepository): boolean {
  return (
    repository.run('status', '--porcelain', '--ignored') !== '' || /^[a-z] /m.test(repository.run('ls-files', '-v'))
  );
}

describe('uncommitted work, whatever is checked out or applied', function () {
  this.timeout(60_000 + RUNS * 3_000);

  skipWithoutGit();

  const counts: Record<string, number> = {};
  const count = (what: string): void => void (counts[what] = (counts[what] ?? 0) + 1);

  /** A copy, in which Git itself does the same. */
  const oracle = (repository: TestRepository, files = true): TestRepository => {
    const copy = repository.at(path.join(repository.around, `copy-${Math.random()}`));
    const [from, to] = files ? [repository.root, copy.root] : [repository.path('.git'), copy.path('.git')];
    cpSync(from, to, { recursive: true, verbatimSymlinks: true });
    return copy;
  };

  /** The result; or `undefined` for an operation that was refused, and has changed nothing then. */
  const attempt = async <T>(
    what: string,
    repository: TestRepository,
    before: Snapshot,
    run: () => Promise<T>,
  ): Promise<T | undefined> => {
    try {
      return await run();
    } catch (error) {
      assert(error instanceof ObstacleError, String(error));
      assert.deepEqual(snapshotOf(repository), before, 'refused, but something has changed');
      if (error.obstacle === 'uncommitted') {
        assert(hasWork(repository), `refused for nothing: ${error.message}`);
      } else {
        assert(['local-branch', 'on-no-branch'].includes(error.obstacle), error.message);
      }
      count(`${what}: refused, ${error.obstacle}`);
      return undefined;
    }
  };

  const tryCheckOut = async (repository: TestRepository, made: Scenario, head: string): Promise<void> => {
    const before = snapshotOf(repository);
    const isThere = before['.git/HEAD']?.includes(BRANCH) === true && repository.head() === head;
    const untracked = repository.run('ls-files', '-z', '--others').split('\0').filter(Boolean);
    const git = oracle(repository);
    const result = await attempt('check out', repository, before, () => checkOut(repository.git, REMOTE));
    if (result === undefined) {
      return;
    }
    const after = snapshotOf(repository);
    if (isThere) {
      assert.deepEqual(after, before);
      count('check out: was there');
      return;
    }
    assert(made.local !== 'ahead' && made.local !== 'untracked');
    git.run('checkout', '--quiet', '-B', BRANCH, head);
    assert.equal(repository.head(), head);
    assert.equal(after['.git/HEAD'], `644 ref: refs/heads/${BRANCH}\n`);
    assert.deepEqual(repository.files(), git.files());
    assert.equal(after['(index)'], git.index());
    // Git itself would have overwritten these: the copy is no proof.
    for (const file of untracked) {
      assert.equal(after[file], before[file], file);
    }
    count('check out: done');
  };

  const tryApply = async (
    repository: TestRepository,
    { base, head }: { base: string; head: string },
    isPatch: boolean,
  ): Promise<void> => {
    const name = isPatch ? 'patch' : 'apply';
    const before = snapshotOf(repository);
    const git = oracle(repository, false);
    rmSync(git.path('.git/index'));
    const args = ['diff', '--binary', '--full-index', base, head];
    const patch = isPatch ? git.bytesOf(...args) : Buffer.alloc(0);
    const change = isPatch ? { patch } : { base, head };
    const result = await attempt(name, repository, before, () => applyChanges(repository.git, change));
    if (result === undefined) {
      return;
    }
    let isClean: boolean;
    git.run('reset', '--quiet', '--hard');
    if (isPatch && patch.length > 0) {
      writeFileSync(git.path('.git/patch'), patch);
      isClean = git.attempt('apply', '--3way', '--index', '--whitespace=nowarn', '.git/patch') === 0;
    } else {
      const commit = git.run('commit-tree', '-m', 'all of it', '-p', base, `${head}^{tree}`);
      isClean = git.attempt('cherry-pick', '--no-commit', commit) === 0;
    }
    assert.equal(result.conflicts.length === 0, isClean, `${String(result.conflicts)} in conflict`);
    const after = snapshotOf(repository);
    if (!isClean) {
      if (!isPatch) {
        const unmerged = new Set(git.run('diff', '--name-only', '-z', '--diff-filter=U').split('\0').filter(Boolean));
        // Where a file and a folder have one name, Git gives the file another one.
        const names = Array.from(unmerged, (file) => file.replace(/~(HEAD|[\da-f]{7,} \(all of it\))$/, ''));
        assert.deepEqual(result.conflicts, Array.from(new Set(names)).sort());
      }
      assert.deepEqual(after, before);
      count(`${name}: conflicts`);
      return;
    }
    const files = git.files();
    const isOurs = ([file]: readonly [string, string]): boolean => !result.files.includes(file);
    const written = result.files.flatMap((file) => (files[file] === undefined ? [] : [[file, files[file]] as const]));
    assert.deepEqual(after, Object.fromEntries([...Object.entries(before).filter(isOurs), ...written]));
    const changed = git
      .run('diff-index', '--cached', '--no-renames', '--name-only', '-z', 'HEAD')
      .split('\0')
      .filter(Boolean);
    assert.deepEqual(Array.from(result.files).sort(), changed.sort());
    count(result.files.length > 0 ? `${name}: done` : `${name}: nothing to do`);
    if (result.undo !== undefined) {
      await undoChanges(repository.git, result.undo);
      assert.deepEqual(snapshotOf(repository), before, 'not undone');
    }
  };

  it(`is as before, or it was refused before anything was done (${RUNS} runs, seed ${SEED})`, async () => {
    const began = performance.now();
    await fc.assert(
      fc.asyncProperty(scenario, async (made) => {
        const repository = TestRepository.create();
        try {
          const change = prepare(repository, made);
          for (const action of made.actions) {
            await (action === 'check out'
              ? tryCheckOut(repository, made, change.head)
              : tryApply(repository, change, action === 'apply a patch'));
          }
        } finally {
          repository.dispose();
        }
      }),
      {
        seed: SEED,
        numRuns: RUNS,
        endOnFailure: process.env['TRY_SHRINKS'] === 'no',
        ...(process.env['TRY_PATH'] === undefined ? {} : { path: process.env['TRY_PATH'] }),
      },
    );
    const ms = performance.now() - began;
    console.log(`      ${JSON.stringify(counts)}, ${(ms / RUNS).toFixed(0)} ms a run`);
    for (const what of ['check out: done', 'apply: done', 'apply: conflicts', 'check out: refused, uncommitted']) {
      assert((counts[what] ?? 0) > 0, `never: ${what}`);
    }
  });
});
