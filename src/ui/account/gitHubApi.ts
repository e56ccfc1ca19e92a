import * as vscode from 'vscode';
import { apiBaseOf, type ApiBase } from '../../core/github/apiBase';
import { environmentVariable, GitHubHost } from '../../core/github/gitHubHost';
import { GitHubClient } from '../../github/gitHubClient';
import type { RuntimeLog } from '../common/runtimeLog';
import { readRuntimeSettings } from '../common/settings';
import type { GitHubAccount } from './gitHubAccount';
import { VARIABLES_IGNORE_CASE, type RuntimeGitHub } from './runtimeGitHub';

/** The variables with the runtime's sign-in, in its order. */
const TOKENS = ['COPILOT_GITHUB_TOKEN', 'GH_TOKEN', 'GITHUB_TOKEN'] as const;

/**
 * GitHub's REST API of the host that the runtime works with, with VS Code's account if there is one that may be used. An
 * emulator on this machine is used with the runtime's own sign-in.
 */
export function gitHubApi(
  gitHub: Pick<RuntimeGitHub, 'current'>,
  account: Pick<GitHubAccount, 'silentToken'>,
  log: Pick<RuntimeLog, 'info' | 'warn'>,
  version: string,
): GitHubClient {
  const ignored = new Set<string>();
  const base = (): ApiBase => {
    const found = baseOf(gitHub);
    if (found.ignored !== undefined && !ignored.has(found.ignored)) {
      ignored.add(found.ignored);
      log.warn(found.ignored);
    }
    return found;
  };
  return new GitHubClient({
    base,
    token: async () => {
      const { env } = readRuntimeSettings();
      return takesAccount(gitHub)
        ? account.silentToken(gitHub.current)
        : TOKENS.map((name) => environmentVariable(env, name, VARIABLES_IGNORE_CASE)).find(Boolean);
    },
    userAgent: `cloud-sessions/${version} VSCode/${vscode.version}`,
    log: (line) => log.info(line),
  });
}

/**
 * Asks the user for the account that the API takes, unless there is one already. An emulator takes none.
 * @throws `cancelled` if the user does not sign in; `invalid-argument` if VS Code's accounts belong to another host
 */
export async function requestAccess(
  gitHub: Pick<RuntimeGitHub, 'current'>,
  account: Pick<GitHubAccount, 'requestAccess'>,
): Promise<void> {
  if (takesAccount(gitHub)) {
    await account.requestAccess(gitHub.current);
  }
}

function baseOf({ current: { host = GitHubHost.dotCom } }: Pick<RuntimeGitHub, 'current'>): ApiBase {
  return apiBaseOf(host, readRuntimeSettings().env, VARIABLES_IGNORE_CASE);
}

function takesAccount(gitHub: Pick<RuntimeGitHub, 'current'>): boolean {
  return baseOf(gitHub).url === (gitHub.current.host ?? GitHubHost.dotCom).apiBase;
}
