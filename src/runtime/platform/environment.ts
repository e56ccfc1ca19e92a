import { thisPlatform } from './platform';
import {
  insideWorkspace,
  isWhole,
  notAbsolute,
  pathVariable,
  searchPath,
  whyStranger,
  workspaceOf,
  type Grounds,
  type SearchPath,
} from './searchPath';

/** The variable with the token. `--auth-token-env` names it, so that the token is in no argument list. */
export const TOKEN_VARIABLE = 'COPILOT_SDK_AUTH_TOKEN';

/**
 * The variables that the runtime and the tools that it runs need. All others are removed: those of the editor
 * (`VSCODE_*`, `ELECTRON_*`), hooks of debuggers (`NODE_OPTIONS`, `NODE_DEBUG`), and secrets of other tools.
 */
const ALLOWED = [
  /^(PATH|HOME|USER|LOGNAME|SHELL|HOSTNAME|TERM|COLORTERM|NO_COLOR|TZ|TZDIR|TMP|TEMP|TMPDIR)$/i,
  /^(LANG|LANGUAGE|LC_.+|XDG_.+)$/i,
  /^COPILOT_.+$/i,
  // Not all `GITHUB_*`: workflow runs have dozens.
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

/**
 * Allowed variables that are removed nevertheless: those that name a program, code or a place to run code from, that
 * turn the runtime into something else, that allow everything, and that a runtime passes to its children (the editor
 * may be one).
 */
const DENIED = [
  /^COPILOT_(.+_)?(BIN|BINARY|COMMAND|CMD|SCRIPT|SHELL|EDITOR|BROWSER|HOOKS|EXTENSIONS|MCP)$/i,
  /^COPILOT_(CLI_PATH|(CLI_)?(RESOLVED_)?DIST_DIR|CLI_RESOLVED_DIST_DIR|CLI_RUN_AS_NODE|RUN_APP|SEA_.+|PLUGIN_ROOT|PROJECT_DIR)$/i,
  /^COPILOT_(ALLOW_ALL|ASSISTED_APPROVAL|PROMPT_MODE_.+|TEST_.+|E2E_.+|DEBUG_VOICE_.+|HOOK_ALLOW_.+)$/i,
  /^COPILOT_(LOADER_.+|SUPERVISED|SETUP_TERMINAL|RESTART_.+|DETACHED_.+|IDENTITY_.+|AGENT_SESSION_ID|CLI_BINARY_VERSION)$/i,
];

/** Paths of folders, files or programs. Relative ones would mean a folder that others may write to. */
const PATHS =
  /^(HOME|SHELL|TMP|TEMP|TMPDIR|TZDIR|XAUTHORITY|USERPROFILE|(LOCAL)?APPDATA|ComSpec|GH_CONFIG_DIR|XDG_(.+_HOME|RUNTIME_DIR)|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO|NIX_SSL_CERT_FILE|NIX_LD|COPILOT_(.+_)?(HOME|DIR|DIRECTORY|ROOT|PATH|FILE|CONFIG))$/i;
/** Those of them that name programs or their configuration: not in a workspace either. */
const PLACES_OF_CODE = /^(SHELL|ComSpec|NIX_LD|GH_CONFIG_DIR|XDG_CONFIG_HOME|XDG_DATA_HOME|COPILOT_.+)$/i;
/** Lists of paths. */
const LISTS = /^(XDG_(CONFIG|DATA)_DIRS|NIX_LD_LIBRARY_PATH|PSModulePath|COPILOT_(.+_)?DIRS)$/i;

/** Variables that the runtime would sign in with by itself. */
const SIGN_INS = /^(COPILOT|GH|GITHUB)_(.+_)?(TOKEN|PAT|HMAC_KEY|API_KEY)$/i;

export interface EnvironmentOptions {
  /** `cloudSessions.runtime.env`; overrides inherited variables. */
  readonly extra?: Readonly<Record<string, string>>;
  readonly token?: string;
  /** Whether the user's token variables are passed on, also those of `extra`. If not, `token` is the only sign-in. */
  readonly ownSignIn?: boolean;
  /** Whether the command is the executable of the editor, which is to behave as Node.js. */
  readonly asNode?: boolean;
  /** Names of variables are case-sensitive everywhere but on Windows. */
  readonly platform?: NodeJS.Platform;
  /** Has the workspace folders; by default there are none. */
  readonly grounds?: Grounds;
  /**
   * Receives the names of allowed variables that are removed nevertheless, and the folders that are removed from lists
   * such as `PATH`, with the reason. For the log.
   */
  readonly onDropped?: (what: string, why: string) => void;
}

/**
 * The environment of the runtime, which is not simply inherited. Nothing in it makes programs be taken from the working
 * directory or from the workspace: see `searchPath`.
 */
export function runtimeEnvironment(
  inherited: Readonly<Record<string, string | undefined>>,
  {
    extra = {},
    token,
    ownSignIn = true,
    asNode = false,
    platform = process.platform,
    grounds = { ...thisPlatform(), platform, env: inherited },
    onDropped = () => undefined,
  }: EnvironmentOptions = {},
): Record<string, string> {
  const environment: Record<string, string> = {};
  const set = (name: string, value: string): void => {
    if (!ownSignIn && SIGN_INS.test(name) && name !== TOKEN_VARIABLE) {
      return;
    }
    if (platform === 'win32') {
      // With both `Path` and `PATH`, either might count.
      const same = Object.keys(environment).find((other) => other.toUpperCase() === name.toUpperCase());
      if (same !== undefined) {
        Reflect.deleteProperty(environment, same);
      }
    }
    environment[name] = value;
  };
  for (const [name, value] of Object.entries(inherited)) {
    if (value === undefined || name === TOKEN_VARIABLE || !ALLOWED.some((pattern) => pattern.test(name))) {
      continue;
    }
    if (DENIED.some((pattern) => pattern.test(name))) {
      // eslint-disable-next-line texts/localized -- a line of the log
      onDropped(name, 'it chooses what the runtime runs; set it in cloudSessions.runtime.env to have it');
      continue;
    }
    const safe = safeValue(name, value, grounds, onDropped);
    if (safe !== undefined) {
      set(name, safe);
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
  setPath(environment, grounds, onDropped);
  if (platform === 'win32') {
    // Otherwise its shell prefers programs in the working directory to those on the PATH.
    set('NoDefaultCurrentDirectoryInExePath', '1');
  }
  return environment;
}

type OnDropped = NonNullable<EnvironmentOptions['onDropped']>;

function setPath(environment: Record<string, string>, grounds: Grounds, onDropped: OnDropped): void {
  const isPath = (name: string): boolean =>
    grounds.platform === 'win32' ? name.toUpperCase() === 'PATH' : name === 'PATH';
  const name = Object.keys(environment).find(isPath) ?? 'PATH';
  const found = searchPath(grounds, environment[name] ?? '');
  reportEntries(name, found, onDropped);
  environment[name] = pathVariable(grounds, found);
}

function reportEntries(name: string, { dropped }: SearchPath, onDropped: OnDropped): void {
  for (const { entry, why } of dropped) {
    onDropped(`“${entry}” in ${name}`, why);
  }
}

/** The value that may be passed on; `undefined` removes the variable. */
function safeValue(name: string, value: string, grounds: Grounds, onDropped: OnDropped): string | undefined {
  if (LISTS.test(name)) {
    const found = searchPath(grounds, value);
    reportEntries(name, found, onDropped);
    return found.folders.length === 0 ? undefined : pathVariable(grounds, found);
  }
  if (name.toUpperCase() === 'BROWSER') {
    // A list of names or paths, each possibly with arguments.
    const programs = grounds.platform === 'win32' ? [value] : value.split(':');
    const why = programs.map((one) => whyNoProgram(one.trim().split(/\s/, 1)[0] ?? '', grounds)).find(Boolean);
    if (why !== undefined) {
      onDropped(name, why);
    }
    return why === undefined ? value : undefined;
  }
  if (name.toUpperCase() === 'DBUS_SESSION_BUS_ADDRESS' && /(?:^|;)\s*unixexec:/i.test(value)) {
    // eslint-disable-next-line texts/localized -- a line of the log
    onDropped(name, 'it names a program that is to be run');
    return undefined;
  }
  if (!PATHS.test(name)) {
    return value;
  }
  if (!isWhole(value, grounds)) {
    onDropped(name, notAbsolute());
    return undefined;
  }
  const workspace = PLACES_OF_CODE.test(name) ? workspaceOf(value, grounds) : undefined;
  if (workspace !== undefined) {
    onDropped(name, insideWorkspace(workspace));
    return undefined;
  }
  return value;
}

/** Why a program may not be passed on. A bare name is found on the PATH, which is safe. */
function whyNoProgram(program: string, grounds: Grounds): string | undefined {
  if (!/[/\\]/.test(program)) {
    return undefined;
  }
  return isWhole(program, grounds) ? whyStranger(program, grounds) : notAbsolute();
}
