import type { Answer } from '../../httpAnswer';
import { git, tryGit } from '../git';
import type { HostedRepository } from '../repository';
import { failed, notFound, ok, pageOf } from './answers';
import { changedFiles, type ChangedFile } from './changedFiles';
import { apiAddress, commitsJson, webAddress, type Addresses, type Json } from './entities';

/** The API lists no more files, on its first page. */
const MOST_FILES = 300;
const MOST_COMMITS = 250;

/** @param basehead `base...head`, each a branch, a tag or a commit, with or without `owner:` */
export async function compare(
  repository: HostedRepository,
  addresses: Addresses,
  basehead: string,
  query: URLSearchParams,
): Promise<Answer> {
  const [baseName, headName, ...rest] = basehead.split('...').map((ref) => ownRef(repository, ref));
  if (baseName === undefined || headName === undefined || rest.length > 0) {
    return notFound();
  }
  const [base, head] = [await repository.commit(baseName), await repository.commit(headName)];
  if (base === undefined || head === undefined) {
    return notFound();
  }
  const cwd = await repository.ready();
  const mergeBase = await tryGit(['merge-base', base, head], { cwd });
  if (mergeBase === undefined) {
    return failed(404, `No common ancestor between ${baseName} and ${headName}.`);
  }
  const [behind = 0, ahead = 0] = (await git(['rev-list', '--left-right', '--count', `${base}...${head}`], { cwd }))
    .split('\t')
    .map(Number);
  const url = apiAddress(addresses, repository, 'compare', `${baseName}...${headName}`);
  const page = pageOf(await commitsJson(repository, addresses, [`${base}..${head}`]), query, url, {
    usual: MOST_COMMITS,
    most: MOST_COMMITS,
  });
  const one = async (commit: string): Promise<Json | undefined> =>
    (await commitsJson(repository, addresses, ['-1', commit]))[0];
  const files = page.number === 1 ? await changedFiles(cwd, mergeBase, head) : [];
  return ok(
    {
      url,
      html_url: webAddress(repository, 'compare', `${baseName}...${headName}`),
      base_commit: await one(base),
      merge_base_commit: await one(mergeBase),
      status: statusOf(ahead, behind),
      ahead_by: ahead,
      behind_by: behind,
      total_commits: ahead,
      commits: page.items,
      files: files.slice(0, MOST_FILES).map((file) => fileJson(repository, addresses, file, head)),
    },
    page.headers,
  );
}

export function fileJson(repository: HostedRepository, addresses: Addresses, file: ChangedFile, head: string): Json {
  const path = file.filename.split('/').map(encodeURIComponent).join('/');
  return {
    ...file,
    blob_url: webAddress(repository, 'blob', head, path),
    raw_url: webAddress(repository, 'raw', head, path),
    contents_url: `${apiAddress(addresses, repository, 'contents', path)}?ref=${head}`,
  };
}

/** Without the owner, if it is the repository's own; `undefined` for a fork, of which there is none here. */
function ownRef({ owner, name }: HostedRepository, ref: string): string | undefined {
  const [first = '', second, third] = ref.split(':');
  if (second === undefined) {
    return first;
  }
  const isOwn = first.toLowerCase() === owner.toLowerCase() && (third === undefined || second === name);
  return isOwn ? (third ?? second) : undefined;
}

function statusOf(ahead: number, behind: number): string {
  return ahead > 0 ? (behind > 0 ? 'diverged' : 'ahead') : behind > 0 ? 'behind' : 'identical';
}
