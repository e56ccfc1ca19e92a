import * as l10n from '@vscode/l10n';
import { authorized, credentialsOf, proxyProblem, withScheme } from './proxyAddress';

/*
 * The network settings of the runtime, which are environment variables only. Measured on the native runtime 1.0.102 and
 * on 1.0.55 (Node.js): both use `HTTPS_PROXY` and `HTTP_PROXY` with user and password in them, `NO_PROXY` (domains with
 * their subdomains, `*.domain`, ports, `*`), `NODE_EXTRA_CA_CERTS`, `SSL_CERT_FILE` and `SSL_CERT_DIR`; the lower-case
 * name has precedence. Neither uses `ALL_PROXY`. With a proxy that is not an HTTP address, 1.0.55 exits at its start;
 * 1.0.102 ignores it, or takes SOCKS for HTTP.
 */

/** VS Code's settings of the same names, with the prefix `http.`. */
export interface EditorNetwork {
  readonly proxy: string;
  readonly noProxy: readonly string[];
  /** `off`: `proxy` does not apply to extensions. */
  readonly proxySupport: string;
  readonly proxyStrictSSL: boolean;
  readonly systemCertificates: boolean;
  /** The value of a `Proxy-Authorization` header. */
  readonly proxyAuthorization: string | undefined;
  readonly proxyKerberosServicePrincipal: string | undefined;
}

/** VS Code's defaults. */
export const EDITOR_NETWORK_DEFAULTS: EditorNetwork = {
  proxy: '',
  noProxy: [],
  proxySupport: 'override',
  proxyStrictSSL: true,
  systemCertificates: true,
  proxyAuthorization: undefined,
  proxyKerberosServicePrincipal: undefined,
};

/** A setting or variable of the user that is not passed to the runtime as it is. */
export interface NetworkNote {
  /** The name of the setting or the variable. */
  readonly subject: string;
  /** A localized clause. */
  readonly finding: string;
  /** A localized sentence. */
  readonly remedy: string;
}

export interface RuntimeNetwork {
  /** The whole environment of the runtime. */
  readonly environment: Record<string, string>;
  readonly notes: readonly NetworkNote[];
}

type Variables = Readonly<Record<string, string | undefined>>;

export interface NetworkSources {
  /** The environment of this process. */
  readonly inherited: Variables;
  /** `cloudSessions.runtime.env`. */
  readonly extra: Variables;
  readonly editor: EditorNetwork;
  /** Names of variables are case-sensitive everywhere but on Windows. */
  readonly platform?: NodeJS.Platform;
}

/** Never reached through a proxy, which would connect to its own machine. VS Code does the same. */
const LOOPBACK = ['localhost', '127.0.0.1', '::1', '[::1]'];

const SETTING_REMEDY = l10n.t(
  'Set http.proxy, or HTTPS_PROXY in cloudSessions.runtime.env, to the address of an HTTP or HTTPS proxy.',
);
const CA_REMEDY = l10n.t(
  'Save the certificate of the authority as a PEM file, and set NODE_EXTRA_CA_CERTS in cloudSessions.runtime.env to its path.',
);

/**
 * Sets the network variables in the environment of the runtime. In this order of precedence, they come from
 * `cloudSessions.runtime.env`, VS Code's settings and the inherited environment.
 *
 * @param environment the rest, from `runtimeEnvironment`
 */
export function withNetwork(
  environment: Readonly<Record<string, string>>,
  { inherited, extra, editor, platform = process.platform }: NetworkSources,
): RuntimeNetwork {
  const notes: NetworkNote[] = [];
  const layers: readonly Layer[] = [
    variablesLayer(extra, platform, notes),
    editorLayer(editor, notes),
    variablesLayer(inherited, platform, notes, editor.proxyAuthorization),
  ];
  noteSettings(editor, extra, notes);
  const first = (name: keyof Layer): string | undefined =>
    layers.map((layer) => layer[name]).find((value) => value !== undefined);
  const [https = '', http = ''] = [first('https'), first('http')];
  const result = Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(https?|no)_proxy$/i.test(name)));
  const set = (name: string, value: string): void => {
    if (value !== '') {
      result[name.toUpperCase()] = value;
      if (platform !== 'win32') {
        result[name] = value;
      }
    }
  };
  set('https_proxy', https);
  set('http_proxy', http);
  set('no_proxy', exceptions(first('none') ?? '', https !== '' || http !== ''));
  if (editor.systemCertificates) {
    // For runtimes that are scripts; native ones use the certificate store of the system anyway.
    result['NODE_USE_SYSTEM_CA'] ??= '1';
  }
  return { environment: result, notes };
}

const NAMES = /^((https?|no|all)_proxy|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|NODE_USE_SYSTEM_CA)$/i;

/** The variables of an environment that are about the network. */
export function networkVariablesOf(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => NAMES.test(name)));
}

