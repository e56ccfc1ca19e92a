/** What a secret is replaced by. */
export const MARK = '[redacted]';

/** Each pattern takes time that grows with the text and no faster: agents write the text. */
export type Shape = readonly [pattern: RegExp, replacement: string | ((found: string, rest?: string) => string)];

/** How a name ends whose value is a secret: `token`, `GITHUB_TOKEN`, `accessToken`, `client_secret`, `x-api-key`. */
const SECRET_NAME = String.raw`(?:token|secret|passw(?:or)?d|passphrase|api[_-]?key|private[_-]?key|credentials?)`;
/** Members of an error's data whose values are secrets. */
export const SECRET_MEMBER = new RegExp(`${SECRET_NAME}$`, 'i');
/** A quote as it stands in JSON, in JSON within JSON, or in a shell; or none. */
const QUOTE = String.raw`(?:\\*["'])?`;

/** Credentials in a URL; a password may have an `@` in it that should have been encoded. */
export const URL_CREDENTIALS = /\/\/[^\s/@:"'\\]*:[^\s/@"'\\]+@(?:[^\s/@"'\\?#&,;]*@)*/;

/**
 * Shapes that nothing but a secret has. They are taken out of everything, what agents write and what their tools print
 * included.
 */
export const SURE_SHAPES: readonly Shape[] = [
  // Newer installation tokens go on with parts that dots and hyphens divide.
  [/gh[a-z]_[A-Za-z0-9_]{16,}(?:[.-][A-Za-z0-9_-]+)*/g, MARK],
  [/github_pat_[A-Za-z0-9_]{16,}/g, MARK],
  // What only begins like one is passed over as a whole: each `-eyJ` in it would be a beginning, too.
  [
    /\beyJ[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?)?/g,
    (found, rest) => (rest === undefined ? found : MARK),
  ],
  // Copilot's session token: `tid=...;exp=...;...:signature`.
  [/\btid=[A-Za-z0-9-]{8,};[^\s"'\\]+/g, MARK],
  [/\b(authorization(?:\\*["'])?\s*[:=]\s*(?:\\*["'])?(?:bearer|token|basic)\s+)[^\s"'\\,]+/gi, `$1${MARK}`],
  [new RegExp(URL_CREDENTIALS, 'g'), `//${MARK}@`],
];

/**
 * Shapes that are secrets in what programs say of themselves (errors, logs), and may be anything in a text that somebody
 * wrote: code that reads `password = ask()` is not to be changed.
 */
export const DIAGNOSTIC_SHAPES: readonly Shape[] = [
  // A token in the place of a user's name.
  [/(\/\/)[A-Za-z0-9_.~%-]{20,}@/g, `$1${MARK}@`],
  // Without a header's name, "bearer" and "token" are words too: what follows must look made up.
  [/\b((?:bearer|token|basic)\s+)(?=[^\s"'\\,]*\d)[A-Za-z0-9._~+/=:;-]{8,}/gi, `$1${MARK}`],
  // An option and its value; a word in its place may be what is said of the option.
  [
    new RegExp(`(--?[\\w-]{0,40}${SECRET_NAME}\\s+${QUOTE})(?=[^\\s"'\\\\]*\\d)[^\\s"'\\\\&,;)}\\]]{4,}`, 'gi'),
    `$1${MARK}`,
  ],
  [
    new RegExp(`(${SECRET_NAME}${QUOTE}\\s*[:=]\\s*${QUOTE})(?!\\[redacted\\])[^\\s"'\\\\&,;)}\\]]{4,}`, 'gi'),
    `$1${MARK}`,
  ],
];

/** Strings of which at least one stands in every text that has a sure shape, but for credentials in a URL. */
export const SHAPE_SEEDS: readonly string[] = [
  ...letters('abcdefghijklmnopqrstuvwxyz').map((letter) => `gh${letter}_`),
  'github_pat_',
  // The beginning of a JSON object in base64: its first key begins with a letter.
  ...letters('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789').map((letter) => `eyJ${letter}`),
  'tid=',
  // eslint-disable-next-line texts/localized -- the name of a header
  ...['authorization', 'Authorization', 'AUTHORIZATION'],
];

function letters(all: string): readonly string[] {
  return Array.from(all);
}
