import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { getL10nJson, type l10nJsonFormat, type l10nJsonMessageFormat } from '@vscode/l10n-dev';
import { REPOSITORY } from '../../test/support/vscode/paths';

const IMPORT = "import * as l10n from '@vscode/l10n';";

/** The texts that `src` passes to `l10n.t`, as `@vscode/l10n-dev` finds them, in the format of a bundle. */
export async function sourceBundle(): Promise<l10nJsonFormat> {
  const folder = path.join(REPOSITORY, 'src');
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.ts'));
  const contents = await Promise.all(files.toSorted().map((file) => readFile(path.join(folder, file), 'utf8')));
  // All sources are joined into one file with one import: the extractor scans a file once for each import and compiles
  // its query for each file, which takes 27 s of CPU in total.
  const texts = contents
    .filter((text) => text.includes(IMPORT))
    .map((text) => text.replaceAll(/^import [^;]*;$/gm, ''));
  return getL10nJson([{ contents: [IMPORT, ...texts].join('\n'), extension: '.ts' }]);
}

/**
 * The messages of `sourceBundle()` by key. As in the translations, a key is the message with its comment, if it has
 * one.
 */
export async function sourceTexts(): Promise<ReadonlyMap<string, string>> {
  return new Map(Object.entries(await sourceBundle()).map(([key, entry]) => [key, messageOf(entry)]));
}

export function messageOf(entry: l10nJsonMessageFormat): string {
  return typeof entry === 'string' ? entry : entry.message;
}
