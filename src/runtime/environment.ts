/** The variable that hands the token over: `--auth-token-env` names it, so that the token is in no argument list. */
export const TOKEN_VARIABLE = 'COPILOT_SDK_AUTH_TOKEN';

/**
 * What the runtime and the tools that it runs need of our environment. All else stays behind: the editor's own
 * variables, debuggers' hooks (`NODE_OPTIONS`), and whatever secrets other tools keep there.
 */
const KEPT = [
  /^(PATH|PATHEXT|HOME|USER|LOGNAME|SHELL|PWD|TERM|COLORTERM|TZ|TMP|TEMP|TMPDIR|LANG|LANGUAGE|DISPLAY|WAYLAND_DISPLAY)$/i,
  /^(LC_|XDG_|COPILOT_|GH_|GITHUB_)/i,
  /^(HTTP|HTTPS|ALL|NO|FTP)_PROXY$/i,
  /^(SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE)$/i,
  /^(DBUS_SESSION_BUS_ADDRESS|SSH_AUTH_SOCK|GPG_AGENT_INFO|GNOME_KEYRING_CONTROL)$/i,
  /^(SystemRoot|SystemDrive|windir|ComSpec|USERPROFILE|USERNAME|USERDOMAIN|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES(\(X86\))?|HOMEDRIVE|HOMEPATH|PROCESSOR_ARCHITECTURE|NUMBER_OF_PROCESSORS|OS)$/i,
];

export interface EnvironmentOptions {
  /** `cloudSessions.runtime.env`; goes before what is inherited. */
  readonly extra?: Readonly<Record<string, string>>;
  readonly token?: string;
  /** The command is the editor's own executable, which is to behave as Node. */
  readonly asNode?: boolean;
}

/** Builds the runtime's environment; it is not inherited as it is. */
export function runtimeEnvironment(
  inherited: Readonly<Record<string, string | undefined>>,
  { extra = {}, token, asNode = false }: EnvironmentOptions = {},
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(inherited)) {
    if (value !== undefined && name !== TOKEN_VARIABLE && KEPT.some((pattern) => pattern.test(name))) {
      environment[name] = value;
    }
  }
  return {
    ...environment,
    ...extra,
    ...(token === undefined ? {} : { [TOKEN_VARIABLE]: token }),
    ...(asNode ? { ELECTRON_RUN_AS_NODE: '1' } : {}),
  };
}
