/**
 * The forms in which another program may print a value. They are repeated here on purpose: a test that searches for
 * secrets must not share its mistakes with the code that redacts them.
 */
export const FORMS: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  'a bearer header': (secret) => `Authorization: Bearer ${secret}`,
  'a Basic header': (secret) => `Authorization: Basic ${base64(`octo:${secret}`)}`,
  'the password in a URL': (secret) => `https://octo:${encodeURIComponent(secret)}@proxy.example/x`,
  'the user in a URL': (secret) => `https://${encodeURIComponent(secret)}@git.example/x`,
  'a query': (secret) => `https://api.example/x?value=${encodeURIComponent(secret)}&a=1`,
  'percent-encoded': percent,
  'percent-encoded, lower case': (secret) => percent(secret).toLowerCase(),
  'percent-encoded twice': (secret) => percent(secret).replaceAll('%', '%25'),
  base64,
  'base64, one byte before': (secret) => base64(`:${secret}`),
  'base64, two bytes before': (secret) => base64(`a:${secret}`),
  base64url: (secret) => Buffer.from(`~?>${secret}`).toString('base64url'),
  'base64 in lines': (secret) => base64(secret).replaceAll(/(.{12})/g, '$1\r\n'),
  hex,
  'hex, upper case': (secret) => hex(secret).toUpperCase(),
  'hex with colons': (secret) => bytes(secret).join(':'),
  'hex with 0x': (secret) =>
    bytes(secret)
      .map((byte) => `0x${byte}`)
      .join(', '),
  'a list of bytes': (secret) => `[${[...Buffer.from(secret)].join(', ')}]`,
  'JSON in JSON': (secret) => JSON.stringify(JSON.stringify({ value: secret })),
  'escaped units': (secret) => units(secret, (code) => `\\u${code.toString(16).padStart(4, '0')}`),
  'escaped bytes': (secret) =>
    bytes(secret)
      .map((byte) => `\\x${byte}`)
      .join(''),
  'decimal entities': (secret) => units(secret, (code) => `&#${code};`),
  'hexadecimal entities': (secret) => units(secret, (code) => `&#x${code.toString(16)};`),
  'quoted-printable': (secret) =>
    bytes(secret)
      .map((byte) => `=${byte.toUpperCase()}`)
      .join(''),
  'over two lines': (secret) => `${secret.slice(0, 15)}\n${secret.slice(15)}`,
  'in colours': (secret) => `${secret.slice(0, 13)}\u001b[31m${secret.slice(13)}`,
};

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}

function bytes(text: string): readonly string[] {
  return hex(text).match(/../g) ?? [];
}

function percent(text: string): string {
  return bytes(text)
    .map((byte) => `%${byte.toUpperCase()}`)
    .join('');
}

function units(text: string, write: (code: number) => string): string {
  return Array.from({ length: text.length }, (_, at) => write(text.charCodeAt(at))).join('');
}

const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g');

/** Length of a part of a secret that counts as found. Nobody can guess the rest from fewer characters. */
const WINDOW = 12;

/**
 * The byte strings to search for, for a secret: all of its forms, also escaped as in JSON, and every 12 consecutive
 * characters of the plain ones.
 */
export function needlesOf(secret: string): ReadonlySet<string> {
  const forms = Object.values(FORMS).map((form) => form(secret));
  const plain = [secret, encodeURIComponent(secret)];
  const pieces = plain.flatMap((text) => windowsOf(text, WINDOW));
  const coded = [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
    // Without the characters that depend on neighbouring bytes.
    const core = text.toString('base64').slice(Math.ceil((offset * 8) / 6), Math.floor((text.length * 8) / 6));
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')].flatMap((form) => windowsOf(form, 16));
  });
  const hexes = [hex(secret), hex(secret).toUpperCase()].flatMap((form) => windowsOf(form, 2 * WINDOW));
  const wide = pieces.flatMap((piece) => [
    Buffer.from(piece, 'utf16le').toString('latin1'),
    Buffer.from(piece, 'utf16le').swap16().toString('latin1'),
  ]);
  // Forms of several lines are found by their pieces.
  const whole = forms.filter((form) => !form.includes('\n') && !/Bearer|Basic|https:/.test(form));
  return new Set([...[...whole, ...pieces, ...coded, ...hexes].flatMap(inJson), ...whole.map(squeezed), ...wide]);
}

/**
 * Only the letters and digits, with escapes undone. A value is then found in spite of line ends, the marks of a log, or
 * the escapes of Markdown and JSON between its characters.
 */
export function squeezed(text: string): string {
  return text
    .replaceAll(/\\+(?:u00[01][\da-f](?:\[[\d;]*m)?|[nrt])/gi, '')
    .replaceAll(/\\+u00([2-7][\da-f])/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
    .replaceAll(COLOURS, '')
    .replaceAll(/&(?:amp|nbsp|lt|gt|quot);/g, '')
    .replaceAll(/[^A-Za-z0-9]+/g, '');
}

function windowsOf(text: string, length: number): readonly string[] {
  return Array.from({ length: Math.max(0, text.length - length + 1) }, (_, at) => text.slice(at, at + length));
}

/** The text unchanged, as in a JSON string, and as in a JSON string within another. */
function inJson(text: string): readonly string[] {
  const once = JSON.stringify(text).slice(1, -1);
  return [text, once, JSON.stringify(once).slice(1, -1)];
}
