import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { git, neutralGitEnvironment } from './missionControl/github/git';
import { SEEDS } from './missionControl/github/seeds';
import type { MissionControl } from './missionControl/missionControl';
import { run } from './vscode/command';

/** The repository that the demo workspace claims to be a clone of, by its remote. */
export const DEMO_REPOSITORY = { owner: 'octo-org', name: 'harbor' } as const;

/** Creates a small Git repository with one commit on the branch `main` and a remote on GitHub. */
export async function createDemoWorkspace(folder: string): Promise<void> {
  const { 'README.md': readme, 'src/ships.ts': source } = SEEDS.harbor.files;
  await mkdir(path.join(folder, 'src'), { recursive: true });
  await writeFile(path.join(folder, 'README.md'), readme);
  await writeFile(path.join(folder, 'src/ships.ts'), source);
  const { owner, name } = DEMO_REPOSITORY;
  const author = ['-c', 'user.name=Demo', '-c', 'user.email=demo@example.com'];
  for (const args of [
    ['init', '--quiet', '--initial-branch=main'],
    ['remote', 'add', 'origin', `https://github.com/${owner}/${name}.git`],
    ['add', '.'],
    [...author, 'commit', '--quiet', '--message', 'Keep track of ships'],
  ]) {
    await run('git', args, { cwd: folder, env: neutralGitEnvironment() });
  }
}

/**
 * Creates a clone of a repository of the emulated GitHub, as the user has it. Its remote is
 * `git@github.com:owner/name.git`; fetches and pushes reach the emulator as long as it lives.
 *
 * @param folder absolute path; empty or missing
 */
export async function createDemoClone(
  folder: string,
  service: MissionControl,
  { owner, name }: { readonly owner: string; readonly name: string } = DEMO_REPOSITORY,
): Promise<void> {
  await service.github.repository(owner, name).ready();
  const configuration = Object.entries(await service.github.gitConfiguration());
  const options = configuration.flatMap(([key, value]) => ['--config', `${key}=${value}`]);
  await git(['clone', '--quiet', ...options, `git@github.com:${owner}/${name}.git`, folder], {
    cwd: path.dirname(folder),
  });
}
