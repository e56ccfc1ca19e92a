import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { gitBytes, tryGit } from './git';

/*
 * `session.workspaces.diff` as runtime 1.0.102 answers it, measured with a local session in a Git repository by its
 * answers and by the calls of Git that it made:
 *
 * - `branch` is the merge base of HEAD and the repository's default branch, compared with the working tree: commits,
 *   staged, unstaged and untracked changes. `baseBranch` is the default branch (what `refs/remotes/origin/HEAD` names,
 *   else `main` or `master` if origin has it, else `main`), not the branch on which the session started.
 *   Without a merge base it is `unstaged` with `isFallback: true`.
 * - `unstaged` is HEAD compared with the working tree, staged and untracked changes included; no `baseBranch`.
 * - `session` is `unstaged` with `isFallback: true` and `unavailableReason: "file-change-tracking-disabled"`.
 * - Tracked files: `git diff BASE --name-status`, in its order. The diff is Git's own, with the lines `diff --git`,
 *   `index` (seven digits), `similarity index`, `rename from`, `old mode`; a binary file is `Binary files ... differ`; a
 *   submodule `Subproject commit`. **White space at its end is removed**: a last context line that is blank is missing,
 *   and the hunk is shorter than its head says. **Every carriage return is removed.**
 *   Renames as Git detects them by default (50 %); a changed type is `modified` with the new side only.
 * - **Tracked files whose path Git quotes (non-ASCII, `"`, `\`, control characters) are missing**, and so are those
 *   without a diff (`ignoreWhitespace`, which is `--ignore-all-space`).
 * - In `unstaged`, a renamed file has the diff of its old path's deletion.
 * - Untracked files (`git status --porcelain -uall -z`, in its order, after the tracked ones) are `added` with a diff
 *   that the runtime makes itself: `new file mode 100644` for every mode, no `index` line, `@@ -0,0 +1,N @@` also for one
 *   line, no hunk for an empty file. Binary files are shown as text, symbolic links with the content of what they point
 *   at; carriage returns stay. Dangling links, links to folders and nested repositories are missing. `"` and the like
 *   are quoted in the headers (as in C), not in `path`.
 * - Over the limit, `diff` is empty and `isTruncated` is true: an untracked file of more than 5 MiB (5,242,880 bytes); in
 *   `unstaged`, a file whose diff is longer; in `branch`, **all tracked files as soon as their diffs together are longer**.
 * - A folder that is no repository has no changes.
 */

export type DiffMode = 'branch' | 'unstaged' | 'session';

export interface WorkspaceChange {
  readonly path: string;
  readonly diff: string;
  readonly changeType: 'added' | 'modified' | 'deleted' | 'renamed';
  readonly oldPath?: string;
  readonly isTruncated?: true;
}

export interface WorkspaceDiff {
  readonly requestedMode: DiffMode;
  readonly mode: 'branch' | 'unstaged';
  readonly changes: readonly WorkspaceChange[];
  readonly baseBranch?: string;
  readonly isFallback: boolean;
  readonly unavailableReason?: string;
}

/** In bytes. */
const LIMIT = 5 * 1024 * 1024;

/** The answer of a machine without a repository. */
export function noWorkspaceDiff(mode: DiffMode): WorkspaceDiff {
  return answer(mode, 'unstaged', [], 'main');
}

/** As if these files, or all, were over the limit. */
export function truncate(diff: WorkspaceDiff, paths?: readonly string[]): WorkspaceDiff {
  return {
    ...diff,
    changes: diff.changes.map((change) => (paths?.includes(change.path) === false ? change : truncated(change))),
  };
}

/** @param folder absolute path of a working tree */
export async function workspaceDiff(folder: string, mode: DiffMode, ignoreWhitespace: boolean): Promise<WorkspaceDiff> {
  const options = ignoreWhitespace ? ['--ignore-all-space'] : [];
  if (mode === 'branch') {
    const baseBranch = await defaultBranch(folder);
    const base =
      (await tryGit(['merge-base', `origin/${baseBranch}`, 'HEAD'], { cwd: folder })) ??
      (await tryGit(['merge-base', baseBranch, 'HEAD'], { cwd: folder }));
    if (base !== undefined) {
      const changes = [...(await trackedSince(folder, base, options)), ...(await untracked(folder))];
      return answer(mode, 'branch', changes, baseBranch);
    }
    return answer(mode, 'unstaged', await uncommitted(folder, options), baseBranch);
  }
  return answer(mode, 'unstaged', await uncommitted(folder, options));
}

function answer(
  requestedMode: DiffMode,
  mode: WorkspaceDiff['mode'],
  changes: readonly WorkspaceChange[],
  baseBranch?: string,
): WorkspaceDiff {
  return {
    requestedMode,
    mode,
    changes,
    ...(requestedMode === 'branch' && baseBranch !== undefined ? { baseBranch } : {}),
    isFallback: requestedMode !== mode,
    ...(requestedMode === 'session' ? { unavailableReason: 'file-change-tracking-disabled' } : {}),
  };
}

