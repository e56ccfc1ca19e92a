import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { shippedBundles, shippedPackages } from '../../../scripts/lib/bundles';
import { bundledPackages, formatNotices, missingNotices } from '../../../scripts/lib/notices';

describe('the third-party notices', () => {
  it('have every package that the bundles name in their comments, with the text of its licence', async () => {
    const notices = formatNotices(await shippedPackages());
    const built = await Promise.all(
      shippedBundles(true).map((bundle) => build({ ...bundle, minify: false, write: false })),
    );
    // esbuild writes the path of each bundled file above its code: a list that is independent of the metafile.
    const text = built.flatMap(({ outputFiles }) => outputFiles.map((file) => file.text)).join('\n');
    const comments = text.matchAll(/^ *\/\/ (?:.*\/)?node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//gm);
    const names = new Set(Array.from(comments, ([, name]) => name ?? ''));
    assert.ok(names.has('vscode-jsonrpc'), [...names].join());
    for (const name of names) {
      const folder = path.resolve(import.meta.dirname, '../../../node_modules', name);
      const { version } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as { version: string };
      assert.ok(notices.includes(`\n${name} ${version} (`), `${name} ${version}`);
      const license = (await readdir(folder)).find((file) => /^licen[cs]e/i.test(file));
      const copied = path.resolve(import.meta.dirname, `../../../scripts/licenses/${name.replaceAll('/', '-')}.txt`);
      const terms = await readFile(license === undefined ? copied : path.join(folder, license), 'utf8');
      assert.ok(notices.includes(terms.replaceAll('\r\n', '\n').trim()), `the terms of ${name}`);
    }
  });

  describe('of packages in a folder', () => {
    let root: string;

    before(async () => {
      root = await mkdtemp(path.join(tmpdir(), 'notices-'));
    });
    after(() => rm(root, { recursive: true, force: true }));

    async function add(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
      await mkdir(path.join(root, folder), { recursive: true });
      for (const [name, content] of Object.entries(files)) {
        await writeFile(path.join(root, folder, name), content);
      }
    }

    async function packagesOf(entry: string) {
      await add('.', { 'entry.js': entry });
      const { metafile } = await build({
        absWorkingDir: root,
        entryPoints: ['entry.js'],
        bundle: true,
        write: false,
        metafile: true,
        logLevel: 'silent',
      });
      return bundledPackages([metafile, metafile], root);
    }

    const manifest = (name: string, version: string) => JSON.stringify({ name, version, license: 'MIT', main: 'a.js' });

    it('name each version once, with all its terms, and none that is not bundled', async () => {
      await add('node_modules/@scope/one', {
        'package.json': manifest('@scope/one', '1.0.0'),
        'a.js': 'require("two")',
        'LICENSE-MIT': 'Terms of one\r\nin two lines',
        'NOTICE.md': 'Notice of one',
        'license.js': 'no terms',
      });
      await add('node_modules/@scope/one/node_modules/two', {
        'package.json': manifest('two', '2.0.0'),
        'a.js': 'console.log(2)',
        COPYING: 'Terms of two, 2.0.0',
      });
      for (const name of ['two', 'unused']) {
        await add(`node_modules/${name}`, {
          'package.json': manifest(name, '1.0.0'),
          'a.js': 'console.log(1)',
          'licence.txt': `Terms of ${name}, 1.0.0`,
        });
      }
      const packages = await packagesOf('require("@scope/one"); require("two")');
      assert.deepEqual(packages, [
        {
          name: '@scope/one',
          version: '1.0.0',
          license: 'MIT',
          texts: ['Terms of one\nin two lines\n', 'Notice of one\n'],
        },
        { name: 'two', version: '1.0.0', license: 'MIT', texts: ['Terms of two, 1.0.0\n'] },
        { name: 'two', version: '2.0.0', license: 'MIT', texts: ['Terms of two, 2.0.0\n'] },
      ]);

      const notices = formatNotices(packages);
      assert.deepEqual(missingNotices(notices, packages), []);
      assert.deepEqual(missingNotices(formatNotices(packages.slice(0, 2)), packages), [
        'two 2.0.0 (MIT) is not in the notices.',
        'The notices lack the licence of two.',
      ]);
      assert.deepEqual(missingNotices(notices.replace('two lines', ''), packages), [
        'The notices lack the licence of @scope/one.',
      ]);
    });

    it('cannot be made for one without a licence text, or without a licence', async () => {
      await add('node_modules/bare', { 'package.json': manifest('bare', '1.0.0'), 'a.js': '', LICENSE: ' \n' });
      await assert.rejects(packagesOf('require("bare")'), /^Error: bare 1\.0\.0 .* no licence text/);
      await add('node_modules/bare', { 'package.json': '{ "name": "bare", "version": "1.0.0", "main": "a.js" }' });
      await assert.rejects(packagesOf('require("bare")'), /lacks a name, a version or a licence/);
    });
  });
});
