import path from 'node:path';

/** Runtimes take only tokens of GitHub's form from the environment. This one signs in to nothing but this service. */
export const TOKEN = `gho_${'emulated'.repeat(5).slice(0, 36)}`;

const LOOPBACK = '127.0.0.1,localhost';

/** See `MissionControl.environment`. */
export function runtimeEnvironment(url: string, copilotHome: string, token: string | null): Record<string, string> {
  return {
    COPILOT_HOME: copilotHome,
    COPILOT_MC_BASE_URL: `${url}/agents`,
    COPILOT_API_URL: url,
    COPILOT_DEBUG_GITHUB_API_URL: url,
    // Of three that work (`GH_TOKEN`, `GITHUB_TOKEN`), the one that goes first.
    ...(token === null ? {} : { COPILOT_GITHUB_TOKEN: token }),
    // Without a token the runtime would look into the system's keychain, and ask `gh auth token`.
    COPILOT_DISABLE_KEYTAR: '1',
    GH_CONFIG_DIR: path.join(copilotHome, 'no-gh'),
    // What is not on this machine is looked for through this service, which refuses and tells.
    // In both spellings: which of them counts, if both are there, differs from library to library.
    HTTPS_PROXY: url,
    https_proxy: url,
    HTTP_PROXY: url,
    http_proxy: url,
    NO_PROXY: LOOPBACK,
    no_proxy: LOOPBACK,
  };
}
