import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundleOf, readBundle, translations } from '../test/support/packageManifest';
import { REPOSITORY } from '../test/support/vscode/paths';
import { start } from './lib/main';
import { sourceTexts } from './lib/sourceTexts';

/**
 * Updates the translations in `l10n/`: removes texts that no source has any more, and prints the keys of missing ones.
 * A key includes the comment for translators. A test fails while any text is missing.
 */
async function main(): Promise<number> {
  const texts = await sourceTexts();
  let lacking = 0;
  for (const language of translations()) {
    const before = readBundle(language);
    const after = Object.fromEntries(
      Array.from(texts.keys())
        .toSorted()
        .flatMap((key) => (before[key] === undefined ? [] : [[key, before[key]]])),
    );
    await writeFile(path.join(REPOSITORY, bundleOf(language)), `${JSON.stringify(after, undefined, 2)}\n`);
    const missing = Array.from(texts).filter(([key]) => before[key] === undefined);
    lacking += missing.length;
    const gone = Object.keys(before).filter((key) => !texts.has(key)).length;
    console.log(`${language}: ${Object.keys(after).length} texts, ${gone} removed, ${missing.length} lacking`);
    console.log(JSON.stringify(Object.fromEntries(missing), undefined, 2));
  }
  return lacking > 0 ? 1 : 0;
}

start(main);
