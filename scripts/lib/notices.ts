/**
 * `ThirdPartyNotices.txt`: the licences of the bundled packages.
 *
 * Handwritten because no maintained library does this. `esbuild-plugin-license` finds packages by name in
 * `package.json` files that it looks for upwards, writes one file per bundle and skips a package without a licence
 * text; `@rnx-kit/third-party-notices` reads a source map, which the published bundle does not have.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Metafile } from 'esbuild';

/** Names of files with terms that have to be passed on. */
const LICENSE_FILE = /^(licen[cs]e|copying|unlicense)/i;
const NOTICE_FILE = /^(notice|third[-_ ]?party)/i;
/**
 * Licences of packages that publish none, copied from their repositories. The name is the package's, with `-` for `/`.
 */
const LICENSES = path.resolve(import.meta.dirname, '../licenses');
const CODE_FILE = /\.([cm]?[jt]s|json|map)$/i;
const RULE = '-'.repeat(80);

export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** As the package states it, usually an SPDX expression. */
  readonly license: string;
  /** The full texts of its licence files, then of its notices. */
  readonly texts: readonly string[];
}

interface PackageManifest {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly license?: unknown;
}

/**
 * The packages that esbuild read for these bundles, sorted by name. This includes packages of which no line remains,
 * because esbuild copies constants from one file into another.
 *
 * @param root the folder that the metafiles' paths are relative to
 * @throws {Error} if a package has no name, version, licence or licence text
 */
export async function bundledPackages(
  metafiles: readonly Metafile[],
  root: string,
): Promise<readonly BundledPackage[]> {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs));
  const folders = new Set(inputs.map((input) => packageFolder(input)).filter((folder) => folder !== undefined));
  const packages = await Promise.all(Array.from(folders, (folder) => readPackage(path.resolve(root, folder))));
  // A package in several folders in the same version is listed once.
  const unique = new Map(packages.map((found) => [heading(found), found]));
  return Array.from(unique.keys())
    .sort()
    .flatMap((key) => unique.get(key) ?? []);
}

/** The text of `ThirdPartyNotices.txt`. */
export function formatNotices(packages: readonly BundledPackage[]): string {
  const sections = packages.map((found) => [RULE, heading(found), RULE, '', ...found.texts].join('\n'));
  return [
    'Third-party notices',
    '',
    'Cloud Sessions for GitHub Copilot contains the following packages. Their licences are reproduced here.',
    ...packages.map((found) => `- ${heading(found)}`),
    '',
    ...sections,
  ].join('\n');
}

/** What the notices lack of these packages; empty if nothing is missing. */
export function missingNotices(notices: string, packages: readonly BundledPackage[]): readonly string[] {
  return packages.flatMap((found) => [
    ...(notices.includes(`${RULE}\n${heading(found)}\n${RULE}\n`) ? [] : [`${heading(found)} is not in the notices.`]),
    ...(found.texts.every((text) => notices.includes(text)) ? [] : [`The notices lack the licence of ${found.name}.`]),
  ]);
}

function heading({ name, version, license }: BundledPackage): string {
  return `${name} ${version} (${license})`;
}

/** The innermost package folder that contains a file; `undefined` for a file of ours. */
function packageFolder(file: string): string | undefined {
  return /^.*\bnode_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+(?=[\\/])/.exec(file)?.[0];
}

async function readPackage(folder: string): Promise<BundledPackage> {
  const { name, version, license } = JSON.parse(
    await readFile(path.join(folder, 'package.json'), 'utf8'),
  ) as PackageManifest;
  if (typeof name !== 'string' || typeof version !== 'string' || typeof license !== 'string') {
    throw new Error(`${path.join(folder, 'package.json')} lacks a name, a version or a licence.`);
  }
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !CODE_FILE.test(entry.name)).map((entry) => entry.name);
  files.sort();
  const read = async (pattern: RegExp) => {
    const texts = await Promise.all(
      files.filter((file) => pattern.test(file)).map((file) => readFile(path.join(folder, file), 'utf8')),
    );
    return texts.map((text) => `${text.replaceAll('\r\n', '\n').trim()}\n`).filter((text) => text !== '\n');
  };
  const [published, notices] = await Promise.all([read(LICENSE_FILE), read(NOTICE_FILE)]);
  const licenses = published.length > 0 ? published : await copiedLicense(name);
  if (licenses.length === 0) {
    throw new Error(`${name} ${version} is in a bundle, but its package has no licence text.`);
  }
  return { name, version, license, texts: [...licenses, ...notices] };
}

async function copiedLicense(name: string): Promise<readonly string[]> {
  const file = path.join(LICENSES, `${name.replaceAll('/', '-')}.txt`);
  return existsSync(file) ? [await readFile(file, 'utf8')] : [];
}
