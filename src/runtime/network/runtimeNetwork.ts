import * as l10n from '@vscode/l10n';

/*
 * How the runtime reaches the network: by variables, and by nothing else. Measured on the native runtime 1.0.102 and on
 * 1.0.55 (Node): both take `HTTPS_PROXY` and `HTTP_PROXY` with user and password in them, `NO_PROXY` (domains with
 * their subdomains, `*.domain`, ports, `*`), `NODE_EXTRA_CA_CERTS`, `SSL_CERT_FILE` and `SSL_CERT_DIR`; of two
 * spellings the one in lower case counts. Neither takes `ALL_PROXY`. A proxy that is no http address ends 1.0.55 at its
 * start; 1.0.102 goes past it, or takes SOCKS for http.
 */

/** VS Code's settings of the same names, beginning with `http.`. */
export interface EditorNetwork {
  readonly proxy: string;
  readonly noProxy: readonly string[];
  /** `off`: `proxy` is not for extensions. */
  readonly proxySupport: string;
  readonly proxyStrictSSL: boolean;
  readonly systemCertificates: boolean;
  /** The value of a `Proxy-Authorization` header. */
  readonly proxyAuthorization: string | undefined;
  readonly proxyKerberosServicePrincipal: string | undefined;
}

/** As they are when nobody has changed them. */
export const EDITOR_NETWORK_DEFAULTS: EditorNetwork = {
  proxy: '',
  noProxy: [],
  proxySupport: 'override',
  proxyStrictSSL: true,
  systemCertificates: true,
  proxyAuthorization: undefined,
  proxyKerberosServicePrincipal: undefined,
};

/** Something of the user's that does not reach the runtime as it is. */
export interface NetworkNote {
  /** A setting's or a variable's name. */
  readonly subject: string;
  readonly finding: string;
  readonly remedy: string;
}

export interface RuntimeNetwork {
  /** The runtime's whole environment. */
  readonly environment: Record<string, string>;
  readonly notes: readonly NetworkNote[];
}

type Variables = Readonly<Record<string, string | undefined>>;

export interface NetworkSources {
  /** Our own environment. */
  readonly inherited: Variables;
  /** `cloudSessions.runtime.env`. */
  readonly extra: Variables;
  readonly editor: EditorNetwork;
  /** Names differ by case everywhere but on Windows. */
  readonly platform?: NodeJS.Platform;
}

/** Never through a proxy, which would look for them on its own machine. VS Code does the same. */
const LOOPBACK = ['localhost', '127.0.0.1', '::1', '[::1]'];

const SETTING_REMEDY = l10n.t(
  'Set http.proxy, or HTTPS_PROXY in cloudSessions.runtime.env, to the address of an HTTP or HTTPS proxy.',
);
const CA_REMEDY = l10n.t(
  'Save the certificate of the authority as a PEM file, and set NODE_EXTRA_CA_CERTS in cloudSessions.runtime.env to its path.',
);

/**
 * An environment for the runtime in which the network's variables are what the user has set, wherever that was: in
 * `cloudSessions.runtime.env`, then VS Code's settings, then the inherited environment.
 *
 * @param environment all else that it has, from `runtimeEnvironment`
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
    // For those that are scripts; the native ones look into the system's store by themselves.
    result['NODE_USE_SYSTEM_CA'] ??= '1';
  }
  return { environment: result, notes };
}

const NAMES = /^((https?|no|all)_proxy|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|NODE_USE_SYSTEM_CA)$/i;

/** Those of an environment that are about the network. */
export function networkVariablesOf(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => NAMES.test(name)));
}

/** Tells environments apart by what they say of the network: if it is the same, a restart would change nothing. */
export function networkSignature(environment: Readonly<Record<string, string>>): string {
  return JSON.stringify(
    Object.entries(networkVariablesOf(environment)).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

/** The proxy for an address, as the runtime chooses it; `undefined`: there is none. */
export function proxyFor(url: URL, environment: Readonly<Record<string, string>>): URL | undefined {
  const text = valueOf(environment, url.protocol === 'https:' ? 'https_proxy' : 'http_proxy') ?? '';
  const isDirect = text === '' || isExcepted(url, valueOf(environment, 'no_proxy') ?? '');
  return isDirect || !URL.canParse(text) ? undefined : new URL(text);
}

/** Whether `NO_PROXY` names the host of an address. */
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

/** What one place says; `''` is “no proxy”, and `undefined` is nothing. */
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
  // VS Code takes its exceptions for the environment's proxy, too.
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

/** What the settings say that no variable can. */
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

/** Of two spellings the one in lower case counts, unless there is nothing in it. */
function valueOf(variables: Variables, name: string, anyCase = false): string | undefined {
  if (anyCase) {
    return Object.entries(variables).find(([other]) => other.toLowerCase() === name)?.[1];
  }
  const [lower, upper] = [variables[name], variables[name.toUpperCase()]];
  return lower === undefined || lower === '' ? (upper ?? lower) : lower;
}

/** @param bare whether `host:port` alone will do, as it does in a variable but not in `http.proxy` */
function proxyProblem(text: string, isBareAllowed: boolean): string | undefined {
  const address = text.trim();
  if (address === '') {
    return undefined;
  }
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(address) ?? [];
  if (scheme !== undefined && /^socks/i.test(scheme)) {
    return l10n.t('it names a SOCKS proxy, which the runtime cannot use');
  }
  const isHttp = scheme === undefined ? isBareAllowed : /^https?$/i.test(scheme);
  return isHttp && !/\s/.test(address) && URL.canParse(withScheme(address))
    ? undefined
    : l10n.t('it is not an address of the form http://host:port');
}

function withScheme(text: string): string {
  return text.includes('://') ? text.trim() : `http://${text.trim()}`;
}

/** User and password of a `Proxy-Authorization` header, if it has them. */
function credentialsOf(header: string): readonly [string, string] | undefined {
  const [, encoded = ''] = /^basic\s+([a-z0-9+/=_-]+)$/i.exec(header.trim()) ?? [];
  const [, user, password] = /^([^:]+):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
  return user === undefined || password === undefined ? undefined : [user, password];
}

/** A proxy's address with the credentials that VS Code would send to it, unless it has its own. */
function authorized(proxy: string, header: string | undefined): string {
  const credentials = header === undefined ? undefined : credentialsOf(header);
  const url = new URL(proxy);
  if (credentials === undefined || url.username !== '' || url.password !== '') {
    return proxy;
  }
  [url.username, url.password] = credentials.map(encodeURIComponent) as [string, string];
  return url.href;
}

/** `NO_PROXY`; where there is a proxy, with the names of this machine. */
function exceptions(list: string, hasProxy: boolean): string {
  const entries = list.split(/[\s,]+/).filter((entry) => entry !== '');
  const missing = hasProxy && !entries.includes('*') ? LOOPBACK.filter((name) => !entries.includes(name)) : [];
  return [...entries, ...missing].join(',');
}
