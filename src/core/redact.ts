const MARK = '[redacted]';

/** How a name ends whose value is a secret: `token`, `GITHUB_TOKEN`, `accessToken`, `client_secret`, `x-api-key`. */
const SECRET_NAME = String.raw`(?:token|secret|passw(?:or)?d|passphrase|api[_-]?key|private[_-]?key|credentials?)`;
/** A quote as it stands in JSON, in JSON within JSON, or in a shell; or none. */
const QUOTE = String.raw`(?:\\*["'])?`;

/** Shapes that only secrets have: tokens of GitHub and Copilot, credentials in headers and URLs, values named so. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  // Newer installation tokens go on with parts that dots and hyphens divide.
  [/gh[a-z]_[A-Za-z0-9_]{16,}(?:[.-][A-Za-z0-9_-]+)*/g, MARK],
  [/github_pat_[A-Za-z0-9_]{16,}/g, MARK],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g, MARK],
  // Copilot's session token: `tid=...;exp=...;...:signature`.
  [/\btid=[A-Za-z0-9-]{8,};[^\s"'\\]+/g, MARK],
  [/\b(authorization["']?\s*[:=]\s*["']?(?:bearer|token|basic)\s+)[^\s"'\\,]+/gi, `$1${MARK}`],
  // Without a header's name, "bearer" and "token" are words too: what follows must look made up.
  [/\b((?:bearer|token|basic)\s+)(?=[^\s"'\\,]*\d)[A-Za-z0-9._~+/=:;-]{8,}/gi, `$1${MARK}`],
  [
    new RegExp(`(${SECRET_NAME}${QUOTE}\\s*[:=]\\s*${QUOTE})(?!\\[redacted\\])[^\\s"'\\\\&,;)}\\]]{4,}`, 'gi'),
    `$1${MARK}`,
  ],
  [/(\/\/)[^\s/@:]*:[^\s/@]+@/g, `$1${MARK}@`],
];

/** Shorter values are likelier to be words than secrets, and would make the log unreadable. */
const SHORTEST_SECRET = 6;

/** Takes secrets out of text that is logged, shown or copied: those it was told of, and those that look like one. */
export class Redactor {
  /** Longest first: a secret may contain another. */
  private forms: readonly string[] = [];

  constructor(secrets: Iterable<string> = []) {
    for (const secret of secrets) {
      this.add(secret);
    }
  }

  /**
   * From now on this value is taken out: as it is, line by line if it has several, and as it looks in a URL, in JSON
   * and within base64. Values under 6 characters are not.
   */
  add(secret: string): void {
    const lines = secret.split(/\r?\n/).map((line) => line.trim());
    const forms = new Set(this.forms);
    for (const value of [secret, ...lines].filter(({ length }) => length >= SHORTEST_SECRET)) {
      for (const form of formsOf(value)) {
        forms.add(form);
      }
    }
    this.forms = [...forms].sort((a, b) => b.length - a.length);
  }

  redact(text: string): string {
    let redacted = text;
    for (const form of this.forms) {
      redacted = redacted.replaceAll(form, MARK);
    }
    for (const [shape, replacement] of SHAPES) {
      redacted = redacted.replace(shape, replacement);
    }
    return redacted;
  }
}

function formsOf(value: string): string[] {
  return [
    value,
    // Half a surrogate pair would make it throw.
    encodeURIComponent(Buffer.from(value).toString()),
    JSON.stringify(value).slice(1, -1),
    ...[0, 1, 2].flatMap((offset) => base64Core(value, offset)),
  ];
}

/**
 * Base64 makes four characters of three bytes, so a value looks different in it at each of three offsets (`user:token`
 * in a Basic header, say). This is what stays the same whatever stands before and behind it.
 */
function base64Core(value: string, offset: number): string[] {
  const encoded = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]).toString('base64');
  const bytes = offset + Buffer.byteLength(value);
  // The first characters hold bits of what stands before, the last ones of what stands behind.
  const core = encoded.slice(Math.ceil((offset * 8) / 6), Math.floor((bytes * 8) / 6));
  return core.length < SHORTEST_SECRET ? [] : [core, core.replaceAll('+', '-').replaceAll('/', '_')];
}
