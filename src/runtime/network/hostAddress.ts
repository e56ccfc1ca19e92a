/** The host of an address as sockets take it: IPv6 without brackets. */
export function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** The port of an `http:` or `https:` address, the default one included. */
export function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80));
}

/** `host:port`, as in a CONNECT request. */
export function hostAndPort(url: URL): string {
  return `${url.hostname}:${portOf(url)}`;
}

/** The value of `Proxy-Authorization` for the user and password of an address; `undefined` if it has neither. */
export function basicAuthorization({ username, password }: URL): string | undefined {
  const credentials = `${decode(username)}:${decode(password)}`;
  return credentials === ':' ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`;
}

/** An invalid escape is taken literally, as curl does. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
