import type { ChangedFile } from '../core/changes/sessionChanges';
import type { ComparedFile } from './comparison';

/** The most folders of the base that are listed for one comparison. */
const MOST_FOLDERS = 8;

/**
 * Tells binary files from those that have another mode alone: only the first have another content than at the base. Where
 * the content there is not known, a file is taken for binary.
 *
 * @param blobBefore the id of the blob that a path has at the base; `undefined` if it is not known
 */
export async function judgeBinaries(
  compared: readonly ComparedFile[],
  blobBefore: (path: string) => Promise<string | undefined>,
): Promise<readonly ChangedFile[]> {
  const folders = new Set<string>();
  return await Promise.all(
    compared.map(async ({ file, blob }) => {
      if (blob === undefined) {
        return file;
      }
      const { path } = file;
      folders.add(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
      const before = folders.size > MOST_FOLDERS ? undefined : await blobBefore(path);
      return before === blob ? file : { ...file, isBinary: true };
    }),
  );
}
