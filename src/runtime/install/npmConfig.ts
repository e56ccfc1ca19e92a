import * as l10n from '@vscode/l10n';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { installFailed } from './installErrors';

type Environment = Readonly<Record<string, string | undefined>>;

/** npm's settings for downloads of packages. */
export interface NpmConfig {
  /** Ends with a slash. */
  readonly registry: URL;
  /** From npm's settings or the environment; `undefined` leaves it to the editor's `http.proxy`. */
  readonly proxyFor: (url: URL) => URL | undefined;
  /** The `authorization` header for an address; `undefined` if there are no credentials for it. */
  readonly authorizationFor: (url: URL) => string | undefined;
  /** The path of a PEM file with certificates to trust instead of the usual ones. */
  readonly caFile: string | undefined;
  /** Values to redact. */
  readonly secrets: readonly string[];
}

const SCOPE = '@github';

/**
 * Reads npm's settings for packages of the scope `@github`: the environment (`npm_config_*`), then the user's `.npmrc`,
 * whose path `npm_config_userconfig` may give. The `.npmrc` of a project is not read: a workspace must not choose what
 * is executed.
 *
 * @param fallback the registry if they name none: see `npmDefaultRegistry`
 * @throws {TypeError} if the registry or a proxy is not an HTTP address
 * @throws {CloudSessionsError} `install-failed` if there is no registry
 */
export function readNpmConfig(
  env: Environment,
  home: string,
  fallback: string | undefined,
  read: (file: string) => string = readIfThere,
): NpmConfig {
  const fromEnvironment = (name: string): string | undefined =>
    env[`npm_config_${name}`] ?? env[`NPM_CONFIG_${name.toUpperCase()}`] ?? undefined;
  // Relative to the home folder: the folder of a project, in which the editor may have been started, must not choose
  // what is executed.
  const absolute = (file: string): string => path.resolve(home, file.replace(/^~(?=$|[/\\])/, home));
  const file = parseNpmrc(read(absolute(fromEnvironment('userconfig') ?? '.npmrc')), env);
  const setting = (name: string): string | undefined =>
    fromEnvironment(name.replaceAll('-', '_')) ?? fromEnvironment(name) ?? file.get(name);
  const address = setting(`${SCOPE}:registry`) ?? setting('registry') ?? fallback;
  if (address === undefined) {
    throw installFailed(
      l10n.t('npm is not installed, and ~/.npmrc names no registry to download it from.'),
      l10n.t('Add a line “registry=ADDRESS” to ~/.npmrc, or install npm.'),
    );
  }
  const registry = httpAddress(address);
  registry.pathname = registry.pathname.replace(/\/?$/, '/');
  const proxies = {
    'http:': setting('proxy') ?? setting('http-proxy') ?? env['HTTP_PROXY'] ?? env['http_proxy'],
    'https:': setting('https-proxy') ?? env['HTTPS_PROXY'] ?? env['https_proxy'] ?? setting('proxy'),
  };
  const caFile = setting('cafile');
  const noProxy = setting('noproxy') ?? env['NO_PROXY'] ?? env['no_proxy'] ?? '';
  return {
    registry,
    proxyFor(url) {
      const proxy = proxies[url.protocol === 'http:' ? 'http:' : 'https:'];
      const isOff = proxy === undefined || ['', 'null', 'false'].includes(proxy) || isExcepted(url, noProxy);
      return isOff ? undefined : httpAddress(proxy.includes('://') ? proxy : `http://${proxy}`);
    },
    authorizationFor: (url) => authorizationFor(url, file),
    caFile: caFile === undefined || caFile === '' ? undefined : absolute(caFile),
    secrets: [...file].filter(([name]) => /:_(authToken|auth|password)$/.test(name)).map(([, value]) => value),
  };
}

/** npm stores credentials by address without the scheme, and uses those with the longest matching path. */
function authorizationFor(url: URL, settings: ReadonlyMap<string, string>): string | undefined {
  for (let folder = url.pathname.replace(/[^/]*$/, ''); ; folder = folder.replace(/[^/]+\/$/, '')) {
    const at = `//${url.host}${folder}`;
    const of = (name: string): string | undefined =>
      settings.get(`${at}:${name}`) ?? settings.get(`${at.slice(0, -1)}:${name}`);
    const token = of('_authToken');
    if (token !== undefined) {
      return `Bearer ${token}`;
    }
    const basic = of('_auth');
    if (basic !== undefined) {
      return `Basic ${basic}`;
    }
    const [user, password] = [of('username'), of('_password')];
    if (user !== undefined && password !== undefined) {
      return `Basic ${Buffer.from(`${user}:${Buffer.from(password, 'base64').toString()}`).toString('base64')}`;
    }
    if (folder === '/' || folder === '') {
      return undefined;
    }
  }
}

function parseNpmrc(text: string, env: Environment): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const found = /^\s*([^;#=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line);
    if (found !== null) {
      const [, name = '', value = ''] = found;
      settings.set(expand(name, env), expand(value.replace(/^(["'])(.*)\1$/, '$2'), env));
    }
  }
  return settings;
}

/** As npm does: `${NAME}` of an unset variable stays as it is. */
function expand(text: string, env: Environment): string {
  return text.replace(/\$\{([^}]+)\}/g, (whole, name: string) => env[name] ?? whole);
}

function isExcepted({ hostname }: URL, noProxy: string): boolean {
  return noProxy.split(/[\s,]+/).some((entry) => {
    const domain = entry.replace(/^\*?\./, '').replace(/:\d+$/, '');
    return entry === '*' || (domain !== '' && (hostname === domain || hostname.endsWith(`.${domain}`)));
  });
}

function httpAddress(text: string): URL {
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    // eslint-disable-next-line texts/localized -- for the caller, which has a text of its own
    throw new TypeError(`Not an http address: ${url.protocol}//${url.host}`);
  }
  return url;
}

function readIfThere(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
