/**
 * The forms in which a text can contain a value: as it is, escaped, encoded, and wrapped over lines. They are found in the
 * text without decoding it, so that the text around them stays unchanged.
 */

/** Backslashes before a character, at most 16: escapes nest (JSON in JSON in a shell). */
const ESCAPES = String.raw`\\{0,16}`;
const ESCAPED = String.raw`\\{1,16}`;
/** A `%`, which may be encoded itself as `%25`, and so on. */
const PERCENT = '%(?:25){0,4}';
const AMPERSAND = '&(?:amp;){0,4}';
const NAMED_ENTITIES: Readonly<Record<string, string>> = { '"': 'quot', '&': 'amp', "'": 'apos', '<': 'lt', '>': 'gt' };
const LINE_END = String.raw`(?:\r?\n|\r|${ESCAPED}r${ESCAPED}n|${ESCAPED}n|${PERCENT}0[aA])`;
/** The colours of a terminal. */
const COLOUR = String.raw`\x1b\[[0-9;]*m`;
/** What lines of a quotation, a comment, a diff or a frame begin with. */
const MARGIN = String.raw`[ \t>|*#+\u2502\u2503-]{0,16}`;
/** Soft line breaks and other invisible characters. */
const INVISIBLE = String.raw`[\u00ad\u200b-\u200d\u2060\ufeff]|<wbr\s?/?>`;
/** What may be within a wrapped value: a line's end, also escaped or encoded, colours, and invisible characters. */
const CUT = String.raw`(?:(?:${COLOUR}){0,3}=?${LINE_END}${MARGIN}(?:${COLOUR}){0,3}|(?:${COLOUR}){1,4}[ \t]{0,16}|${INVISIBLE})?`;
const CUT_IN_BASE64 = String.raw`(?:${LINE_END}[ \t]{0,16})?`;
const BYTE_SEPARATOR = String.raw`(?:[ :,-]{1,2}(?:0x)?|${ESCAPED}x|\r?\n)?`;
const DECIMAL_SEPARATOR = String.raw`[\s,]{1,16}`;

/** Shortest secret, in characters: shorter values are likelier to be words. */
const SHORTEST_SECRET = 6;
/** A longer value is searched in pieces of up to this many characters, because its pattern grows with it. */
const LONGEST_PIECE = 64;

/** From this length on, case is ignored: the same text in another case is no other word. */
const SHORTEST_FOLDED = 16;

/** A pattern that matches a value in every form. */
export function patternOf(value: string): RegExp {
  const bytes = Buffer.from(value);
  const anyCase = value.length >= SHORTEST_FOLDED;
  const alternatives = [
    Array.from(value, (character, at) => inText(character, { anyCase, isFirst: at === 0 })).join(CUT),
    [...bytes].map(asHex).join(BYTE_SEPARATOR),
    [...bytes].join(DECIMAL_SEPARATOR),
    ...base64Cores(bytes).map((core) => Array.from(core, inBase64).join(CUT_IN_BASE64)),
  ];
  return new RegExp(alternatives.join('|'), 'g');
}

/**
 * The forms that are plain sequences of characters. The end of a text may be the beginning of one of them.
 */
