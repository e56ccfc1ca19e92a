import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { REPOSITORY } from '../test/support/vscode/paths';
import { start } from './lib/main';
import { sourceTexts } from './lib/sourceTexts';

const FOLDER = path.join(REPOSITORY, 'l10n');

/**
 * Brings the translations in `l10n/` up to date with the sources: what no source says any more goes; what a translation
 * lacks is printed, with what its comments tell translators. A test fails as long as anything is lacking.
 */
async function main(): Promise<number> {
  const texts = await sourceTexts();
  const files = (await readdir(FOLDER)).filter((file) => /^bundle\.l10n\.[\w-]+\.json$/.test(file));
  let lacking = 0;
  for (const file of files) {
    const before = JSON.parse(await readFile(path.join(FOLDER, file), 'utf8')) as Readonly<Record<string, string>>;
    const after = Object.fromEntries(
      Array.from(texts.keys())
        .toSorted()
        .flatMap((key) => (before[key] === undefined ? [] : [[key, before[key]]])),
    );
    await writeFile(path.join(FOLDER, file), `${JSON.stringify(after, undefined, 2)}\n`);
    const missing = Array.from(texts).filter(([key]) => before[key] === undefined);
    lacking += missing.length;
    const gone = Object.keys(before).filter((key) => !texts.has(key)).length;
    console.log(`${file}: ${Object.keys(after).length} texts, ${gone} removed, ${missing.length} lacking`);
    console.log(JSON.stringify(Object.fromEntries(missing.map(([key, { message }]) => [key, message])), undefined, 2));
  }
  return lacking > 0 ? 1 : 0;
}

start(main);
