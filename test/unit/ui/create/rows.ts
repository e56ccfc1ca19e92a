import assert from 'node:assert/strict';
import type { Row } from '../../../../src/ui/create/createSessionRows';
import { repositoryEntries, type RepositoryList } from '../../../../src/ui/git/gitRepositories';

/** The repositories of folders, each with its remotes. The first folder is the current one. */
export const list = (...folders: readonly (readonly [string, Record<string, string>])[]): RepositoryList => ({
  git: 'ready',
  ...repositoryEntries(
    folders.map(([folder, remotes], index) => ({
      root: `file:///w/${folder}`,
      folder,
      isCurrent: index === 0,
      head: undefined,
      remotes: Object.entries(remotes).map(([name, url]) => ({ name, urls: [url] })),
    })),
  ),
});

export const two = list(
  ['web', { origin: 'git@github.com:octo/web.git' }],
  ['api', { origin: 'https://github.com/octo/api', fork: 'https://github.com/me/api' }],
);
export const labels = (rows: readonly Row<unknown>[]) => rows.map(({ label }) => label);
export const keyed = <Choice>(rows: readonly Row<Choice>[], key: string): Row<Choice> => {
  const found = rows.find((row) => row.key === key);
  assert.ok(found, `no row ${key} among ${rows.map((row) => row.key).join(', ')}`);
  return found;
};
