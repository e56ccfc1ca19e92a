/** The variable that hands the token over: `--auth-token-env` names it, so that the token is in no argument list. */
export const TOKEN_VARIABLE = 'COPILOT_SDK_AUTH_TOKEN';

/**
 * What the runtime and the tools that it runs need of our environment. All else stays behind: the editor's own
 * variables (`VSCODE_*`, `ELECTRON_*`), debuggers' hooks (`NODE_OPTIONS`, `NODE_DEBUG`), and whatever secrets other
 * tools keep there.
 */
const KEPT = [
  /^(PATH|HOME|USER|LOGNAME|SHELL|PWD|HOSTNAME|TERM|COLORTERM|NO_COLOR|TZ|TZDIR|TMP|TEMP|TMPDIR)$/i,
  /^(LANG|LANGUAGE|LC_.+|XDG_.+)$/i,
  /^COPILOT_.+$/i,
  // Not all of theirs: where a workflow runs, there are dozens.
  /^GH_(HOST|TOKEN|ENTERPRISE_TOKEN|CONFIG_DIR)$/i,
  /^GITHUB_(TOKEN|ENTERPRISE_TOKEN|PERSONAL_ACCESS_TOKEN|SERVER_URL|API_URL|GRAPHQL_URL|COPILOT_.+)$/i,
  /^(HTTP|HTTPS|ALL|NO|FTP)_PROXY$/i,
  /^(SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS|NODE_USE_SYSTEM_CA|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO)$/i,
  // Keychains, and the browser that a sign-in opens.
  /^(DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|BROWSER|DBUS_SESSION_BUS_ADDRESS|SSH_AUTH_SOCK|GPG_AGENT_INFO|GNOME_KEYRING_CONTROL)$/i,
  /^(CODESPACES|CODESPACE_NAME|REMOTE_CONTAINERS|WSL_DISTRO_NAME|WSL_INTEROP|NIX_LD|NIX_LD_LIBRARY_PATH|NIX_SSL_CERT_FILE)$/i,
  /^(PATHEXT|OS|SystemRoot|SystemDrive|windir|ComSpec|PSModulePath|PUBLIC|ALLUSERSPROFILE|PROGRAMDATA|PROGRAMW6432)$/i,
  /^(USERPROFILE|USERNAME|USERDOMAIN|COMPUTERNAME|HOMEDRIVE|HOMEPATH|APPDATA|LOCALAPPDATA)$/i,
  /^((COMMON)?PROGRAMFILES(\(X86\))?|PROCESSOR_(ARCHITECTURE|ARCHITEW6432|IDENTIFIER|LEVEL|REVISION)|NUMBER_OF_PROCESSORS)$/i,
];

/** What the runtime would sign in with by itself. */
const SIGN_INS = /^(COPILOT|GH|GITHUB)_(.+_)?(TOKEN|PAT|HMAC_KEY|API_KEY)$/i;

export interface EnvironmentOptions {
  /** `cloudSessions.runtime.env`; goes before what is inherited. */
  readonly extra?: Readonly<Record<string, string>>;
  readonly token?: string;
  /** Whether the user's own token variables are passed on, `extra`'s too; otherwise `token` is the only sign-in. */
  readonly ownSignIn?: boolean;
  /** The command is the editor's own executable, which is to behave as Node. */
  readonly asNode?: boolean;
  /** Names differ by case everywhere but on Windows. */
  readonly platform?: NodeJS.Platform;
}

/** Builds the runtime's environment; it is not inherited as it is. */
export function runtimeEnvironment(
  inherited: Readonly<Record<string, string | undefined>>,
  { extra = {}, token, ownSignIn = true, asNode = false, platform = process.platform }: EnvironmentOptions = {},
): Record<string, string> {
  const environment: Record<string, string> = {};
  const set = (name: string, value: string): void => {
    if (!ownSignIn && SIGN_INS.test(name) && name !== TOKEN_VARIABLE) {
      return;
    }
    if (platform === 'win32') {
      // `Path` beside `PATH` would leave it to chance which of them counts.
      const same = Object.keys(environment).find((other) => other.toUpperCase() === name.toUpperCase());
      if (same !== undefined) {
        Reflect.deleteProperty(environment, same);
      }
    }
    environment[name] = value;
  };
  for (const [name, value] of Object.entries(inherited)) {
    if (value !== undefined && name !== TOKEN_VARIABLE && KEPT.some((pattern) => pattern.test(name))) {
      set(name, value);
    }
  }
  for (const [name, value] of Object.entries(extra)) {
    if (ownSignIn || name !== TOKEN_VARIABLE) {
      set(name, value);
    }
  }
  if (token !== undefined) {
    set(TOKEN_VARIABLE, token);
  }
  if (asNode) {
    set('ELECTRON_RUN_AS_NODE', '1');
  }
  return environment;
}

/**
 * The secrets in an environment, to be kept out of all that is logged: values whose names say that they are, and
 * passwords within URLs, such as a proxy's.
 */
export function secretsOf(environment: Readonly<Record<string, string>>): string[] {
  return Object.entries(environment).flatMap(([name, value]) =>
    /token|secret|passw|passphrase|credential|key|_pat$/i.test(name) && !/_(file|path|dir|url)$/i.test(name)
      ? [value]
      : passwordsOf(value),
  );
}

/** As it stands in the URL, and as it is sent. */
function passwordsOf(value: string): string[] {
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s:]*:([^/?#\s]+)@/i.exec(value)?.[1];
  if (password === undefined) {
    return [];
  }
  try {
    return [...new Set([password, decodeURIComponent(password)])];
  } catch {
    return [password];
  }
}
