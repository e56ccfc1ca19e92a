import * as l10n from '@vscode/l10n';
import path from 'node:path';
import type { CloudSession } from '../core/session/session';
import { hasWriter } from './processOwnedFile';
import { DAMAGED_SUFFIX, type FileSummary, type Transcripts } from './transcripts';

/*
 * Transcripts of ended windows whose content is in a session of this window. Files that another window writes are not
 * touched.
 */

/** Adds a note to the session about the unreadable lines of its files, and where those files are kept. */
export async function reportDamage(
  { folder }: Transcripts,
  session: CloudSession,
  found: readonly FileSummary[],
): Promise<void> {
  for (const { file, damagedLines } of found) {
    if (damagedLines > 0 && !(await hasWriter(folder, file))) {
      const aside = `${file.name}${DAMAGED_SUFFIX}`;
      session.addNote(
        'warning',
        damagedLines === 1
          ? l10n.t(
              'The transcript on disk was damaged: 1 line could not be read. The rest is shown here. The damaged file is kept as {0}.',
              aside,
            )
          : l10n.t(
              'The transcript on disk was damaged: {0} lines could not be read. The rest is shown here. The damaged file is kept as {1}.',
              damagedLines,
              aside,
            ),
      );
    }
  }
}

/** Removes files whose content is in another file now; damaged ones are renamed instead. */
export async function removeReplaced({ files, folder }: Transcripts, replaced: readonly FileSummary[]): Promise<void> {
  for (const { file, damagedLines } of replaced) {
    if (await hasWriter(folder, file)) {
      continue;
    }
    const location = path.join(folder, file.name);
    // If it fails, a further file remains, which readers merge.
    await (damagedLines > 0 ? files.rename(location, `${location}${DAMAGED_SUFFIX}`) : files.unlink(location)).catch(
      () => undefined,
    );
  }
}
