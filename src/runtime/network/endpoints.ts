import { GitHubHost, gitHubHostOf } from '../../core/github/gitHubHost';

/** A host that the runtime sends requests to. */
export interface Endpoint {
  /** What the runtime uses it for. */
  readonly role: 'GitHub' | 'Copilot';
  readonly url: URL;
}

/** The hosts of the runtime's requests: the APIs of GitHub and of Copilot, each host once. */
export function endpointsOf(environment: Readonly<Record<string, string>>): readonly Endpoint[] {
  // An empty variable counts as unset.
  const first = (...names: readonly string[]): string | undefined =>
    names.map((name) => environment[name]).find((value) => value !== undefined && value !== '');
  const { name, kind, apiBase } = gitHubHostOf(environment, process.platform === 'win32').host ?? GitHubHost.dotCom;
  const copilot = kind === 'ghe.com' ? `https://copilot-api.${name}` : 'https://api.githubcopilot.com';
  const wanted: readonly (readonly [Endpoint['role'], string])[] = [
    ['GitHub', first('COPILOT_DEBUG_GITHUB_API_URL') ?? apiBase],
    /* eslint-disable texts/localized -- names */
    ['Copilot', first('COPILOT_API_URL') ?? copilot],
    ['Copilot', first('COPILOT_MC_BASE_URL') ?? ''],
    /* eslint-enable texts/localized */
  ];
  const seen = new Set<string>();
  return wanted.flatMap(([role, text]) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '' || seen.has(url.origin)) {
      return [];
    }
    seen.add(url.origin);
    return [{ role, url }];
  });
}
