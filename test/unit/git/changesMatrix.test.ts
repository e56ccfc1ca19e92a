import assert from 'node:assert/strict';
import { AgentChangeSet, type BaseFiles } from '../../../src/core/changes/agentChanges';
import type { ChangeSet, Side } from '../../../src/core/changes/changeSet';
import { byPath, type ChangedFile } from '../../../src/core/changes/sessionChanges';
import { readWorkspaceDiff } from '../../../src/core/changes/workspaceDiff';
import { Git } from '../../../src/git/git';
import { baseFilesOf, GitChangeSet, readGitChanges } from '../../../src/git/gitChanges';
import { baseFilesOnGitHub, GitHubChangeSet } from '../../../src/github/gitHubChanges';
import { GitHubClient } from '../../../src/github/gitHubClient';
import { thisPlatform } from '../../../src/runtime/platform/platform';
import { HISTORIES, makeHistory, SHAPES } from '../../support/histories/history';
import { stageHistory, type GitFile, type StagedHistory } from '../../support/histories/stagedHistory';
import { TOKEN } from '../../support/missionControl/environment';
import { neutralGitEnvironment } from '../../support/missionControl/github/git';
import { MissionControl } from '../../support/missionControl/missionControl';
import { seeded } from '../../support/seeded';
import { GIT } from '../../support/testRepository';

/** Files of a history whose contents are compared. */
const SAMPLE = 5;
const SIDES: readonly Side[] = ['before', 'after'];

/** GitHub lists no more files. */
const MOST_FILES = 300;
/** The limit of the agent's machine for all diffs together, in bytes. */
const MOST_DIFF = 5 * 1024 * 1024;

/**
 * From where the files before the change are read for a diff of the agent's machine: a clone that has the pushed branch;
 * the same as if nothing of it was fetched but its place; or GitHub, which has the files at the end of the base.
 */
const BASES = ['clone', 'clone before a fetch', 'github'] as const;

type Listed = Pick<ChangedFile, 'path' | 'oldPath' | 'status' | 'additions' | 'deletions' | 'isBinary' | 'isTruncated'>;

/*
 * 60 generated histories (`makeHistory`), each in a repository of the emulated GitHub, in the clone of an agent and in one
 * of this machine. What our three sources say is compared with what Git itself says about the merge base and the branch.
 */
