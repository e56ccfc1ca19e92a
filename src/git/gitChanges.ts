import * as l10n from '@vscode/l10n';
import type { BaseFiles } from '../core/changes/agentChanges';
import {
  ABSENT,
  isAbsent,
  MAX_FILE_BYTES,
  type ChangeSet,
  type FileContent,
  type Side,
} from '../core/changes/changeSet';
import { GIT_DIFF, readGitDiff, SUBMODULE_MODE, type GitChangedFile } from '../core/changes/gitDiffOutput';
import type { ChangedFile, SessionChanges } from '../core/changes/sessionChanges';
import { sanitizeLine } from '../core/common/sanitize';
import { textOf } from '../core/redaction/secrets';
import { BlobReader } from './blobReader';
import type { Git } from './git';

/** The two branches of a change, as the remote has them. */
export interface RemoteBranches {
  readonly remote: string;
  /** Names without the remote's. */
  readonly base: string;
  readonly head: string;
}

/** Why a clone cannot say what a branch changes, as a sentence with what helps. */
export interface NoGitChanges {
  readonly problem: string;
}

/** The changes of a branch that was fetched, read from the clone. */
export class GitChangeSet implements ChangeSet {
  private readonly files: ReadonlyMap<string, GitChangedFile>;
  readonly changes: SessionChanges;
  private readonly blobs: BlobReader;

  constructor(git: Git, changes: SessionChanges, files: readonly GitChangedFile[]) {
    this.blobs = new BlobReader(git);
    this.files = new Map(files.map((file) => [file.path, file]));
    this.changes = { ...changes, files: files.map(({ before: _before, after: _after, ...file }) => file) };
  }

  blobAfter(path: string): string | undefined {
    return this.files.get(path)?.after?.id;
  }

  async content(changed: ChangedFile, side: Side): Promise<FileContent> {
    const file = this.files.get(changed.path);
    const object = file?.[side];
    if (file === undefined || object === undefined || isAbsent(file, side)) {
      return ABSENT;
    }
    return object.mode === SUBMODULE_MODE
      ? // eslint-disable-next-line texts/localized -- as Git has it in a diff
        { kind: 'bytes', bytes: Buffer.from(`Subproject commit ${object.id}\n`) }
      : this.blobs.read(object.id);
  }
}

/**
 * What a branch changes, with the merge base as on GitHub. Reads only what was fetched.
 * @param readAt when the branch was fetched; default: when the clone saw its commit
 */
export async function readGitChanges(
  git: Git,
  { remote, base, head }: RemoteBranches,
  readAt?: Date,
  signal?: AbortSignal,
): Promise<GitChangeSet | NoGitChanges> {
  const [baseTip, headCommit] = await Promise.all([commitOf(git, remote, base), commitOf(git, remote, head)]);
  if (headCommit === undefined) {
    return { problem: l10n.t('The branch “{0}” is not in the clone on this machine.', sanitizeLine(head)) };
  }
  if (baseTip === undefined) {
    return {
      problem: l10n.t('The base branch “{0}” is not in the clone on this machine: fetch it there.', sanitizeLine(base)),
    };
  }
  const baseCommit = await git.text({ args: ['merge-base', baseTip, headCommit], signal });
  if (baseCommit === undefined) {
    const isShallow = (await git.text({ args: ['rev-parse', '--is-shallow-repository'] })) === 'true';
    return {
      problem: isShallow
        ? l10n.t(
            'The clone on this machine is shallow and lacks the beginning of the branch: run git fetch --unshallow.',
          )
        : l10n.t('“{0}” and “{1}” have no commit in common.', sanitizeLine(base), sanitizeLine(head)),
    };
  }
  const end = await git.run({ args: [...GIT_DIFF, baseCommit, headCommit, '--'], signal });
  const files = end.kind === 'exited' && end.code === 0 ? readGitDiff(end.output.toString('utf8')) : undefined;
  if (files === undefined) {
    const reason = end.kind === 'exited' ? sanitizeLine(textOf(end.errors), 200) : end.kind;
    return { problem: l10n.t('Git could not compare the branches: {0}', reason) };
  }
  const seen = readAt ?? (await fetchedAt(git, headCommit));
  return new GitChangeSet(git, { source: 'git', base, head, files, baseCommit, headCommit, readAt: seen }, files);
}

/** The name of the remote's default branch, as the clone knows it. */
export async function defaultBranch(git: Git, remote: string): Promise<string | undefined> {
  const ref = await git.text({ args: ['symbolic-ref', '--quiet', `refs/remotes/${remote}/HEAD`] });
  const prefix = `refs/remotes/${remote}/`;
  return ref?.startsWith(prefix) === true ? ref.slice(prefix.length) : undefined;
}

/**
 * Reads the blobs that a diff of the agent's machine names.
 * @param branches `base` and `head`, as far as they are known
 */
export function baseFilesOf(
  git: Git,
  branches: { readonly remote: string; readonly base: string | undefined; readonly head: string | undefined },
): BaseFiles {
  return {
    read: async (path, blob) => {
      const object =
        blob === undefined ? await blobAtBase(git, branches, path) : /^[0-9a-f]{4,64}$/.test(blob) ? blob : undefined;
      const end = object && (await git.run({ args: ['cat-file', 'blob', object], maxBytes: MAX_FILE_BYTES }));
      return typeof end === 'object' && end.kind === 'exited' && end.code === 0 ? end.output : undefined;
    },
  };
}

/**
 * The blob of a file at the merge base. The agent's machine may have merged the base since it has pushed: only a file that
 * the base has not changed since is the same there.
 */
async function blobAtBase(
  git: Git,
  { remote, base, head }: Parameters<typeof baseFilesOf>[1],
  path: string,
): Promise<string | undefined> {
  const tips = [base, head].flatMap((branch) => (branch === undefined ? [] : [`refs/remotes/${remote}/${branch}`]));
  const mergeBase = tips.length === 2 ? await git.text({ args: ['merge-base', ...tips] }) : undefined;
  if (mergeBase === undefined) {
    return undefined;
  }
  const [then, now] = await Promise.all(
    [mergeBase, tips[0]].map((commit) => git.text({ args: ['rev-parse', '--verify', '--quiet', `${commit}:${path}`] })),
  );
  return then === now ? then : undefined;
}

async function commitOf(git: Git, remote: string, branch: string): Promise<string | undefined> {
  return git.text({ args: ['rev-parse', '--verify', '--quiet', `refs/remotes/${remote}/${branch}^{commit}`] });
}

/** A commit that the clone has was on the remote after it was made. */
async function fetchedAt(git: Git, commit: string): Promise<Date> {
  const seconds = Number(await git.text({ args: ['show', '--no-patch', '--format=%ct', commit] }));
  return new Date(Number.isFinite(seconds) ? seconds * 1_000 : 0);
}
