import type { l10nJsonFormat } from '@vscode/l10n-dev';
import JSZip from 'jszip';
import { numberedTexts, publishedBundle, type NumberedTexts } from './numberedTexts';
import { zip } from './zip';

const MANIFEST = 'extension/package.json';
/** What only the folder of the repository needs. */
const NOT_PUBLISHED: ReadonlySet<string> = new Set(['scripts', 'devDependencies']);
const TRANSLATION = /^extension\/l10n\/bundle\.l10n\.[\w-]+\.json$/;

/**
 * Packs a VSIX of vsce anew, as small as it gets. Its files mean the same as before; only the translations get the form
 * that the published `dist/extension.js` reads.
 */
export async function shrink(vsix: Buffer): Promise<Buffer> {
  const { files } = await JSZip.loadAsync(vsix);
  const texts = await numberedTexts();
  // vsce has them in the order in which it has read them, which is not always the same.
  const entries = Object.values(files)
    .filter((file) => !file.dir)
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  return zip(
    await Promise.all(
      entries.map(async (file) => ({
        name: file.name,
        content: small(file.name, await file.async('nodebuffer'), texts),
      })),
    ),
  );
}

function small(name: string, content: Buffer, texts: NumberedTexts): Buffer {
  if (!name.endsWith('.json')) {
    return content;
  }
  // Without the spaces and line breaks that are for authors.
  return Buffer.from(JSON.stringify(published(name, JSON.parse(content.toString()) as object, texts)));
}

function published(name: string, value: object, texts: NumberedTexts): unknown {
  if (name === MANIFEST) {
    return Object.fromEntries(Object.entries(value).filter(([key]) => !NOT_PUBLISHED.has(key)));
  }
  return TRANSLATION.test(name) ? publishedBundle(texts, value as l10nJsonFormat) : value;
}
