import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { getL10nPseudoLocalized, type l10nJsonFormat } from '@vscode/l10n-dev';
import { sourceBundle } from '../../../scripts/lib/sourceTexts';
import { EXTENSION_ID } from '../../../src/manifest';
import { readTexts, type Texts } from '../packageManifest';
import type { VSCodeServer } from './server';

/** A translation of the extension. */
export interface Language {
  /** Such as `de`. */
  readonly id: string;
  /** Of the manifest, by key: `package.nls.ID.json`. */
  readonly manifest: Texts;
  /** Of the sources, by English text: `bundle.l10n.ID.json`. */
  readonly bundle: l10nJsonFormat;
}

/** Every text in letters that English does not have: "Ŕḗḗƒřḗḗşħ". What is left in plain letters was not translated. */
export async function pseudoLanguage(): Promise<Language> {
  return {
    id: 'qps-ploc',
    manifest: getL10nPseudoLocalized(readTexts()) as Texts,
    bundle: getL10nPseudoLocalized(await sourceBundle()),
  };
}

/** Adds it to the installed extension. A window has it once it is opened in that language. */
export async function installLanguage(server: VSCodeServer, { id, manifest, bundle }: Language): Promise<void> {
  const extensions = path.join(server.dataDir, 'extensions');
  const name = (await readdir(extensions)).find((folder) => folder.startsWith(EXTENSION_ID));
  if (name === undefined) {
    throw new Error(`${EXTENSION_ID} is not installed in ${extensions}`);
  }
  const write = (file: string, content: unknown) =>
    writeFile(path.join(extensions, name, file), JSON.stringify(content));
  await write(`package.nls.${id}.json`, manifest);
  await write(`l10n/bundle.l10n.${id}.json`, bundle);
}
