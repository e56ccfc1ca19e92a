import JSZip from 'jszip';
import { zip, type ZipEntry } from './zip';

/** Packs a VSIX of vsce anew, as small as it gets: its files mean the same as before. */
export async function shrink(vsix: Buffer): Promise<Buffer> {
  const { files } = await JSZip.loadAsync(vsix);
  const entries = Object.values(files).filter((file) => !file.dir);
  return zip(
    await Promise.all(
      entries.map(async (file) => compact({ name: file.name, content: await file.async('nodebuffer') })),
    ),
  );
}

/** JSON without the spaces and line breaks that are for authors. */
function compact({ name, content }: ZipEntry): ZipEntry {
  return name.endsWith('.json')
    ? { name, content: Buffer.from(JSON.stringify(JSON.parse(content.toString()))) }
    : { name, content };
}
