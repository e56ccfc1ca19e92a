import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { replaceMembers } from '../support/vscodeStub';
import type { ChangedFile } from '../../src/core/changes/sessionChanges';
import { Git } from '../../src/git/git';
import { GitChangeSet, readGitChanges } from '../../src/git/gitChanges';
import { uriOfRow, uriOfSide } from '../../src/ui/changes/changeUri';
import { describeFile, lineCounts } from '../../src/ui/rows/changePresentation';
import { fileNodes, isFileNode } from '../../src/ui/rows/fileNodes';
import { Draft } from '../support/histories/draft';
import { BASE_REF, TOPIC_REF } from '../support/histories/history';
import { edited, importStream, START } from '../support/histories/tree';
import { RealGit } from '../support/realGit';
import { seeded } from '../support/seeded';
import { median, type Row } from './statistics';

const FILES = 2_000;
const ROUNDS = 15;
const REMOTES = 'refs/remotes/origin';

/**
 * Reads the changes of a branch with many files, and makes all that the list and the editor need of them: nodes, texts
 * and addresses. Beside it, in turns, Git alone.
 */
export async function benchChanges(log: (line: string) => void): Promise<Row[]> {
  const real = RealGit.find();
  if (real === undefined) {
    return [];
  }
  const restore = replaceMembers({ api: { Uri: { from: uriOf } } });
  try {
    log(`Changes of ${FILES} files…`);
    makeBranch(real);
    const git = Git.open(real.root, { command: real.command, strangers: [], host: real.host });
    const times = { list: [] as number[], numbers: [] as number[], ours: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      times.list.push(await timeOf(() => diff(real, '--name-status')));
      times.numbers.push(await timeOf(() => diff(real, '--numstat', '-M')));
      times.ours.push(await timeOf(() => present(git!)));
    }
    const [list, numbers, ours] = [times.list, times.numbers, times.ours].map(median) as [number, number, number];
    const what = `changes of ${FILES} files`;
    return [
      { what: `${what}: \`git diff --name-status\`, median of ${ROUNDS}`, value: `${list.toFixed(0)} ms` },
      { what: `${what}: \`git diff --numstat -M\``, value: `${numbers.toFixed(0)} ms` },
      { what: `${what}: read by this extension, with all rows and addresses`, value: `${ours.toFixed(0)} ms` },
      { what: `${what}: ratio to \`git diff --numstat -M\``, value: (ours / numbers).toFixed(2) },
    ];
  } finally {
    restore();
    real.dispose();
  }
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Most files are edited; each tenth is renamed, added or deleted. */
function makeBranch(real: RealGit): void {
  const draft = new Draft(seeded(1));
  draft.begin('');
  for (let index = 0; index < FILES; index++) {
    const name = `packages/${index % 40}/src/${index % 7}/file${index}.ts`;
    const text = draft.text(60);
    switch (index % 30) {
      case 0:
        draft.moves(name, `packages/${index % 40}/lib/file${index}.ts`, text, draft.edit(text));
        break;
      case 10:
        draft.makes(name, text);
        break;
      case 20:
        draft.changes(name, text, undefined);
        break;
      default:
        draft.changes(name, text, draft.edit(text));
    }
  }
  real.run(['init', '--quiet']);
  const load = (stream: Buffer): unknown => real.run(['fast-import', '--quiet'], stream.toString());
  load(importStream([{ mark: 1, ref: BASE_REF, parents: [], tree: draft.before }], ''));
  const start = real.run(['rev-parse', BASE_REF]).trim();
  const end = edited(draft.before, draft.edits[0] ?? new Map());
  load(importStream([{ mark: 2, ref: TOPIC_REF, parents: [START], tree: end }], start));
  real.run(['update-ref', `${REMOTES}/main`, BASE_REF]);
  real.run(['update-ref', `${REMOTES}/topic`, TOPIC_REF]);
}

async function diff({ command, root, env }: RealGit, ...options: readonly string[]): Promise<void> {
  const range = `${REMOTES}/main...${REMOTES}/topic`;
  await promisify(execFile)(command, ['-C', root, 'diff', ...options, range], { env, maxBuffer: 64 * 1024 * 1024 });
}

async function present(git: Git): Promise<void> {
  const set = await readGitChanges(git, { remote: 'origin', base: 'main', head: 'topic' });
  if (!(set instanceof GitChangeSet) || set.changes.files.length !== FILES) {
    throw new Error(`It is not the change: ${JSON.stringify(set).slice(0, 200)}`);
  }
  const { files } = set.changes;
  const byPath = new Map(files.map((file) => [file.path, file]));
  const visit = (folder: string): void => {
    for (const node of fileNodes('session', files, folder, 'en')) {
      if (isFileNode(node)) {
        showRow(byPath.get(node.path)!);
      } else {
        visit(node.folder);
      }
    }
  };
  visit('');
  files.forEach((file) => [uriOfSide('session', file, 'before'), uriOfSide('session', file, 'after')]);
}

function showRow(file: ChangedFile): void {
  uriOfRow('session', file);
  lineCounts(file, 'en');
  describeFile(file, 'en');
}

function uriOf(parts: Readonly<Record<string, string>>): object {
  return { ...parts, with: (change: Readonly<Record<string, string>>) => uriOf({ ...parts, ...change }) };
}
