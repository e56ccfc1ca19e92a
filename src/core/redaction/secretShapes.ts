/** What a secret is replaced by. */
export const MARK = '[redacted]';

/** The time of each pattern is linear in the length of the text, because agents write the text. */
export type Shape = readonly [pattern: RegExp, replacement: string | ((found: string, rest?: string) => string)];

/** The end of a name whose value is a secret: `token`, `GITHUB_TOKEN`, `accessToken`, `client_secret`, `x-api-key`. */
const SECRET_NAME = String.raw`(?:token|secret|passw(?:or)?d|passphrase|api[_-]?key|private[_-]?key|credentials?)`;
/** Members of an error's data whose values are secrets. */
export const SECRET_MEMBER = new RegExp(`${SECRET_NAME}$`, 'i');
/** A quote in JSON, in JSON within JSON, or in a shell; or none. */
const QUOTE = String.raw`(?:\\*["'])?`;

/** Credentials in a URL; a password may have an `@` that should have been encoded. */
export const URL_CREDENTIALS = /\/\/[^\s/@:"'\\]*:[^\s/@"'\\]+@(?:[^\s/@"'\\?#&,;]*@)*/;

/**
 * Shapes that only a secret has. They are removed from every text, what agents write and what their tools print included.
 */
export const SURE_SHAPES: readonly Shape[] = [
  // Newer installation tokens continue with parts that are separated by dots and hyphens.
  [/gh[a-z]_[A-Za-z0-9_]{16,}(?:[.-][A-Za-z0-9_-]+)*/g, MARK],
  [/github_pat_[A-Za-z0-9_]{16,}/g, MARK],
  // A text that only begins like one is matched as a whole: each `-eyJ` in it would be a beginning, too.
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
 * Shapes that are secrets in diagnostic text of programs (errors, logs), and may be anything in other text: code such as
 * `password = ask()` must not be changed.
 */
export const DIAGNOSTIC_SHAPES: readonly Shape[] = [
  // A token in place of a user name.
  [/(\/\/)[A-Za-z0-9_.~%-]{20,}@/g, `$1${MARK}@`],
  // Without a header's name, "bearer" and "token" may be words: what follows must look generated.
  [/\b((?:bearer|token|basic)\s+)(?=[^\s"'\\,]*\d)[A-Za-z0-9._~+/=:;-]{8,}/gi, `$1${MARK}`],
  // An option and its value, which must have a digit: a word may belong to a sentence about the option.
  [
    new RegExp(`(--?[\\w-]{0,40}${SECRET_NAME}\\s+${QUOTE})(?=[^\\s"'\\\\]*\\d)[^\\s"'\\\\&,;)}\\]]{4,}`, 'gi'),
    `$1${MARK}`,
  ],
  [
    new RegExp(`(${SECRET_NAME}${QUOTE}\\s*[:=]\\s*${QUOTE})(?!\\[redacted\\])[^\\s"'\\\\&,;)}\\]]{4,}`, 'gi'),
    `$1${MARK}`,
  ],
];

/** Strings of which every text with a sure shape has at least one, except credentials in a URL. */
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
