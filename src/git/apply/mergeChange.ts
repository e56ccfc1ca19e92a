import * as l10n from '@vscode/l10n';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import type { Git } from '../git';
import { gitError, gitLine, gitList, gitOutput, isSuccess, reasonOf } from '../gitErrors';
import { commitOf } from '../workingTreeState';

/** What is to be applied. */
export type Change =
  /** All that `head` has and its merge base with `base` has not. Both are commits, or names of them. */
  | { readonly base: string; readonly head: string }
  /** As `git diff` writes it, with the prefixes `a/` and `b/`. */
  | { readonly patch: string | Uint8Array };

export type Merged =
  | { readonly tree: string }
  /** The files that do not merge, or to which a patch does not apply; sorted. */
  | { readonly conflicts: readonly string[] };

/** `git merge-tree --write-tree` came with Git 2.38; older ones answer with how it is used. */
const USAGE = 129;
/** Who makes the commits that no branch ever has. */
export const PERSON = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap((role) => [
    [`GIT_${role}_NAME`, 'cloud-sessions'],
    [`GIT_${role}_EMAIL`, 'cloud-sessions@localhost'],
  ]),
);

/**
 * The tree of a commit with a change, merged three-way. Writes objects, but neither index nor files.
 *
 * @param ours a commit
 * @param scratch absolute path of a folder that may be written
 * @param isOld merges as with a Git older than 2.38
 * @throws {@link CloudSessionsError} if there is no such change
 */
export async function mergeChange(
  git: Git,
  ours: string,
  change: Change,
  scratch: string,
  isOld = false,
): Promise<Merged> {
  if ('patch' in change) {
    return applyPatch(git, ours, change.patch, scratch);
  }
  const [base, head] = await commitsOf(git, change);
  const merged = isOld ? undefined : await mergeTree(git, base, ours, head);
  if (merged !== undefined) {
    return merged;
  }
  const patch = await gitOutput(git, {
    args: [
      ...['diff-tree', '-p', '--binary', '--full-index', '--no-renames', '--no-ext-diff', '--no-textconv'],
      ...['--src-prefix=a/', '--dst-prefix=b/', base, head],
    ],
  });
  return applyPatch(git, ours, patch, scratch);
}

/** The merge base and the head. */
async function commitsOf(git: Git, change: { base: string; head: string }): Promise<readonly [string, string]> {
  const head = await commitOf(git, change.head);
  const other = await commitOf(git, change.base);
  if (head === undefined || other === undefined) {
    const missing = head === undefined ? change.head : change.base;
    throw new CloudSessionsError('branch-not-found', l10n.t('{0} is not in the repository {1}.', missing, git.root), {
      nextStep: l10n.t('Fetch it, and check that it still exists on GitHub.'),
    });
  }
  const base = await git.text({ args: ['merge-base', other, head] });
  if (base === undefined) {
    throw new CloudSessionsError(
      'not-supported',
      l10n.t('{0} and {1} have no commit in common here.', change.base, change.head),
      { nextStep: l10n.t('Fetch more of the history: the clone may be a shallow one.') },
    );
  }
  return [base, head];
}

/** @returns `undefined` if this Git is too old */
async function mergeTree(git: Git, base: string, ours: string, theirs: string): Promise<Merged | undefined> {
  // Git 2.38 and 2.39 cannot be told which base to use: with this commit, it is the only one that there is.
  const own = await gitLine(git, { args: ['commit-tree', '-m', 'merge', '-p', base, `${ours}^{tree}`], env: PERSON });
  const sides = [own, theirs];
  const end = await git.run({
    args: ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', ...sides],
    changes: true,
  });
  if (end.kind !== 'exited' || end.code > 1) {
    if (end.kind === 'exited' && end.code === USAGE) {
      return undefined;
    }
    throw gitError(end);
  }
  const [tree = '', ...files] = end.output.toString('utf8').split('\0').filter(Boolean);
  // Where a file and a folder have one name, Git calls the file after its commit.
  const named = files.map((file) => sides.reduce((name, side) => name.replace(`~${side}`, ''), file));
  return end.code === 0 ? { tree } : { conflicts: Array.from(new Set(named)).sort() };
}

async function applyPatch(repository: Git, ours: string, patch: string | Uint8Array, scratch: string): Promise<Merged> {
  if (patch.length === 0) {
    return { tree: ours };
  }
  // `--cached --3way` writes files, nevertheless: it gets a working tree of its own.
  const tree = path.join(scratch, 'tree');
  await mkdir(tree);
  const env = {
    GIT_DIR: await gitLine(repository, { args: ['rev-parse', '--absolute-git-dir'] }),
    GIT_WORK_TREE: tree,
    GIT_INDEX_FILE: path.join(scratch, 'index'),
  };
  const git = repository.at(tree);
  // Git says of conflicts only once it can merge or apply the rest: that is tried without these files.
  const refused = new Set<string>();
  for (;;) {
    await gitOutput(git, { args: ['read-tree', ours], env });
    const end = await git.run({
      args: [
        ...['-c', 'apply.ignoreWhitespace=no', 'apply', '--cached', '--3way', '--whitespace=nowarn'],
        ...Array.from(refused, (file) => `--exclude=${file.replace(/[\\*?[]/g, '\\$&')}`),
        '-',
      ],
      input: patch,
      env,
      changes: true,
    });
    if (isSuccess(end) && refused.size === 0) {
      return { tree: await gitLine(git, { args: ['write-tree'], env }) };
    }
    if (end.kind !== 'exited') {
      throw gitError(end);
    }
    const more = refusedFiles(end.errors).filter((file) => !refused.has(file));
    more.forEach((file) => refused.add(file));
    if (end.code === 0 || more.length === 0) {
      const unmerged = await gitList(git, { args: ['ls-files', '--unmerged', '-z'], env });
      const conflicts = new Set([...refused, ...unmerged.map((entry) => entry.replace(/^[^\t]*\t/, ''))]);
      if (conflicts.size === 0) {
        throw patchError(end.errors, reasonOf(end));
      }
      return { conflicts: Array.from(conflicts).sort() };
    }
  }
}

/** The files of which `git apply` says that they are not as the patch expects them. */
function refusedFiles(errors: string): string[] {
  const refused = [
    /^error: (.+): (?:patch does not apply|does not exist in index|already exists in index|wrong type)$/gm,
    /^error: affected file '(.+)' is beyond a symbolic link$/gm,
    /^error: '(.+)' appears as both a file and as a directory$/gm,
  ];
  return refused.flatMap((pattern) => Array.from(errors.matchAll(pattern), ([, file = '']) => file));
}

function patchError(errors: string, reason: string): CloudSessionsError {
  return errors.includes('cannot be used together')
    ? new CloudSessionsError('not-supported', l10n.t('This Git is too old to apply changes.'), {
        nextStep: l10n.t('Update Git to version {0} or newer.', '2.32'),
      })
    : new CloudSessionsError('invalid-argument', l10n.t('The changes cannot be applied: {0}', reason), {
        nextStep: l10n.t('Wait until the agent has pushed them, and check out its branch.'),
      });
}
