import * as l10n from '@vscode/l10n';

/**
 * Why the runtime cannot use a proxy.
 * @param isBareAllowed whether `host:port` is valid, as in a variable but not in `http.proxy`
 * @returns a localized clause; `undefined` if the proxy can be used
 */
export function proxyProblem(text: string, isBareAllowed: boolean): string | undefined {
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

export function withScheme(text: string): string {
  return text.includes('://') ? text.trim() : `http://${text.trim()}`;
}

/** The user and password of a `Proxy-Authorization` header, if it is of the scheme Basic. */
export function credentialsOf(header: string): readonly [string, string] | undefined {
  const [, encoded = ''] = /^basic\s+([a-z0-9+/=_-]+)$/i.exec(header.trim()) ?? [];
  const [, user, password] = /^([^:]+):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
  return user === undefined || password === undefined ? undefined : [user, password];
}

/** The address of a proxy with the credentials that VS Code would send, unless it has its own. */
export function authorized(proxy: string, header: string | undefined): string {
  const credentials = header === undefined ? undefined : credentialsOf(header);
  const url = new URL(proxy);
  if (credentials === undefined || url.username !== '' || url.password !== '') {
    return proxy;
  }
  [url.username, url.password] = credentials.map(encodeURIComponent) as [string, string];
  return url.href;
}
