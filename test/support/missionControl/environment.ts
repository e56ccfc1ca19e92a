import path from 'node:path';

/** Runtimes accept only tokens of GitHub's form from the environment. This one is valid for this service only. */
export const TOKEN = `gho_${'emulated'.repeat(5).slice(0, 36)}`;

const LOOPBACK = '127.0.0.1,localhost';

/** See `MissionControl.environment`. */
export function runtimeEnvironment(url: string, copilotHome: string, token: string | null): Record<string, string> {
  return {
    COPILOT_HOME: copilotHome,
    COPILOT_MC_BASE_URL: `${url}/agents`,
    COPILOT_API_URL: url,
    COPILOT_DEBUG_GITHUB_API_URL: url,
    // Of the variables that work (also `GH_TOKEN` and `GITHUB_TOKEN`), this one has precedence.
    ...(token === null ? {} : { COPILOT_GITHUB_TOKEN: token }),
    // Without a token, the runtime would search the system's keychain and run `gh auth token`.
    COPILOT_DISABLE_KEYTAR: '1',
    GH_CONFIG_DIR: path.join(copilotHome, 'no-gh'),
    // Requests to other machines go through this service as a proxy, which refuses and records them. Both spellings are
    // set, because libraries differ in which one has precedence.
    HTTPS_PROXY: url,
    https_proxy: url,
    HTTP_PROXY: url,
    http_proxy: url,
    NO_PROXY: LOOPBACK,
    no_proxy: LOOPBACK,
  };
}
