import path from 'node:path';
import { REPOSITORY } from '../test/support/vscode/paths';
import { start } from './lib/main';
import { pack, problems, VSIX } from './lib/vsix';

/** Builds dist/cloud-sessions.vsix. Fails if it contains an unexpected file or is too large. */
async function main(): Promise<number> {
  const built = await pack();
  for (const { name, bytes } of built.entries) {
    console.log(`${String(bytes).padStart(8)}  ${name}`);
  }
  console.log(`${String(built.bytes).padStart(8)}  ${path.relative(REPOSITORY, VSIX)}`);
  const found = problems(built);
  found.forEach((problem) => console.error(problem));
  return found.length === 0 ? 0 : 1;
}

start(main);
