import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lintKeys } from '../../../scripts/lib/lintKeys';

const FILES: Readonly<Record<string, string>> = {
  'top.ts': "import type { Middle } from './middle';\nexport type Top = Middle;\n",
  'middle.ts': "export type { Bottom as Middle } from './folder/bottom';\n",
  'folder/bottom.ts': "import data from '../data.json';\nexport type Bottom = typeof data;\n",
  'data.json': '{ "a": 1 }\n',
  'circle.ts': "export const back = () => import('./circleToo');\n",
  'circleToo.ts': "import { back } from './circle';\nexport { back };\n",
  'apart.ts': 'export const apart = 1;\n',
};
const LINTED = Object.keys(FILES).filter((name) => name.endsWith('.ts'));

describe('the key by which a file is known to be clean', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lint-keys-'));
    await mkdir(path.join(folder, 'folder'));
    for (const [name, text] of Object.entries(FILES)) {
      await writeFile(path.join(folder, name), text);
    }
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const keys = (base = '', names: readonly string[] = LINTED): ReadonlyMap<string, string> =>
    lintKeys(
      names.map((name) => path.join(folder, name)),
      base,
    );

  /** The files whose keys change when this file's text changes. */
  async function changedBy(name: string, text: string): Promise<readonly string[]> {
    const before = keys();
    await writeFile(path.join(folder, name), text);
    const after = keys();
    return LINTED.filter((one) => before.get(path.join(folder, one)) !== after.get(path.join(folder, one)));
  }

  it('is the same while nothing changes', () => {
    assert.deepEqual(keys(), keys());
  });

  it('changes with the file’s own text, and that of nobody who does not import it', async () => {
    assert.deepEqual(await changedBy('apart.ts', 'export const apart = 2;\n'), ['apart.ts']);
  });

  it('changes with what is imported at any distance: a type, an export of another’s, JSON', async () => {
    const chain = ['top.ts', 'middle.ts', 'folder/bottom.ts'];
    assert.deepEqual(await changedBy('folder/bottom.ts', 'export type Bottom = string;\n'), chain);
    await writeFile(path.join(folder, 'folder/bottom.ts'), FILES['folder/bottom.ts'] ?? '');
    assert.deepEqual(await changedBy('data.json', '{ "a": "1" }\n'), chain);
  });

  it('changes around a circle', async () => {
    assert.deepEqual(await changedBy('circleToo.ts', 'export const back = 1;\n'), ['circle.ts', 'circleToo.ts']);
  });

  it('changes when what was imported comes to be, or is gone', async () => {
    await rm(path.join(folder, 'folder/bottom.ts'));
    const names = LINTED.filter((name) => name !== 'folder/bottom.ts');
    const gone = keys('', names);
    await writeFile(path.join(folder, 'folder/bottom.ts'), FILES['folder/bottom.ts'] ?? '');
    const top = path.join(folder, 'top.ts');
    assert.notEqual(keys('', names).get(top), gone.get(top));
  });

  it('of every file changes with what declares for all, and with the base', async () => {
    assert.deepEqual(await changedBy('apart.ts', 'declare global {\n  const everywhere: 1;\n}\nexport {};\n'), LINTED);
    const [before, after] = [keys('rules'), keys('other rules')];
    assert.ok([...before].every(([file, key]) => key !== after.get(file)));
  });
});
