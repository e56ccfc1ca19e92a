import * as l10n from '@vscode/l10n';
import { named } from '../core/common/namedPaths';
import { ObstacleError } from './gitErrors';

/** The files with edits that are not on disk yet, relative to the root of the working tree, with `/`. */
export type UnsavedFiles = () => Promise<readonly string[]>;

const IGNORES_CASE = process.platform !== 'linux';

/**
 * Refuses to change files that somebody is editing: the editor would have that text against another file on disk.
 * @param files relative to the root, with `/`
 * @throws {@link ObstacleError} if there are such files
 */
export async function refuseUnsaved(files: Iterable<string>, unsaved: UnsavedFiles | undefined): Promise<void> {
  const concerned = new Set(Array.from(files, fold));
  const paths = ((await unsaved?.()) ?? []).filter((file) => concerned.has(fold(file)));
  if (paths.length > 0) {
    throw new ObstacleError(
      'unsaved',
      l10n.t('Edits that are not saved are in the way, and nothing was changed: {0}', named(paths)),
      { nextStep: l10n.t('Save or revert these files, and try again.'), paths },
    );
  }
}

function fold(file: string): string {
  return IGNORES_CASE ? file.toLowerCase() : file;
}
