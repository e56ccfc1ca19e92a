import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createVSIX } from '@vscode/vsce';
import JSZip from 'jszip';
import { run } from '../../test/support/vscode/command';
import { REPOSITORY } from '../../test/support/vscode/paths';
import { shippedPackages } from './bundles';
import { missingNotices } from './notices';
import { shrink } from './size/shrink';

/** Path of the built package. */
export const VSIX = path.join(REPOSITORY, 'dist/cloud-sessions.vsix');

const LIMIT_BYTES = 300_000;

/** Every file of the package matches one of these, and each of these matches a file. Names as vsce lists them. */
const CONTENTS: readonly RegExp[] = [
  /^\[Content_Types\]\.xml$/,
  /^extension\.vsixmanifest$/,
  /^extension\/package\.json$/,
  /^extension\/package\.nls\.json$/,
  /^extension\/package\.nls\.[a-z-]+\.json$/,
  /^extension\/l10n\/bundle\.l10n\.[a-z-]+\.json$/,
  /^extension\/readme\.md$/i,
  /^extension\/changelog\.md$/i,
  /^extension\/license(\.txt|\.md)?$/i,
  /^extension\/ThirdPartyNotices\.txt$/,
  /^extension\/dist\/extension\.js$/,
  /^extension\/dist\/endRun\.js$/,
  /^extension\/media\/[\w-]+\.(svg|png)$/,
  /^extension\/syntaxes\/[\w.-]+\.json$/,
];

export interface Package {
  readonly bytes: number;
  /** Names, and uncompressed sizes in bytes. */
  readonly entries: readonly { readonly name: string; readonly bytes: number }[];
  /** Bundled packages that the notices lack. */
  readonly missingNotices: readonly string[];
}

/** Builds the extension for publishing, and packs it. */
export async function pack(): Promise<Package> {
  await createVSIX({ cwd: REPOSITORY, packagePath: VSIX, dependencies: false });
  const vsix = await shrink(await readFile(VSIX));
  await writeFile(VSIX, vsix);
  const packed = await JSZip.loadAsync(vsix, { checkCRC32: true });
  const files = Object.values(packed.files).filter((entry) => !entry.dir);
  const entries = await Promise.all(
    files.map(async (entry) => ({ name: entry.name, bytes: (await entry.async('uint8array')).length })),
  );
  const notices = (await packed.file('extension/ThirdPartyNotices.txt')?.async('string')) ?? '';
  return {
    bytes: vsix.length,
    entries,
    missingNotices: missingNotices(notices, await shippedPackages()),
  };
}

/** As `pack()`, without output unless it fails. */
export async function packQuietly(): Promise<void> {
  await run(process.execPath, ['--import', 'tsx', path.join(REPOSITORY, 'scripts/package.ts')], { cwd: REPOSITORY });
}

/** What is wrong with the package; empty if nothing is. */
export function problems({ bytes, entries, missingNotices }: Package): readonly string[] {
  const unexpected = entries.filter(({ name }) => !CONTENTS.some((allowed) => allowed.test(name)));
  const missing = CONTENTS.filter((wanted) => !entries.some(({ name }) => wanted.test(name)));
  return [
    ...unexpected.map(({ name }) => `${name} does not belong in the package.`),
    ...missing.map((wanted) => `Nothing in the package matches ${String(wanted)}.`),
    ...missingNotices,
    ...(bytes > LIMIT_BYTES ? [`The package has ${bytes} bytes; ${LIMIT_BYTES} are the limit.`] : []),
  ];
}