async function defaultBranch(cwd: string): Promise<string> {
  const head = await tryGit(['symbolic-ref', 'refs/remotes/origin/HEAD'], { cwd });
  if (head !== undefined) {
    return head.replace('refs/remotes/origin/', '');
  }
  for (const name of ['main', 'master']) {
    if ((await tryGit(['rev-parse', '--verify', `refs/remotes/origin/${name}`], { cwd })) !== undefined) {
      return name;
    }
  }
  return 'main';
}

interface Listed {
  readonly changeType: WorkspaceChange['changeType'];
  readonly path: string;
  readonly oldPath?: string;
}

/** Paths that Git quotes stay quoted. */
async function listed(cwd: string, base: string, options: readonly string[]): Promise<readonly Listed[]> {
  const text = (await tryGit(['diff', base, '--no-color', '--name-status', ...options], { cwd })) ?? '';
  return text.split('\n').flatMap((line): Listed[] => {
    const [status = '', first = '', second] = line.split('\t');
    if (first === '') {
      return [];
    }
    return second === undefined
      ? [{ changeType: status === 'A' ? 'added' : status === 'D' ? 'deleted' : 'modified', path: first }]
      : [{ changeType: 'renamed', path: second, oldPath: first }];
  });
}

async function trackedSince(
  cwd: string,
  base: string,
  options: readonly string[],
): Promise<readonly WorkspaceChange[]> {
  const text = await patch(cwd, [base, ...options]);
  const diffs = new Map<string, string>();
  for (const diff of (text ?? '').split(/^(?=diff --git )/m)) {
    const [, file] = /^diff --git a\/.* b\/(.*)$/m.exec(diff) ?? [];
    if (file !== undefined) {
      diffs.set(file, diff.trimEnd());
    }
  }
  return (await listed(cwd, base, options)).flatMap((change): WorkspaceChange[] => {
    const diff = text === undefined ? undefined : diffs.get(change.path);
    return text === undefined ? [truncated(change)] : diff === undefined ? [] : [{ ...change, diff }];
  });
}

async function uncommitted(cwd: string, options: readonly string[]): Promise<readonly WorkspaceChange[]> {
  const changes: WorkspaceChange[] = [];
  for (const change of await listed(cwd, 'HEAD', options)) {
    const diff = await patch(cwd, ['HEAD', ...options, '--', change.oldPath ?? change.path]);
    if (diff === undefined) {
      changes.push(truncated(change));
    } else if (diff !== '') {
      changes.push({ ...change, diff: diff.trimEnd() });
    }
  }
  return [...changes, ...(await untracked(cwd))];
}

/** The output of `git diff` as the runtime reads it; `undefined`: it is over the limit. */
async function patch(cwd: string, args: readonly string[]): Promise<string | undefined> {
  const [base = '', ...rest] = args;
  const bytes = await gitBytes(['diff', base, '--no-color', '--no-ext-diff', '--no-textconv', ...rest], { cwd });
  return bytes.length > LIMIT ? undefined : bytes.toString('utf8').replaceAll('\r', '');
}

async function untracked(cwd: string): Promise<readonly WorkspaceChange[]> {
  const status = (await tryGit(['status', '--porcelain', '-uall', '-z'], { cwd })) ?? '';
  const changes: WorkspaceChange[] = [];
  for (const entry of status.split('\0').filter((each) => each.startsWith('?? '))) {
    const change = await untrackedFile(cwd, entry.slice(3));
    if (change !== undefined) {
      changes.push(change);
    }
  }
  return changes;
}

async function untrackedFile(cwd: string, file: string): Promise<WorkspaceChange | undefined> {
  const target = path.join(cwd, file);
  const found = await stat(target).catch(() => undefined);
  if (found?.isFile() !== true) {
    return undefined;
  }
  const change = { path: file, changeType: 'added' } as const;
  if (found.size > LIMIT) {
    return truncated(change);
  }
  const text = await readFile(target, 'utf8');
  const lines = text.replace(/\n$/, '').split('\n');
  const hunk = [`@@ -0,0 +1,${lines.length} @@`, ...lines.map((line) => `+${line}`)];
  return {
    ...change,
    diff: [
      `diff --git ${quoted(`a/${file}`)} ${quoted(`b/${file}`)}`,
      'new file mode 100644',
      '--- /dev/null',
      `+++ ${quoted(`b/${file}`)}`,
      ...(text === '' ? [] : hunk),
      ...(text === '' || text.endsWith('\n') ? [] : ['\\ No newline at end of file']),
    ].join('\n'),
  };
}

function truncated(change: Listed): WorkspaceChange {
  return { ...change, diff: '', isTruncated: true };
}

const ESCAPES: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '"': '\\"', '\\': '\\\\' };

/** A path as Git quotes it in headers. */
function quoted(file: string): string {
  const bytes = [...Buffer.from(file)].map((byte) => {
    const character = String.fromCharCode(byte);
    return ESCAPES[character] ?? (byte < 0x20 || byte >= 0x7f ? `\\${byte.toString(8).padStart(3, '0')}` : character);
  });
  return bytes.some((each) => each.length > 1) ? `"${bytes.join('')}"` : file;
}
