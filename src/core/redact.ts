/** Shapes that only secrets have: GitHub's tokens, bearer headers, and values named like secrets in URLs and JSON. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/\bgh[a-z]_[A-Za-z0-9]{16,}/g, '[redacted]'],
  [/\bgithub_pat_[A-Za-z0-9_]{16,}/g, '[redacted]'],
  [/\b(bearer|token)\s+[A-Za-z0-9._~+/=-]{8,}/gi, '$1 [redacted]'],
  [
    /(["']?\b(?:access_?|auth_?|refresh_?|github_?)?(?:token|secret|password)["']?\s*[:=]\s*["']?)[^\s"'&,;}]{4,}/gi,
    '$1[redacted]',
  ],
  [/(\/\/)[^\s/@:]+:[^\s/@]+@/g, '$1[redacted]@'],
];

/** Shorter values are likelier to be words than secrets, and would make the log unreadable. */
const SHORTEST_SECRET = 6;

/** Takes secrets out of text that is logged, shown or copied: those it was told of, and those that look like one. */
export class Redactor {
  private readonly secrets = new Set<string>();

  /** From now on this value is taken out, as it is and in its URL and base64 forms. */
  add(secret: string): void {
    if (secret.length < SHORTEST_SECRET) {
      return;
    }
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) {
      this.secrets.add(form);
    }
  }

  redact(text: string): string {
    let redacted = text;
    for (const secret of this.secrets) {
      redacted = redacted.replaceAll(secret, '[redacted]');
    }
    for (const [shape, replacement] of SHAPES) {
      redacted = redacted.replace(shape, replacement);
    }
    return redacted;
  }
}