describe('the changes of 60 generated histories', function () {
  let service: MissionControl;
  let client: GitHubClient;
  const seen = { shapes: new Set<string>(), bytes: 0, omitted: new Map<string, number>() };

  before(async function () {
    if (GIT === undefined) {
      console.log('      skipped: there is no git, or this is Windows');
      this.skip();
    }
    service = await MissionControl.start({ story: 'none', startsAfterMs: 0 });
    client = new GitHubClient({
      base: () => ({ url: service.url, webHost: 'github.com' }),
      token: () => Promise.resolve(TOKEN),
      userAgent: 'cloud-sessions/test',
      log: () => undefined,
    });
  });

  after(async () => {
    if (GIT !== undefined) {
      await service.dispose();
    }
  });

  for (let index = 0; index < HISTORIES; index++) {
    const history = makeHistory(index);
    const base = BASES[index % BASES.length]!;

    it(`${index + 1}: ${history.title}`, async () => {
      const staged = await stageHistory(service, history, `history-${index}`);
      try {
        const { fromGit, fromGitHub, fromAgent } = await readAll(staged, base);
        assert.deepEqual(fromGit.changes.files, listOf(staged));
        assert.deepEqual(fromGitHub.changes.files, listOnGitHub(staged));
        assert.equal(fromGitHub.changes.isIncomplete ?? false, staged.files.length >= MOST_FILES);
        assert.deepEqual(fromAgent.changes.files, listOfAgent(staged, await diffSize(staged)));

        const random = seeded(index);
        const sample = [...staged.files].sort(() => random() - 0.5).slice(0, SAMPLE);
        await Promise.all([
          compareContents(staged, fromGit, sample, () => false),
          compareContents(staged, fromGitHub, sample, () => false),
          compareContents(staged, fromAgent, sample, (...omitted) => isTrue(staged, base, ...omitted)),
        ]);
        SHAPES.filter((shape) => history.title.endsWith(shape)).forEach((shape) => seen.shapes.add(shape));
      } finally {
        await staged.dispose();
      }
    });
  }

  it('were of all shapes, and mostly whole files', () => {
    assert.equal(seen.shapes.size, SHAPES.length);
    const omitted = [...seen.omitted.values()].reduce((sum, count) => sum + count, 0);
    assert.ok(seen.bytes > 10 * omitted, JSON.stringify([seen.bytes, ...seen.omitted]));
    assert.equal(seen.omitted.size, 4, 'each reason for which a file is left out');
  });

  async function readAll(staged: StagedHistory, base: (typeof BASES)[number]) {
    const { root, repository, branch } = staged;
    const host = { ...thisPlatform(), env: neutralGitEnvironment() };
    const git = Git.open(root, { command: GIT!, strangers: [], host });
    assert.ok(git !== undefined);
    const branches = { remote: 'origin', base: 'main', head: branch };
    const fromGit = await readGitChanges(git, branches);
    assert.ok(fromGit instanceof GitChangeSet, JSON.stringify(fromGit));
    const compared = await client.compare(repository, 'main', branch);
    const diff = readWorkspaceDiff(JSON.parse(JSON.stringify(await staged.agent.diff('branch', false))));
    assert.ok(diff !== undefined && !diff.isFallback);
    const files: Record<typeof base, BaseFiles> = {
      clone: baseFilesOf(git, branches),
      'clone before a fetch': withoutPushed(staged, baseFilesOf(git, branches)),
      github: baseFilesOnGitHub(client, repository, 'main'),
    };
    return {
      fromGit,
      fromGitHub: new GitHubChangeSet(client, repository, compared),
      fromAgent: new AgentChangeSet(diff, branches, files[base], new Date(0)),
    };
  }

  /** @param isTrue whether the reason is true for which a side of a file is not given */
  async function compareContents(
    staged: StagedHistory,
    set: ChangeSet,
    sample: readonly GitFile[],
    isTrue: (reason: string, file: GitFile, side: Side, contents: readonly (Buffer | undefined)[]) => boolean,
  ): Promise<void> {
    for (const file of sample) {
      const changed = set.changes.files.find(({ path }) => path === file.path);
      const objects = SIDES.flatMap((side) => file[side] ?? []);
      const shown = [...(await staged.show(objects))];
      const contents = SIDES.map((side) => (file[side] === undefined ? undefined : shown.shift()));
      for (const [at, side] of SIDES.entries()) {
        const content = changed && (await set.content(changed, side));
        const what = `${set.changes.source}: ${side} of ${file.path}`;
        switch (content?.kind) {
          case undefined:
            break;
          case 'absent':
            assert.equal(contents[at], undefined, what);
            break;
          case 'bytes':
            assert.ok(contents[at]?.equals(content.bytes) === true, `${what} has other bytes`);
            seen.bytes++;
            break;
          case 'omitted':
            assert.ok(isTrue(content.reason, file, side, contents), `${what}: ${content.reason}`);
            seen.omitted.set(content.reason, (seen.omitted.get(content.reason) ?? 0) + 1);
        }
      }
    }
  }
});

function listOf({ files }: Pick<StagedHistory, 'files'>): Listed[] {
  return files
    .map(({ path, oldPath, status, additions, deletions = 0 }) => ({
      ...{ path, ...(oldPath !== undefined && { oldPath }), status, additions: additions ?? 0, deletions },
      ...(additions === undefined && { isBinary: true as const }),
    }))
    .sort(byPath);
}