/** Equal for environments with the same network variables, between which a restart would change nothing. */
export function networkSignature(environment: Readonly<Record<string, string>>): string {
  return JSON.stringify(
    Object.entries(networkVariablesOf(environment)).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

/** The proxy for an address, as the runtime chooses it; `undefined` if there is none. */
export function proxyFor(url: URL, environment: Readonly<Record<string, string>>): URL | undefined {
  const text = valueOf(environment, url.protocol === 'https:' ? 'https_proxy' : 'http_proxy') ?? '';
  const isDirect = text === '' || isExcepted(url, valueOf(environment, 'no_proxy') ?? '');
  return isDirect || !URL.canParse(text) ? undefined : new URL(text);
}

/** Whether `NO_PROXY` includes the host of an address. */
export function isExcepted(url: URL, noProxy: string): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const host = bare(url.hostname);
  return noProxy.split(/[\s,]+/).some((entry) => {
    if (entry === '*') {
      return true;
    }
    const [, name = '', itsPort] = /^(\[[^\]]*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    const domain = bare(name.replace(/^\*?\./, ''));
    return (
      domain !== '' && (itsPort === undefined || itsPort === port) && (host === domain || host.endsWith(`.${domain}`))
    );
  });
}

function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}

/** The values of one source; `''` means “no proxy”, and `undefined` means unset. */
interface Layer {
  readonly https: string | undefined;
  readonly http: string | undefined;
  readonly none: string | undefined;
}

function variablesLayer(
  variables: Variables,
  platform: NodeJS.Platform,
  notes: NetworkNote[],
  authorization?: string,
): Layer {
  const isWindows = platform === 'win32';
  const proxy = (name: string): string | undefined => {
    const text = valueOf(variables, name, isWindows);
    const problem = text === undefined ? undefined : proxyProblem(text, true);
    if (problem === undefined) {
      return text === undefined || text.trim() === '' ? text?.trim() : authorized(withScheme(text), authorization);
    }
    notes.push({
      subject: name.toUpperCase(),
      finding: l10n.t('it is not passed to the runtime: {0}', problem),
      remedy: l10n.t('Set it to the address of an HTTP proxy, such as http://proxy.example:8080.'),
    });
    return undefined;
  };
  const all = proxy('all_proxy');
  const http = proxy('http_proxy');
  return {
    https: proxy('https_proxy') ?? http ?? all,
    http: http ?? all,
    none: valueOf(variables, 'no_proxy', isWindows),
  };
}

function editorLayer(editor: EditorNetwork, notes: NetworkNote[]): Layer {
  const text = editor.proxy.trim();
  // VS Code also applies its exceptions to the proxy of the environment.
  const list = editor.noProxy.map((entry) => entry.trim()).filter((entry) => entry !== '');
  const none = list.length === 0 ? undefined : list.join(',');
  const problem = proxyProblem(text, false);
  if (text === '' || problem !== undefined || editor.proxySupport === 'off') {
    if (problem !== undefined) {
      notes.push({
        subject: 'http.proxy',
        finding: l10n.t('it is not passed to the runtime: {0}', problem),
        remedy: SETTING_REMEDY,
      });
    } else if (text !== '') {
      notes.push({
        subject: 'http.proxySupport',
        finding: l10n.t('it is off, so http.proxy is not used for the runtime either'),
        remedy: l10n.t(
          'Set it to “override”, or set HTTPS_PROXY in cloudSessions.runtime.env to the address of the proxy.',
        ),
      });
    }
    return { https: undefined, http: undefined, none };
  }
  const proxy = authorized(text, editor.proxyAuthorization);
  return { https: proxy, http: proxy, none };
}

/** Adds notes on settings that no variable can express. */
function noteSettings(editor: EditorNetwork, extra: Variables, notes: NetworkNote[]): void {
  const note = (subject: string, finding: string, remedy: string): void =>
    void notes.push({ subject, finding, remedy });
  if (!editor.proxyStrictSSL) {
    note('http.proxyStrictSSL', l10n.t('it is off, but the runtime checks certificates anyway'), CA_REMEDY);
  }
  if (extra['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    note('NODE_TLS_REJECT_UNAUTHORIZED', l10n.t('it is 0, but native runtimes check certificates anyway'), CA_REMEDY);
  }
  if (!editor.systemCertificates) {
    note(
      'http.systemCertificates',
      l10n.t('it is off, but the runtime trusts the certificates of the system anyway'),
      l10n.t(
        'To have other certificates trusted instead, set SSL_CERT_FILE in cloudSessions.runtime.env to a PEM file (Linux).',
      ),
    );
  }
  if (editor.proxyAuthorization !== undefined && credentialsOf(editor.proxyAuthorization) === undefined) {
    note(
      'http.proxyAuthorization',
      l10n.t(
        'it is not passed to the runtime, which can only sign in to a proxy with a user name and a password (Basic)',
      ),
      l10n.t('Put them into http.proxy (http://USER:PASSWORD@HOST:PORT), or use a local proxy that signs in to yours.'),
    );
  }
  if (editor.proxyKerberosServicePrincipal !== undefined) {
    note(
      'http.proxyKerberosServicePrincipal',
      l10n.t('it is not passed to the runtime, which has no such setting'),
      l10n.t('Use a local proxy that signs in to yours, and set http.proxy to its address.'),
    );
  }
}

/** The lower-case name has precedence, unless its value is empty. */
function valueOf(variables: Variables, name: string, anyCase = false): string | undefined {
  if (anyCase) {
    return Object.entries(variables).find(([other]) => other.toLowerCase() === name)?.[1];
  }
  const [lower, upper] = [variables[name], variables[name.toUpperCase()]];
  return lower === undefined || lower === '' ? (upper ?? lower) : lower;
}

/** The value of `NO_PROXY`; with the names of this machine if there is a proxy. */
function exceptions(list: string, hasProxy: boolean): string {
  const entries = list.split(/[\s,]+/).filter((entry) => entry !== '');
  const missing = hasProxy && !entries.includes('*') ? LOOPBACK.filter((name) => !entries.includes(name)) : [];
  return [...entries, ...missing].join(',');
}
