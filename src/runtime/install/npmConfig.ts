import * as l10n from '@vscode/l10n';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { installFailed } from './installErrors';

type Environment = Readonly<Record<string, string | undefined>>;

/** What npm's settings say of where packages come from. */
export interface NpmConfig {
  /** With a slash at its end. */
  readonly registry: URL;
  /** Of npm's own settings or the environment; `undefined` leaves it to the editor's `http.proxy`. */
  readonly proxyFor: (url: URL) => URL | undefined;
  /** The `authorization` header for an address, if there is one for it. */
  readonly authorizationFor: (url: URL) => string | undefined;
  /** A file of certificates in PEM, to be trusted instead of the usual ones. */
  readonly caFile: string | undefined;
  /** To be kept out of logs. */
  readonly secrets: readonly string[];
}

const SCOPE = '@github';

/**
 * npm's settings for the packages of GitHub: the environment (`npm_config_*`), then the user's `.npmrc`, whose path
 * `npm_config_userconfig` may name. A project's `.npmrc` is not read: a workspace does not choose what is executed.
 *
 * @param fallback the registry if they name none: see `npmDefaultRegistry`
 * @throws {TypeError} when the registry or a proxy is no address; `install-failed` when there is no registry at all
 */
export function readNpmConfig(
  env: Environment,
  home: string,
  fallback: string | undefined,
  read: (file: string) => string = readIfThere,
): NpmConfig {
  const fromEnvironment = (name: string): string | undefined =>
    env[`npm_config_${name}`] ?? env[`NPM_CONFIG_${name.toUpperCase()}`] ?? undefined;
  // Relative paths mean the home folder here: a project's folder, in which the editor may have been started, does not
  // choose what is executed.
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

/** npm keeps credentials by address without its scheme, and takes those of the longest path that fits. */
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

/** As npm does: a variable that is not set stays as it is written. */
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
