import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import JSZip from 'jszip';
import { numberedTexts, publishedBundle } from '../../../scripts/lib/size/numberedTexts';
import { shrink } from '../../../scripts/lib/size/shrink';
import { zip, type ZipEntry } from '../../../scripts/lib/size/zip';
import { bundleOf, readBundle } from '../../support/packageManifest';
import { REPOSITORY } from '../../support/vscode/paths';

/** The files of a zip, read by a library that checks their sums. */
async function unzip(bytes: Buffer): Promise<readonly ZipEntry[]> {
  const { files } = await JSZip.loadAsync(bytes, { checkCRC32: true });
  return Promise.all(
    Object.values(files).map(async (file) => ({ name: file.name, content: await file.async('nodebuffer') })),
  );
}

describe('a zip of ours', () => {
  const entries: readonly ZipEntry[] = [
    { name: 'extension/text.txt', content: Buffer.from('the lamp of the harbour\n'.repeat(999)) },
    { name: 'extension/empty.txt', content: Buffer.alloc(0) },
    { name: 'extension/noise.bin', content: randomBytes(5_000) },
    { name: 'extension/Übersicht.md', content: Buffer.from('# Übersicht') },
  ];

  it('has the files, in their order', async () => {
    assert.deepEqual(await unzip(await zip(entries)), entries);
  });

  it('lets everyone read the files, as a zip of vsce does', async () => {
    const { files } = await JSZip.loadAsync(await zip(entries));
    assert.deepEqual(new Set(Object.values(files).map((file) => file.unixPermissions)), new Set([0o100644]));
  });

  it('is the same for the same files', async () => {
    assert.ok((await zip(entries)).equals(await zip(entries)));
  });

  it('is smaller than zlib can make it', async () => {
    const content = await readFile(path.join(REPOSITORY, 'package.json'));
    const headers = (await zip([{ name: 'a', content: Buffer.alloc(0) }])).length;
    const bytes = (await zip([{ name: 'a', content }])).length - headers;
    assert.ok(bytes < deflateRawSync(content, { level: 9 }).length * 0.99, `${bytes}`);
  });
});

describe('a package that is packed anew', () => {
  it('has the same files, and JSON and the manifest without what is for authors', async () => {
    const vsix = new JSZip();
    vsix.file('extension/package.json', '{\n  "name": "lamp",\n  "scripts": {},\n  "on": [true, "a  b"]\n}\n');
    vsix.file('extension/syntaxes/lamp.json', '{ "scripts": 1 }');
    vsix.file('extension/readme.md', '# Lamp\n\n  - on\n');
    const shrunk = await unzip(await shrink(await vsix.generateAsync({ type: 'nodebuffer' })));
    assert.deepEqual(
      shrunk.filter(({ name }) => !name.endsWith('/')).map(({ name, content }) => [name, content.toString()]),
      [
        ['extension/package.json', '{"name":"lamp","on":[true,"a  b"]}'],
        ['extension/readme.md', '# Lamp\n\n  - on\n'],
        ['extension/syntaxes/lamp.json', '{"scripts":1}'],
      ],
    );
  });

  it('has the translations by number, as its code reads them', async () => {
    const bundle = readBundle('de');
    const vsix = new JSZip();
    vsix.file(`extension/${bundleOf('de')}`, JSON.stringify(bundle));
    const shrunk = await unzip(await shrink(await vsix.generateAsync({ type: 'nodebuffer' })));
    const published: unknown = JSON.parse(shrunk.find(({ name }) => name.endsWith('.json'))?.content.toString() ?? '');
    assert.deepEqual(published, publishedBundle(await numberedTexts(), bundle));
  });
});