export function plainForms(value: string): readonly string[] {
  const hex = Buffer.from(value).toString('hex');
  const cores = base64Cores(Buffer.from(value));
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

/** Shortest seed, in characters. */
export const SEED_LENGTH = 4;

/**
 * Parts of a value's forms. A text with the value has at least one of them, even if the value is wrapped, as long as no
 * letter or digit is escaped: `bareForms` find those.
 */
export function seedsOf(value: string): readonly string[] {
  const bytes = [...Buffer.from(value)];
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0'));
  const pairs = [':', ' ', '-', ', 0x', ',0x'].flatMap((separator) => [
    ...spread(hex, 2, separator),
    ...spread(hex, 2, separator).map((seed) => seed.toUpperCase().replace('X', 'x')),
  ]);
  const lists = [',', ', '].flatMap((separator) => spread(bytes.map(String), 3, separator));
  const folded = value.length >= SHORTEST_FOLDED ? [value.toLowerCase(), value.toUpperCase()] : [];
  return [...[...plainForms(value), ...folded, ...rareForms(value)].flatMap(seedsOfForm), ...pairs, ...lists];
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

/** A value, its lines, and the pieces of long ones: each is removed by itself. */
export function piecesOf(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  // An `é` is one character or two; file names have two on some systems.
  const spellings = [secret, ...lines].flatMap((one) => [one, one.normalize('NFC'), one.normalize('NFD')]);
  return [...new Set(spellings.flatMap(inPieces))].filter(({ length }) => length >= SHORTEST_SECRET);
}

/**
 * Cuts a value into pieces of about equal length, so that none is so short that it is found everywhere. They do not
 * overlap, because the rest of one would not be recognised after another was removed.
 */
function inPieces(value: string): string[] {
  const count = Math.ceil(value.length / LONGEST_PIECE);
  const startOf = (index: number): number => Math.floor((index * value.length) / count);
  return Array.from({ length: count }, (_, index) => value.slice(startOf(index), startOf(index + 1)));
}

interface TextOptions {
  readonly anyCase?: boolean;
  /** Matches all backslashes before a value at once: a text may consist of backslashes. */
  readonly isFirst?: boolean;
}

/** One character as text may have it. */
function inText(character: string, { anyCase: isFolded = false, isFirst = false }: TextOptions = {}): string {
  const escaped = isFirst ? String.raw`(?<!\\)\\+` : ESCAPED;
  const escapes = isFirst ? `(?:${escaped})?` : ESCAPES;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  const units = [...Array(character.length).keys()].map((at) => character.charCodeAt(at).toString(16).padStart(4, '0'));
  const bytes = [...Buffer.from(character)];
  const named = NAMED_ENTITIES[character];
  return `(?:${[
    /[A-Za-z0-9]/.test(character)
      ? isFolded
        ? bothCases(character)
        : character
      : escapes + escapeForRegExp(character),
    bytes.map((byte) => PERCENT + asHex(byte)).join(''),
    units.map((unit) => `${escaped}u${anyCase(unit)}`).join(''),
    `${escaped}U${anyCase(hex.padStart(8, '0'))}`,
    units.map((unit) => `%u${anyCase(unit)}`).join(''),
    String.raw`${escaped}u\{0{0,4}${anyCase(hex)}\}`,
    bytes.map((byte) => `${escaped}x${asHex(byte)}`).join(''),
    bytes.map((byte) => escaped + byte.toString(8).padStart(3, '0')).join(''),
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
 * Base64 encodes three bytes as four characters, so a value has three encodings by its offset (`user:token` in a Basic
 * header, say). These are their parts that do not depend on what is before and behind the value.
 */
function base64Cores(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    // The first characters have bits of what is before the value, the last ones of what is behind.
    const core = encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
    return core.length < SHORTEST_SECRET ? [] : [core];
  });
}

/**
 * A value in base64 of other encodings than UTF-8: PowerShell's commands are UTF-16, and old headers Latin-1. They are
 * plain sequences of characters: in the pattern they would double its time.
 */
export function rareForms(value: string): readonly string[] {
  const isLatin1 = /[\x80-\xff]/.test(value) && !/[^\0-\xff]/.test(value);
  const cores = [Buffer.from(value, 'utf16le'), ...(isLatin1 ? [Buffer.from(value, 'latin1')] : [])].flatMap(
    base64Cores,
  );
  return [...new Set([...cores, ...cores.map((core) => core.replaceAll('+', '-').replaceAll('/', '_'))])];
}

function bothCases(letter: string): string {
  const [small, capital] = [letter.toLowerCase(), letter.toUpperCase()];
  return small === capital ? letter : `[${small}${capital}]`;
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
