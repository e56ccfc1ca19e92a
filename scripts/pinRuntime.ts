import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { REPOSITORY } from '../test/support/vscode/paths';
import { pinnedRuntimeSource } from './lib/pinnedRuntime';
import { start } from './lib/main';

const FILE = 'src/runtime/install/pinnedRuntime.ts';

/** Writes the version and hashes of the runtime that the extension installs, from `package-lock.json`. */
async function main(): Promise<undefined> {
  const lock: unknown = JSON.parse(await readFile(path.join(REPOSITORY, 'package-lock.json'), 'utf8'));
  await writeFile(path.join(REPOSITORY, FILE), pinnedRuntimeSource(lock));
  console.log(`${FILE} is as package-lock.json says.`);
  return undefined;
}

start(main);