/**
 * GitHub lists the first files only, in Git's order. It does not say which files are binary: they are known by having no
 * lines, but so has a renamed file that is otherwise the same, and one of another mode or type.
 */
function listOnGitHub({ files }: StagedHistory): Listed[] {
  const listed = files.slice(0, MOST_FILES);
  const unknown = new Set(listed.filter((file) => file.oldPath !== undefined || isSame(file) || file.isTypeChange));
  return listOf({ files: listed }).map(({ isBinary, ...file }) => ({
    ...file,
    ...(isBinary === true && ![...unknown].some(({ path }) => path === file.path) && { isBinary }),
  }));
}

/**
 * The agent's machine does not list files whose names Git quotes, or have the mark before the second name in a diff. It
 * leaves out all diffs if they are too long together, and the old side of a file of another type: then no numbers are
 * known. That a file is binary is not said if its content is the same.
 */
function listOfAgent({ files }: StagedHistory, size: number): Listed[] {
  const isListed = (name: string | undefined): boolean => !/[^\x20-\x7e]|["\\]| b\//.test(name ?? '');
  const listed = files.filter(({ path, oldPath }) => isListed(path) && isListed(oldPath));
  const byName = new Map(listed.map((file) => [file.path, file]));
  return listOf({ files: listed }).map(({ isBinary, ...file }) => {
    const own = byName.get(file.path);
    return size > MOST_DIFF || own?.isTypeChange === true
      ? { ...file, additions: 0, deletions: 0, isTruncated: true }
      : { ...file, ...(isBinary === true && own !== undefined && !isSame(own) && { isBinary }) };
  });
}

function isSame({ before, after }: GitFile): boolean {
  return before?.id === after?.id;
}

async function diffSize({ agent, branch }: StagedHistory): Promise<number> {
  return (await agent.run(['diff', `origin/main...${branch}`])).length;
}

/** As if the clone had nothing of what the agent has made. */
function withoutPushed({ files }: StagedHistory, base: BaseFiles): BaseFiles {
  const before = new Set(files.map((file) => file.before?.id));
  const made = files.flatMap(({ after }) => (after === undefined || before.has(after.id) ? [] : [after.id]));
  return {
    read: (path, blob) =>
      blob !== undefined && made.some((id) => id.startsWith(blob)) ? Promise.resolve(undefined) : base.read(path, blob),
  };
}

/** Whether it is true what the agent's machine, or the repository, says of a file that is not given. */
function isTrue(
  staged: StagedHistory,
  base: (typeof BASES)[number],
  reason: string,
  file: GitFile,
  side: Side,
  contents: readonly (Buffer | undefined)[],
): boolean {
  const { before } = file;
  const isAtBase = before !== undefined && staged.base.get(file.oldPath ?? file.path) === before.id;
  // A diff without a blob's id says nothing of the file.
  const isNamed = !isSame(file) && !file.isTypeChange;
  const isKnown = base === 'github' ? isNamed && isAtBase : isNamed || (isAtBase && before.mode !== '160000');
  switch (reason) {
    case 'This file’s change is too large: the agent’s machine left it out.':
      return staged.files.some(({ additions = 0 }) => additions > 50_000);
    case 'This is a binary file. It can be seen once the agent has pushed it.':
      return file.additions === undefined && (side === 'before' ? !isKnown : base !== 'clone');
    case 'The file before the change cannot be read here: only the changed lines are known.':
      return before !== undefined && !isKnown;
    case 'The agent’s machine does not send this file byte for byte: only the changed lines are known.':
      return side === 'after' && base !== 'clone' && contents.some((bytes) => bytes !== undefined && isInexact(bytes));
    default:
      return false;
  }
}

/** Whether a diff loses some of it on its way: line ends that are mixed, blanks at its end, bytes that are no UTF-8. */
function isInexact(bytes: Buffer): boolean {
  const text = bytes.toString('utf8');
  return text.includes('\r') || /[ \t]\n/.test(text) || !Buffer.from(text).equals(bytes);
}
