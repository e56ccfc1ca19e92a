import type { ChangedFile } from '../../core/changes/sessionChanges';
import { viewNode } from './viewNodes';

/** A changed file of a session. Commands get it as their argument. */
export interface FileNode {
  /** The key of the session's row. */
  readonly of: string;
  readonly path: string;
}

/** A folder that has changed files. */
export interface FolderNode {
  readonly of: string;
  /** From the root of the repository, with `/` at its end. */
  readonly folder: string;
  /** What its row says: several folders in one, if each has only the next one. */
  readonly label: string;
}

export function isFileNode(value: unknown): value is FileNode {
  return hasText(value, 'of') && hasText(value, 'path');
}

export function isFolderNode(value: unknown): value is FolderNode {
  return hasText(value, 'of') && hasText(value, 'folder');
}

function hasText(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && typeof (value as Record<string, unknown>)[name] === 'string';
}

/** What is directly in a folder of changed files: folders first, then files, each by name. */
export function fileNodes(
  of: string,
  files: readonly ChangedFile[],
  folder: string,
  locale: string,
): (FileNode | FolderNode)[] {
  const folders = new Map<string, ChangedFile[]>();
  const here: FileNode[] = [];
  for (const file of files) {
    if (file.path.startsWith(folder)) {
      const rest = file.path.slice(folder.length);
      const name = rest.slice(0, rest.indexOf('/') + 1);
      const inside = folders.get(name);
      if (name === '') {
        here.push(viewNode({ of, path: file.path }));
      } else if (inside === undefined) {
        folders.set(name, [file]);
      } else {
        inside.push(file);
      }
    }
  }
  const { compare } = new Intl.Collator(locale, { numeric: true });
  // Without the slash, which is sorted behind "-" and ".": `src` is before `src-gen`.
  const rows = [...folders]
    .sort(([a], [b]) => compare(a.slice(0, -1), b.slice(0, -1)))
    .map(([name, inside]) => compacted(of, inside, folder, name));
  return [...rows, ...here.sort((a, b) => compare(a.path, b.path))];
}

/** The files in a folder, in the order of their rows. */
export function inTreeOrder(files: readonly ChangedFile[], locale: string, folder = ''): readonly ChangedFile[] {
  const inside = files.filter(({ path }) => path.startsWith(folder));
  const byPath = new Map(inside.map((file) => [file.path, file]));
  return fileNodes('', inside, folder, locale).flatMap((node) =>
    isFolderNode(node) ? inTreeOrder(inside, locale, node.folder) : (byPath.get(node.path) ?? []),
  );
}

/**
 * Folders that have nothing but one folder are shown as one, as in Source Control.
 * @param files those in the folder
 */
function compacted(of: string, files: readonly ChangedFile[], parent: string, name: string): FolderNode {
  let label = name;
  for (;;) {
    const prefix = parent + label;
    const rests = files.map(({ path }) => path.slice(prefix.length));
    const next = rests[0]?.slice(0, rests[0].indexOf('/') + 1) ?? '';
    if (next === '' || rests.some((rest) => !rest.startsWith(next))) {
      // The root has no name: `/hosts` is not in the repository.
      return viewNode({ of, folder: prefix, label: label.slice(0, -1) || '/' });
    }
    label += next;
  }
}
