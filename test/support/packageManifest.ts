import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY } from './vscode/paths';

/** User texts by key: `package.nls.json`, or a translation of it. */
export type Texts = Readonly<Record<string, string>>;

/** A key in place of a user text: `%commands.create.title%`. */
const REFERENCE = /^%([\w.-]+)%$/;

/** `package.json` with its user texts in English, as VS Code hands it to the extension. */
export function readManifest(): unknown {
  const texts = readTexts();
  return mapStrings(readManifestFile(), (value) => {
    const key = keyOf(value);
    return key === undefined ? value : (texts[key] ?? value);
  });
}

/** `package.json` unchanged, with keys in place of user texts. */
export function readManifestFile(): unknown {
  return readJson('package.json');
}

/** The texts in a language such as `de`; the English ones without an argument. */
export function readTexts(language?: string): Texts {
  return readJson(language === undefined ? 'package.nls.json' : `package.nls.${language}.json`) as Texts;
}

/** The translations of the texts in `src`, by key. */
export function readBundle(language: string): Texts {
  return readJson(bundleOf(language)) as Texts;
}

/** Path of a language's bundle, relative to the root of the repository. */
export function bundleOf(language: string): string {
  return `l10n/bundle.l10n.${language}.json`;
}

/** The languages that have translations. */
export function translations(): readonly string[] {
  return readdirSync(REPOSITORY).flatMap((file) => /^package\.nls\.([\w-]+)\.json$/.exec(file)?.[1] ?? []);
}

/** The key that a value of the manifest refers to. */
export function keyOf(value: string): string | undefined {
  return REFERENCE.exec(value)?.[1];
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(path.join(REPOSITORY, file), 'utf8'));
}

function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') {
    return map(value);
  }
  if (Array.isArray(value)) {
    return value.map((item) => mapStrings(item, map));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapStrings(item, map)]));
  }
  return value;
}
