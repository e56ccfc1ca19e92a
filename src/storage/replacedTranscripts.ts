import * as l10n from '@vscode/l10n';
import path from 'node:path';
import type { CloudSession } from '../core/session/session';
import { hasWriter } from './processOwnedFile';
import { DAMAGED_SUFFIX, type FileSummary, type Transcripts } from './transcripts';

/*
 * Transcripts of windows that have ended, once what they have is in a session of this window. A file that another window
 * writes is left alone.
 */

/** Notes in the session how much of its files could not be read, and where they are kept. */
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

/** Removes files whose content is in another file by now; those that are damaged are kept aside. */
export async function removeReplaced({ files, folder }: Transcripts, replaced: readonly FileSummary[]): Promise<void> {
  for (const { file, damagedLines } of replaced) {
    if (await hasWriter(folder, file)) {
      continue;
    }
    const location = path.join(folder, file.name);
    // Should it fail, there is a file more, and reading joins it.
    await (damagedLines > 0 ? files.rename(location, `${location}${DAMAGED_SUFFIX}`) : files.unlink(location)).catch(
      () => undefined,
    );
  }
}
