import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { notWhole, type WholeChange, type WholeFile } from '../../core/changes/agentFiles';
import type { Git } from '../git';
import { gitLine, gitOutput } from '../gitErrors';
import { PERSON, type Change } from './mergeChange';
import { readyCommit } from '../workingTreeState';

/**
 * Makes of whole files a change that can be merged: two commits, which no ref leads to. All other files are on both sides
 * as in the commit that is checked out, so that only these are changed. Touches neither index nor files.
 *
 * @throws {@link UnpushedError} for files whose bytes are others than those of the blob that was named, or that are missing
 */
export async function commitChange(git: Git, { before, after }: WholeChange): Promise<Change> {
  const ours = await readyCommit(git);
  const scratch = await mkdtemp(path.join(tmpdir(), 'cloud-sessions-'));
  const env = { GIT_INDEX_FILE: path.join(scratch, 'index') };
  try {
    const ids = await writeBlobs(git, scratch, [...before, ...after]);
    const paths = Array.from(new Set([...before, ...after].map((file) => file.path)));
    const commit = async (files: readonly WholeFile[], ...parents: readonly string[]): Promise<string> => {
      const present = new Set(files.map((file) => file.path));
      const removed = paths
        .filter((file) => !present.has(file))
        .map((file) => `0 ${'0'.repeat(ours.length)}\t${file}\0`);
      const written = files.map((file) => `${file.mode} ${ids.get(file) ?? ''}\t${file.path}\0`);
      await gitOutput(git, { args: ['read-tree', ours], env });
      await gitOutput(git, {
        args: ['update-index', '-z', '--add', '--replace', '--index-info'],
        input: [...removed, ...written].join(''),
        env,
      });
      const tree = await gitLine(git, { args: ['write-tree'], env });
      return gitLine(git, {
        args: ['commit-tree', '-m', 'change', ...parents.flatMap((parent) => ['-p', parent]), tree],
        env: PERSON,
      });
    };
    const base = await commit(before);
    return { base, head: await commit(after, base) };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Writes the blobs of files whose bytes are known, and finds those of the others. */
async function writeBlobs(
  git: Git,
  scratch: string,
  files: readonly WholeFile[],
): Promise<ReadonlyMap<WholeFile, string>> {
  const known = files.filter(({ bytes }) => bytes !== undefined);
  const places = known.map((_file, index) => path.join(scratch, String(index)));
  for (const [index, { bytes = '' }] of known.entries()) {
    await writeFile(places[index] ?? '', bytes);
  }
  const written = await lines(git, ['hash-object', '-w', '--no-filters', '--stdin-paths'], places);
  const named = files.filter(({ bytes }) => bytes === undefined);
  const found = await lines(
    git,
    ['cat-file', '--batch-check=%(objecttype) %(objectname)'],
    named.map(({ blob = '' }) => blob),
  );
  const ids = new Map([
    ...known.map((file, index) => [file, written[index] ?? ''] as const),
    ...named.map((file, index) => [file, /^blob (\S+)/.exec(found[index] ?? '')?.[1] ?? ''] as const),
  ]);
  const others = files.filter((file) => ids.get(file) === '' || ids.get(file)?.startsWith(file.blob ?? '') !== true);
  if (others.length > 0) {
    throw notWhole(Array.from(new Set(others.map((file) => file.path))));
  }
  return ids;
}

async function lines(git: Git, args: readonly string[], input: readonly string[]): Promise<string[]> {
  return input.length === 0 ? [] : (await gitLine(git, { args, input: `${input.join('\n')}\n` })).split(/\r?\n/);
}
