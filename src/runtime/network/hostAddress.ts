/** The host of an address as sockets want it: one of IPv6 without its brackets. */
export function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** The port of an address of `http:` or `https:`, also where it is not written. */
export function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80));
}

/** As a request for a tunnel names it. */
export function hostAndPort(url: URL): string {
  return `${url.hostname}:${portOf(url)}`;
}

/** What `Proxy-Authorization` says for the user and password of an address; `undefined` if it has neither. */
export function basicAuthorization({ username, password }: URL): string | undefined {
  const credentials = `${decode(username)}:${decode(password)}`;
  return credentials === ':' ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`;
}

/** A `%` that stands for itself is one, as for curl. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
