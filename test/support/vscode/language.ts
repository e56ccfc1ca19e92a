import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { getL10nPseudoLocalized, type l10nJsonFormat } from '@vscode/l10n-dev';
import { numberedTexts, publishedBundle } from '../../../scripts/lib/size/numberedTexts';
import { messageOf, sourceBundle } from '../../../scripts/lib/sourceTexts';
import { EXTENSION_ID } from '../../../src/manifest';
import { bundleOf, readBundle, readTexts, type Texts } from '../packageManifest';
import type { VSCodeServer } from './server';

/** A translation of the extension. */
export interface Language {
  /** Language id, such as `de`. */
  readonly id: string;
  /** The manifest's texts by key: `package.nls.ID.json`. */
  readonly manifest: Texts;
  /** The sources' texts by English text: `bundle.l10n.ID.json`. */
  readonly bundle: l10nJsonFormat;
}

/** A translation in the repository, such as `de`. */
export function translation(id: string): Language {
  return { id, manifest: readTexts(id), bundle: readBundle(id) };
}

/** The extension's texts in a language; by default English. */
export class Wording {
  private readonly manifest: Texts;

  constructor(private readonly language?: Language) {
    this.manifest = language?.manifest ?? readTexts();
  }

  /** @param key a key of the manifest without `.title`: `commands.create` */
  title(key: string): string {
    return this.textOf(`${key}.title`);
  }

  /**
   * A command as the palette shows it: "Cloud Sessions: Refresh".
   *
   * @param key as in the manifest: `refresh`
   */
  command(key: string): string {
    return `${this.category}: ${this.title(`commands.${key}`)}`;
  }

  get category(): string {
    return this.textOf('commands.category');
  }

  /**
   * The beginning of a text of the sources, up to its first placeholder.
   *
   * @param english the beginning of the English text
   * @throws if no text begins so
   */
  said(english: string): string {
    if (this.language === undefined) {
      return english;
    }
    const entries = Object.entries(this.language.bundle);
    const [, text] =
      entries.find(([key]) => untilValue(key) === english) ?? entries.find(([key]) => key.startsWith(english)) ?? [];
    if (text === undefined) {
      throw new Error(`No text begins with “${english}”.`);
    }
    return untilValue(messageOf(text));
  }

  private textOf(key: string): string {
    const text = this.manifest[key];
    if (text === undefined) {
      throw new Error(`The manifest has no text ${key}.`);
    }
    return text;
  }
}

function untilValue(text: string): string {
  return text.replace(/\{.*/s, '').trim();
}

/**
 * A pseudo-language with all texts in letters that English does not have: "Ŕḗḗƒřḗḗşħ". Text in plain letters was not
 * translated.
 */
export async function pseudoLanguage(): Promise<Language> {
  return {
    id: 'qps-ploc',
    manifest: getL10nPseudoLocalized(readTexts()) as Texts,
    bundle: getL10nPseudoLocalized(await sourceBundle()),
  };
}

/** Adds a language to the installed extension. A window uses it once it is opened in that language. */
export async function installLanguage(server: VSCodeServer, { id, manifest, bundle }: Language): Promise<void> {
  const extensions = path.join(server.dataDir, 'extensions');
  const name = (await readdir(extensions)).find((folder) => folder.startsWith(EXTENSION_ID));
  if (name === undefined) {
    throw new Error(`${EXTENSION_ID} is not installed in ${extensions}`);
  }
  const write = (file: string, content: unknown) =>
    writeFile(path.join(extensions, name, file), JSON.stringify(content));
  await write(`package.nls.${id}.json`, manifest);
  await write(bundleOf(id), publishedBundle(await numberedTexts(), bundle));
}
