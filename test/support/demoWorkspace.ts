import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from './vscode/command';

/** The repository that the demo workspace claims to be a clone of, by its remote. */
export const DEMO_REPOSITORY = { owner: 'octo-org', name: 'harbor' } as const;

const README = `# Harbor

A small service that keeps track of ships. Hand some work on it to a cloud session:
open the side bar "Cloud Sessions" and choose "New Cloud Session".
`;

const SOURCE = `/** Ships that are in the harbor, by name. */
export const ships = new Map<string, { arrived: Date }>();

export function arrive(name: string, now = new Date()): void {
  ships.set(name, { arrived: now });
}
`;

/** Creates a small Git repository with one commit on the branch `main` and a remote on GitHub. */
export async function createDemoWorkspace(folder: string): Promise<void> {
  await mkdir(path.join(folder, 'src'), { recursive: true });
  await writeFile(path.join(folder, 'README.md'), README);
  await writeFile(path.join(folder, 'src/ships.ts'), SOURCE);
  const { owner, name } = DEMO_REPOSITORY;
  // The user's own Git settings (signing, hooks, templates) must not have an effect.
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  const author = ['-c', 'user.name=Demo', '-c', 'user.email=demo@example.com'];
  for (const args of [
    ['init', '--quiet', '--initial-branch=main'],
    ['remote', 'add', 'origin', `https://github.com/${owner}/${name}.git`],
    ['add', '.'],
    [...author, 'commit', '--quiet', '--message', 'Keep track of ships'],
  ]) {
    await run('git', args, { cwd: folder, env });
  }
}
