import { byPath, type ChangedFile, type ChangeStatus } from './sessionChanges';

/** A file in a diff of two commits, with its objects on both sides: absent where the file is absent. */
export interface GitChangedFile extends ChangedFile {
  readonly before?: GitObject;
  readonly after?: GitObject;
}

/** An entry of a tree. */
export interface GitObject {
  /** The full id of the blob; of a submodule, the commit. */
  readonly id: string;
  /** In octal: `100644`, `100755`, `120000` for a symbolic link, `160000` for a submodule. */
  readonly mode: string;
}

export const SUBMODULE_MODE = '160000';

/** The arguments of `git diff` whose output {@link readGitDiff} reads; two commits follow. */
export const GIT_DIFF = [
  ...['diff', '--raw', '--numstat', '-z', '-M', '--no-abbrev', '--no-color', '--no-ext-diff', '--no-textconv'],
  ...['--no-relative', '--ignore-submodules=none', '--submodule=short'],
] as const;

const STATUSES: Readonly<Record<string, ChangeStatus>> = { A: 'added', D: 'deleted', R: 'renamed', C: 'added' };

/**
 * Reads the output of {@link GIT_DIFF}: for each file a raw record, then for each its numbers.
 * @returns `undefined` if it is none
 */
export function readGitDiff(output: string): readonly GitChangedFile[] | undefined {
  const fields = output.split('\0');
  if (fields.pop() !== '') {
    return undefined;
  }
  const files = new Map<string, GitChangedFile>();
  let at = 0;
  while (fields[at]?.startsWith(':') === true) {
    const [oldMode, newMode, oldId, newId, status] = (fields[at] ?? '').slice(1).split(' ');
    const isPair = /^[RC]/.test(status ?? '');
    const path = fields[at + (isPair ? 2 : 1)];
    if (!oldMode || !newMode || !oldId || !newId || !status || path === undefined) {
      return undefined;
    }
    const oldPath = status.startsWith('R') ? fields[at + 1] : undefined;
    files.set(path, {
      path,
      ...(oldPath === undefined ? {} : { oldPath }),
      status: STATUSES[status.charAt(0)] ?? 'modified',
      ...{ additions: 0, deletions: 0 },
      ...(status.startsWith('A') || status.startsWith('C') ? {} : { before: { id: oldId, mode: oldMode } }),
      ...(status.startsWith('D') ? {} : { after: { id: newId, mode: newMode } }),
    });
    at += isPair ? 3 : 2;
  }
  while (at < fields.length) {
    // A name may contain tabs.
    const [, additions, deletions, name] = /^(\d+|-)\t(\d+|-)\t([^]*)$/.exec(fields[at] ?? '') ?? [];
    const isPair = name === '';
    const path = isPair ? fields[at + 2] : name;
    const file = files.get(path ?? '');
    if (additions === undefined || deletions === undefined || file === undefined) {
      return undefined;
    }
    files.set(
      file.path,
      additions === '-'
        ? { ...file, isBinary: true }
        : { ...file, additions: Number(additions), deletions: Number(deletions) },
    );
    at += isPair ? 3 : 1;
  }
  return [...files.values()].sort(byPath);
}
