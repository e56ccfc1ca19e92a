/** What a tree of Git has at a path. */
export interface Entry {
  readonly mode: '100644' | '100755' | '120000' | '160000';
  /** The content; of a symbolic link, its target; of a submodule, the commit in hexadecimal digits. */
  readonly data: Buffer;
}

/** By path, in any order. */
export type Tree = ReadonlyMap<string, Entry>;

/** Changes of a tree: `undefined` removes the path. */
export type Edits = ReadonlyMap<string, Entry | undefined>;

/** The commit that a repository begins with, as a parent. */
export const START = 'start';

export interface Commit {
  /** Name in the stream of the import, from 1. */
  readonly mark: number;
  /** Full name of the ref that is moved to it. */
  readonly ref: string;
  /** Marks of earlier commits. */
  readonly parents: readonly (number | typeof START)[];
  /** Everything that the commit has. */
  readonly tree: Tree;
}

export function file(data: string | Buffer, mode: Entry['mode'] = '100644'): Entry {
  return { mode, data: Buffer.from(data) };
}

export function link(target: string): Entry {
  return file(target, '120000');
}

/** @param commit 40 hexadecimal digits */
export function submodule(commit: string): Entry {
  return file(commit, '160000');
}

export function edited(tree: Tree, edits: Edits): Tree {
  const result = new Map(tree);
  for (const [path, entry] of edits) {
    if (entry === undefined) {
      result.delete(path);
    } else {
      result.set(path, entry);
    }
  }
  return result;
}

/**
 * The input of `git fast-import` that makes the commits. Their dates grow with their marks.
 * @param start id of the commit that is meant by {@link START}
 */
export function importStream(commits: readonly Commit[], start: string): Buffer {
  const parts: (string | Buffer)[] = [];
  for (const { mark, ref, parents, tree } of commits) {
    const [first, ...others] = parents.map((parent) => (parent === START ? start : `:${parent}`));
    parts.push(
      `commit ${ref}\nmark :${mark}\ncommitter Copilot <copilot@example.com> ${1_800_000_000 + mark} +0000\n`,
      `data 7\nCommit\n\n`,
      ...(first === undefined ? [] : [`from ${first}\n`]),
      ...others.map((parent) => `merge ${parent}\n`),
      'deleteall\n',
    );
    for (const [path, { mode, data }] of tree) {
      if (mode === '160000') {
        parts.push(`M 160000 ${data.toString()} ${quoted(path)}\n`);
      } else {
        parts.push(`M ${mode} inline ${quoted(path)}\ndata ${data.length}\n`, data, '\n');
      }
    }
  }
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

function quoted(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
