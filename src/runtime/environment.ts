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
  /^(COPILOT|GH|GITHUB)_.+$/i,
  /^(HTTP|HTTPS|ALL|NO|FTP)_PROXY$/i,
  /^(SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS|NODE_USE_SYSTEM_CA|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO)$/i,
  // Keychains, and the browser that a sign-in opens.
  /^(DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|BROWSER|DBUS_SESSION_BUS_ADDRESS|SSH_AUTH_SOCK|GPG_AGENT_INFO|GNOME_KEYRING_CONTROL)$/i,
  /^(CODESPACES|CODESPACE_NAME|REMOTE_CONTAINERS|WSL_DISTRO_NAME|WSL_INTEROP|NIX_LD|NIX_LD_LIBRARY_PATH|NIX_SSL_CERT_FILE)$/i,
  /^(PATHEXT|OS|SystemRoot|SystemDrive|windir|ComSpec|PSModulePath|PUBLIC|ALLUSERSPROFILE|PROGRAMDATA|PROGRAMW6432)$/i,
  /^(USERPROFILE|USERNAME|USERDOMAIN|COMPUTERNAME|HOMEDRIVE|HOMEPATH|APPDATA|LOCALAPPDATA)$/i,
  /^((COMMON)?PROGRAMFILES(\(X86\))?|PROCESSOR_(ARCHITECTURE|ARCHITEW6432|IDENTIFIER|LEVEL|REVISION)|NUMBER_OF_PROCESSORS)$/i,
];

export interface EnvironmentOptions {
  /** `cloudSessions.runtime.env`; goes before what is inherited. */
  readonly extra?: Readonly<Record<string, string>>;
  readonly token?: string;
  /** The command is the editor's own executable, which is to behave as Node. */
  readonly asNode?: boolean;
  /** Names differ by case everywhere but on Windows. */
  readonly platform?: NodeJS.Platform;
}

/** Builds the runtime's environment; it is not inherited as it is. */
export function runtimeEnvironment(
  inherited: Readonly<Record<string, string | undefined>>,
  { extra = {}, token, asNode = false, platform = process.platform }: EnvironmentOptions = {},
): Record<string, string> {
  const environment: Record<string, string> = {};
  const set = (name: string, value: string): void => {
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
    set(name, value);
  }
  if (token !== undefined) {
    set(TOKEN_VARIABLE, token);
  }
  if (asNode) {
    set('ELECTRON_RUN_AS_NODE', '1');
  }
  return environment;
}

/** The values in an environment whose names say that they are secrets, to be kept out of all that is logged. */
export function secretsOf(environment: Readonly<Record<string, string>>): string[] {
  return Object.entries(environment)
    .filter(
      ([name]) =>
        /token|secret|passw|passphrase|credential|key|_pat$/i.test(name) && !/_(file|path|dir|url)$/i.test(name),
    )
    .map(([, value]) => value);
}
