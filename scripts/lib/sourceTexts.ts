import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { getL10nJson, type l10nJsonFormat } from '@vscode/l10n-dev';
import { REPOSITORY } from '../../test/support/vscode/paths';

const IMPORT = "import * as l10n from '@vscode/l10n';";

/** A user text of the sources, and what its comments tell translators. */
export interface SourceText {
  readonly message: string;
  readonly comments: readonly string[];
}

/** The texts that `src` hands to `l10n.t`, as `@vscode/l10n-dev` finds them, in the format of a bundle. */
export async function sourceBundle(): Promise<l10nJsonFormat> {
  const folder = path.join(REPOSITORY, 'src');
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.ts'));
  const contents = await Promise.all(files.toSorted().map((file) => readFile(path.join(folder, file), 'utf8')));
  // As one file with one import: the extractor goes through a file anew for each import, and compiles its query for each
  // file, which takes 27 s of CPU for all.
  const texts = contents
    .filter((text) => text.includes(IMPORT))
    .map((text) => text.replaceAll(/^import [^;]*;$/gm, ''));
  return getL10nJson([{ contents: [IMPORT, ...texts].join('\n'), extension: '.ts' }]);
}

/** The same by key: the message, with its comment where it has one. It is the key in the translations too. */
export async function sourceTexts(): Promise<ReadonlyMap<string, SourceText>> {
  return new Map(
    Object.entries(await sourceBundle()).map(([key, entry]) => [
      key,
      typeof entry === 'string'
        ? { message: entry, comments: [] }
        : { message: entry.message, comments: entry.comment },
    ]),
  );
}
