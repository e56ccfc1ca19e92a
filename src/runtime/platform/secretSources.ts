/** Ends of names of variables and options whose values are secrets, whatever they look like. */
const SECRET_NAME =
  /(?:token|secret|passw(?:or)?d|pass|passphrase|credentials?|(?:^|[_-])(?:key|pat|pw|jwt)|[_-]pwd|basic[_-]?auth|api[_-]?key|cookie|hmac)$/i;
/** Ends of such names whose values only say where the secret is. */
const REFERENCE_NAME = /[_-](?:file|path|dir|url|env|name|id|variable)$/i;
/** Names that are less clear: the value has to look random. */
const UNCLEAR_NAME = /key|token|secret|auth|session|signature|bearer|header|private/i;
/** A secret within a value: a header, a query, JSON, a connection string. */
const WITHIN =
  /(?:(?:bearer|basic|token)\s+|(?:token|secret|passw(?:or)?d|pwd|api[_-]?key|account[_-]?key|access[_-]?key|signature|sig|credentials?)["']?\s*[:=]\s*["']?)([^\s"'&;,}]{6,})/gi;
/** A proxy's address may lack its scheme; then it has to have a password, as `user@host` is many things. */
const URL_CREDENTIALS = /^(?:[a-z][a-z\d+.-]*:\/\/([^/?#\s:@]*)(?::([^/?#\s]*))?|([^/?#\s:@]*):([^/?#\s]+))@/i;
/** A user name of this length in a URL is a token. */
const SHORTEST_USER_TOKEN = 16;

/**
 * The secrets in an environment: values of variables with such names, credentials within URLs (of a proxy, say), and
 * values that follow the name of a secret within a value.
 */
export function secretsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  return unique(Object.entries(environment).flatMap(([name, value]) => secretsIn(name, value)));
}

/** The secrets in a list of arguments: `--token VALUE`, `--token=VALUE`, `--header "Authorization: Bearer VALUE"`. */
export function secretsInArguments(args: readonly string[]): readonly string[] {
  return unique(
    args.flatMap((argument, index) => {
      const [, option, assigned] = /^-{0,2}([\w.-]+)=(.*)$/s.exec(argument) ?? [];
      const before = /^-{1,2}([\w.-]+)$/.exec(args[index - 1] ?? '')?.[1];
      return option === undefined || assigned === undefined
        ? secretsIn(argument.startsWith('-') ? '' : (before ?? ''), argument)
        : secretsIn(option, assigned);
    }),
  );
}

function secretsIn(name: string, value: string): readonly string[] {
  const isNamed =
    !REFERENCE_NAME.test(name) && (SECRET_NAME.test(name) || (UNCLEAR_NAME.test(name) && looksRandom(value)));
  const within = [...value.matchAll(WITHIN)].flatMap(([, secret = '']) => encodings(secret));
  return [...(isNamed || isToken(value) ? encodings(value) : []), ...within, ...credentialsIn(value)];
}

/** Whether it is a long word of letters and digits, and not a path, address or version. */
function looksRandom(value: string): boolean {
  return (
    /^[\w+/=.~:-]{16,}$/.test(value) &&
    /\d/.test(value) &&
    /[a-z]/i.test(value) &&
    !/^(?:[./~]|[a-z]:|\w+:\/\/)/i.test(value)
  );
}

/** Whether it is a secret whatever its name: long, with digits and letters of both cases. */
function isToken(value: string): boolean {
  return /^[\w+=~-]{24,}$/.test(value) && /\d/.test(value) && /[a-z]/.test(value) && /[A-Z]/.test(value);
}

function credentialsIn(value: string): readonly string[] {
  const [, name = '', word = '', bareName = '', bareWord = ''] = URL_CREDENTIALS.exec(value) ?? [];
  const [user, password] = [name || bareName, word || bareWord];
  return [...encodings(password), ...(user.length >= SHORTEST_USER_TOKEN ? encodings(user) : [])];
}

/** As in a URL, and decoded. */
function encodings(value: string): readonly string[] {
  try {
    return [value, decodeURIComponent(value)];
  } catch {
    return [value];
  }
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)].filter((value) => value !== '');
}
