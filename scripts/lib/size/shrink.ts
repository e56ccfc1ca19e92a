import type { l10nJsonFormat } from '@vscode/l10n-dev';
import JSZip from 'jszip';
import { numberedTexts, publishedBundle, type NumberedTexts } from './numberedTexts';
import { zip } from './zip';

const TRANSLATION = /^extension\/l10n\/bundle\.l10n\.[\w-]+\.json$/;

/**
 * Packs a VSIX of vsce anew, as small as it gets. Its files mean the same as before; only the translations get the form
 * that the published `dist/extension.js` reads.
 */
export async function shrink(vsix: Buffer): Promise<Buffer> {
  const { files } = await JSZip.loadAsync(vsix);
  const texts = await numberedTexts();
  const entries = Object.values(files).filter((file) => !file.dir);
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
  const value: unknown = JSON.parse(content.toString());
  const published = TRANSLATION.test(name) ? publishedBundle(texts, value as l10nJsonFormat) : value;
  // Without the spaces and line breaks that are for authors.
  return Buffer.from(JSON.stringify(published));
}
