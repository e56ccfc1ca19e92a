import { isLoopback } from '../common/loopback';
import { environmentVariable, type GitHubHost } from './gitHubHost';

/** Where GitHub's REST API is. */
export interface ApiBase {
  /** The base of all its URLs, without a slash at the end: `https://api.github.com`. */
  readonly url: string;
  /** The host whose pages belong to it: `github.com`; with a port if that is not the default one. */
  readonly webHost: string;
  /** Why the address in the environment is not used, in a sentence for the log. */
  readonly ignored?: string;
}

const VARIABLE = 'COPILOT_DEBUG_GITHUB_API_URL';

/**
 * The REST API of a host; or that of an emulator on this machine, which the runtime's environment names. An address
 * anywhere else is not used, because the account's token is sent there.
 *
 * @param environment the setting `cloudSessions.runtime.env`
 * @param ignoreCase whether names of variables ignore case, as on Windows
 */
export function apiBaseOf(
  host: GitHubHost,
  environment: Readonly<Record<string, string>>,
  ignoreCase = false,
): ApiBase {
  const usual = { url: host.apiBase, webHost: host.name };
  const text = environmentVariable(environment, VARIABLE, ignoreCase)?.trim() ?? '';
  if (text === '') {
    return usual;
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || !isLoopback(url)) {
    // eslint-disable-next-line texts/localized -- for the log
    return { ...usual, ignored: `${VARIABLE} is ignored: it is no http or https address of this machine.` };
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    // eslint-disable-next-line texts/localized -- for the log
    return { ...usual, ignored: `${VARIABLE} is ignored: it has credentials, a query or a fragment in it.` };
  }
  return { url: `${url.origin}${url.pathname.replace(/\/+$/, '')}`, webHost: host.name };
}
