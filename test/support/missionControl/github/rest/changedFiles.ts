import { gitBytes } from '../git';

/** A file of a comparison or of a pull request. */
export interface ChangedFile {
  readonly sha: string;
  readonly filename: string;
  readonly previous_filename?: string;
  /** `changed`: only its mode or its type is another one. */
  readonly status: 'added' | 'removed' | 'modified' | 'renamed' | 'changed';
  readonly additions: number;
  readonly deletions: number;
  readonly changes: number;
  /** The hunks, without a line end; absent for binary files, for those without a hunk, and above GitHub's limits. */
  readonly patch?: string;
}

/** GitHub's limits for the diff of one file. */
const MOST_LINES = 20_000;
const MOST_BYTES = 1_000_000;

interface Entry {
  readonly letter: string;
  readonly modes: readonly [string, string];
  readonly shas: readonly [string, string];
  readonly path: string;
  readonly oldPath: string | undefined;
}

/**
 * Compares two commits, with renames as Git finds them, in the order of the paths.
 *
 * @param cwd absolute path of the bare repository
 */
export async function changedFiles(cwd: string, base: string, head: string): Promise<readonly ChangedFile[]> {
  const diff = async (...options: readonly string[]): Promise<string> =>
    (await gitBytes(['diff', '-M', '--no-color', ...options, base, head], { cwd })).toString('utf8');
  const entries = parseRaw(await diff('--raw', '-z', '--no-abbrev'));
  const counts = parseNumstat(await diff('--numstat', '-z'));
  const sections = (await diff('--no-ext-diff', '--no-textconv')).split(/^(?=diff --git )/m);
  return entries.map((entry, index): ChangedFile => {
    // A changed type is a deletion and an addition.
    const own = sections.splice(0, entry.letter === 'T' ? 2 : 1);
    const { additions, deletions } = counts[index] ?? { additions: 0, deletions: 0 };
    const patch = own
      .map(hunksOf)
      .filter((hunks) => hunks !== '')
      .join('\n');
    const isShown = patch !== '' && patch.length <= MOST_BYTES && patch.split('\n').length <= MOST_LINES;
    return {
      sha: entry.letter === 'D' ? entry.shas[0] : entry.shas[1],
      filename: entry.path,
      status: statusOf(entry),
      additions,
      deletions,
      changes: additions + deletions,
      ...(isShown ? { patch } : {}),
      ...(entry.oldPath === undefined ? {} : { previous_filename: entry.oldPath }),
    };
  });
}

function statusOf({ letter, shas }: Entry): ChangedFile['status'] {
  switch (letter) {
    case 'A':
      return 'added';
    case 'D':
      return 'removed';
    case 'R':
      return 'renamed';
    default:
      return letter === 'T' || shas[0] === shas[1] ? 'changed' : 'modified';
  }
}

function hunksOf(section: string): string {
  const at = section.search(/^@@ /m);
  return at < 0 ? '' : section.slice(at).replace(/\n$/, '');
}

/** `:100644 100644 SHA SHA M\0path\0`; renames have two paths. */
function parseRaw(text: string): readonly Entry[] {
  const fields = text.split('\0');
  const entries: Entry[] = [];
  for (let at = 0; at + 1 < fields.length;) {
    const [mode = '', newMode = '', sha = '', newSha = '', status = ''] = (fields[at++] ?? '').slice(1).split(' ');
    const first = fields[at++] ?? '';
    const second = status.startsWith('R') ? fields[at++] : undefined;
    entries.push({
      letter: status.slice(0, 1),
      modes: [mode, newMode],
      shas: [sha, newSha],
      path: second ?? first,
      oldPath: second === undefined ? undefined : first,
    });
  }
  return entries;
}

/** `1\t2\tpath\0`; renames are `1\t2\t\0old\0new\0`, binary files `-\t-\tpath\0`. */
function parseNumstat(text: string): readonly { readonly additions: number; readonly deletions: number }[] {
  const fields = text.split('\0');
  const counts: { additions: number; deletions: number }[] = [];
  for (let at = 0; at + 1 < fields.length; at++) {
    const [additions = '', deletions = '', path = ''] = (fields[at] ?? '').split('\t');
    at += path === '' ? 2 : 0;
    counts.push({ additions: Number(additions) || 0, deletions: Number(deletions) || 0 });
  }
  return counts;
}
