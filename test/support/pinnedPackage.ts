import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { thisPlatform } from '../../src/runtime/platform/platform';
import { PINNED_RUNTIME, PINNED_SHA512 } from '../../src/runtime/install/pinnedRuntime';
import { RuntimeStore } from '../../src/runtime/install/runtimeStore';
import { NpmRegistry } from './npmRegistry';

/**
 * Serves the package of the pinned runtime, as it was published, from an npm registry on loopback. The extension
 * accepts no other package. npm usually has it in its cache; `cache` keeps a copy.
 *
 * @param cache absolute path of a folder, created if it is missing
 * @throws if npm's package does not have the pinned hash
 */
export async function registryOfPinnedRuntime(cache: string): Promise<NpmRegistry> {
  const { packageName } = new RuntimeStore('', thisPlatform());
  const file = path.join(cache, `${packageName.replace('/', '-')}-${PINNED_RUNTIME}.tgz`);
  const registry = new NpmRegistry(packageName, PINNED_RUNTIME, []);
  registry.tarball = (await readWhole(file, packageName)) ?? (await pack(packageName, file));
  return registry.listen();
}

async function pack(packageName: string, file: string): Promise<Buffer> {
  const folder = path.join(path.dirname(file), `.pack-${randomUUID()}`);
  await mkdir(folder, { recursive: true });
  try {
    const args = ['pack', `${packageName}@${PINNED_RUNTIME}`, '--prefer-offline', '--ignore-scripts'];
    await promisify(execFile)('npm', args, { cwd: folder, shell: process.platform === 'win32' });
    const [name = ''] = await readdir(folder);
    await rename(path.join(folder, name), file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const tarball = await readWhole(file, packageName);
  if (tarball === undefined) {
    throw new Error(`${packageName} ${PINNED_RUNTIME}, as npm has it, is not the pinned one.`);
  }
  return tarball;
}

async function readWhole(file: string, packageName: string): Promise<Buffer | undefined> {
  const tarball = await readFile(file).catch(() => undefined);
  const hash = tarball && createHash('sha512').update(tarball).digest('base64');
  return hash === PINNED_SHA512[packageName] ? tarball : undefined;
}
