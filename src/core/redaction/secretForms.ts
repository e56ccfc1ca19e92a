/**
 * The forms in which a text can carry a value: as it is, escaped, encoded, and cut over lines. They are found in the
 * text as it stands, without decoding it, so that what surrounds them stays as it is.
 */

/** Escapes nest (JSON in JSON in a shell): so many backslashes stand before a character at most. */
const ESCAPES = String.raw`\\{0,16}`;
const ESCAPED = String.raw`\\{1,16}`;
/** A `%` that was encoded itself is `%25`, and so on. */
const PERCENT = '%(?:25){0,4}';
const AMPERSAND = '&(?:amp;){0,4}';
const NAMED_ENTITIES: Readonly<Record<string, string>> = { '"': 'quot', '&': 'amp', "'": 'apos', '<': 'lt', '>': 'gt' };
/** What may stand within a value that was wrapped: a line's end, also escaped or encoded, and the colours of a terminal. */
const CUT = String.raw`(?:(?:=?\r?\n|${ESCAPED}r${ESCAPED}n|${ESCAPED}n|${PERCENT}0[aA]|\x1b\[[0-9;]*m)[ \t]{0,16})?`;
const BYTE_SEPARATOR = String.raw`(?:[ :,-]{1,2}(?:0x)?|${ESCAPED}x|\r?\n)?`;
const DECIMAL_SEPARATOR = String.raw`[\s,]{1,16}`;

/** Values under this length are likelier to be words than secrets. */
export const SHORTEST_SECRET = 6;
/** A longer value is looked for piece by piece, for a pattern grows with it. */
const LONGEST_PIECE = 64;

/** A pattern that matches a value in every form. */
export function patternOf(value: string): RegExp {
  const bytes = Buffer.from(value);
  const alternatives = [
    Array.from(value, inText).join(CUT),
    [...bytes].map(asHex).join(BYTE_SEPARATOR),
    [...bytes].join(DECIMAL_SEPARATOR),
    ...base64Cores(value).map((core) => Array.from(core, inBase64).join(CUT)),
  ];
  return new RegExp(alternatives.join('|'), 'g');
}

/**
 * The forms that are plain sequences of characters, by whose beginning the end of a text is known to be part of a value.
 */
export function plainForms(value: string): readonly string[] {
  const hex = Buffer.from(value).toString('hex');
  const cores = base64Cores(value);
  return [
    ...new Set([
      value,
      JSON.stringify(value).slice(1, -1),
      // Half a surrogate pair would make it throw.
      encodeURIComponent(Buffer.from(value).toString()),
      hex,
      hex.toUpperCase(),
      ...cores,
      ...cores.map((core) => core.replaceAll('+', '-').replaceAll('/', '_')),
    ]),
  ];
}

/** So long are seeds at least. */
export const SEED_LENGTH = 4;

/**
 * Parts of a value's forms of which at least one stands in every text that carries it, though a line ends somewhere in
 * it, as long as no letter or digit is escaped: that has to be looked for in another way.
 */
export function seedsOf(value: string): readonly string[] {
  const bytes = [...Buffer.from(value)];
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0'));
  const pairs = [':', ' ', '-', ', 0x', ',0x'].flatMap((separator) => [
    ...spread(hex, 2, separator),
    ...spread(hex, 2, separator).map((seed) => seed.toUpperCase().replace('X', 'x')),
  ]);
  const lists = [',', ', '].flatMap((separator) => spread(bytes.map(String), 3, separator));
  return [...plainForms(value).flatMap(seedsOfForm), ...pairs, ...lists];
}

/** The runs of letters and digits that are long enough for a seed. */
export function lettersOf(form: string): string {
  return (form.match(/[A-Za-z0-9]{4,}/g) ?? []).join('');
}

function seedsOfForm(form: string): readonly string[] {
  // Short pieces of hexadecimal numbers are everywhere.
  const length = /^(?:[\da-f]{16,}|[\dA-F]{16,})$/.test(form) ? 2 * SEED_LENGTH : SEED_LENGTH;
  const runs = form.match(/[A-Za-z0-9]+/g) ?? [];
  const seeds = runs.flatMap((run) =>
    Array.from({ length: Math.floor(run.length / length) }, (_, at) => run.slice(at * length, (at + 1) * length)),
  );
  return some(seeds);
}

function spread(items: readonly string[], count: number, separator: string): readonly string[] {
  const groups = Array.from({ length: Math.floor(items.length / count) }, (_, at) =>
    items.slice(at * count, (at + 1) * count).join(separator),
  );
  return some(groups);
}

/** The first, one in the middle and the last: a cut can take one of them away. */
function some(seeds: readonly string[]): readonly string[] {
  return seeds.filter((_, at) => at === 0 || at === seeds.length - 1 || at === Math.floor(seeds.length / 2));
}

/** A value, its lines, and the pieces of those that are long: each is taken out for itself. */
export function piecesOf(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  return [...new Set([secret, ...lines].flatMap(inPieces))].filter(({ length }) => length >= SHORTEST_SECRET);
}

/**
 * Of about one length, so that none is so short that it is found everywhere; and not one over another: what is left of
 * the one when the other is gone would not be known as part of a secret.
 */
function inPieces(value: string): string[] {
  const count = Math.ceil(value.length / LONGEST_PIECE);
  const startOf = (index: number): number => Math.floor((index * value.length) / count);
  return Array.from({ length: count }, (_, index) => value.slice(startOf(index), startOf(index + 1)));
}

/** One character as text may have it. */
function inText(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  const units = [...Array(character.length).keys()].map((at) => character.charCodeAt(at).toString(16).padStart(4, '0'));
  const bytes = [...Buffer.from(character)];
  const named = NAMED_ENTITIES[character];
  return `(?:${[
    /[A-Za-z0-9]/.test(character) ? character : ESCAPES + escapeForRegExp(character),
    bytes.map((byte) => PERCENT + asHex(byte)).join(''),
    units.map((unit) => `${ESCAPED}u${anyCase(unit)}`).join(''),
    String.raw`${ESCAPED}u\{0{0,4}${anyCase(hex)}\}`,
    bytes.map((byte) => `${ESCAPED}x${asHex(byte)}`).join(''),
    bytes.map((byte) => ESCAPED + byte.toString(8).padStart(3, '0')).join(''),
    bytes.map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
    `${AMPERSAND}#0{0,5}${code};`,
    `${AMPERSAND}#[xX]0{0,5}${anyCase(hex)};`,
    ...(named === undefined ? [] : [`${AMPERSAND}${named};`]),
    ...(character === '&' ? ['&(?:amp;){1,4}'] : []),
    ...(character === ' ' ? [String.raw`\+`] : []),
  ].join('|')})`;
}

function inBase64(character: string): string {
  switch (character) {
    case '+':
      return `(?:${inText('+')}|${inText('-')})`;
    case '/':
      return `(?:${inText('/')}|${inText('_')})`;
    default:
      return character;
  }
}

/**
 * Base64 makes four characters of three bytes, so a value looks different in it at each of three offsets (`user:token`
 * in a Basic header, say). This is what stays the same whatever stands before and behind it.
 */
function base64Cores(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    // The first characters hold bits of what stands before, the last ones of what stands behind.
    const core = encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
    return core.length < SHORTEST_SECRET ? [] : [core];
  });
}

function asHex(byte: number): string {
  return anyCase(byte.toString(16).padStart(2, '0'));
}

function anyCase(hex: string): string {
  return hex.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

function escapeForRegExp(character: string): string {
  return /[\\^$.*+?()[\]{}|/-]/.test(character) ? `\\${character}` : character;
}
