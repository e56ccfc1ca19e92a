import * as l10n from '@vscode/l10n';
/**
 * Makes text from outside harmless before it is shown in a log, a label or a tooltip: characters that would move the
 * cursor, reorder the line, or be invisible are shown by name. A mark tells how much was cut off.
 */

/** Longest result for one text, in UTF-16 units. */
export const DEFAULT_TEXT_LENGTH = 50_000;
const DEFAULT_LINE_LENGTH = 200;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const ZERO_WIDTH_NON_JOINER = 0x200c;
const ZERO_WIDTH_JOINER = 0x200d;
const EMOJI_STYLE = 0xfe0f;
/** No script stacks more marks on one letter; hundreds of them would cover the lines above and below. */
const MAX_MARKS = 8;

/** Common characters that are harmless: the fast path for nearly all text. */
const PLAIN =
  /[\t\u0020-\u007e\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u0559\u2010-\u2027\u2030-\u205e\u2190-\u22ff\u2500-\u259f\u3040-\u3098\u309b-\u30ff\u4e00-\u9fff\uac00-\ud7a3]+/y;
/** Controls, lone surrogates, and everything that Unicode calls invisible (bidi controls, tags, zero-width, fillers). */
const HIDDEN = /[\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2028\u2029\ufff9-\ufffb]/u;
const MARK = /\p{M}/u;
const EMOJI = /[\p{Emoji}\p{Extended_Pictographic}]/u;
const VARIATION_SELECTOR = /[\u180b-\u180d\u180f\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/u;
const HAS_VARIANTS = /[\p{Ideographic}\p{Sm}\p{Script=Mongolian}\p{Script=Phags_Pa}\p{Script=Myanmar}]/u;
const JOINS_LETTERS = /(?!\p{Script=Latin})[\p{L}\p{M}]/u;
const LETTER = /(?!\p{Script=Latin})\p{L}/u;
const JOINS_EMOJI = /[\p{Extended_Pictographic}\p{Emoji_Modifier}]/u;

export interface SanitizerOptions {
  /** The longest result, in UTF-16 units; the rest is counted in `hidden`. */
  readonly maxLength?: number;
  /** What a line feed takes of `maxLength`: more than 1 where each line will be indented. */
  readonly lineCost?: number;
}

/**
 * Sanitises a text that comes in pieces: the results of all `push` and one `end`, joined, are the result for the whole
 * text. A piece may end anywhere, even between the halves of a surrogate pair.
 */
export class TextSanitizer {
  private readonly lineCost: number;
  private remaining: number;
  private carry = '';
  private skipped = 0;
  /** The previous code point, if it was kept; 0 if there is none, or it was replaced. */
  private previous = 0;
  private marks = 0;

  constructor(options: SanitizerOptions = {}) {
    this.remaining = options.maxLength ?? DEFAULT_TEXT_LENGTH;
    this.lineCost = options.lineCost ?? 1;
  }

  /** How many UTF-16 units of the input did not fit into the result. */
  get hidden(): number {
    return this.skipped;
  }

  push(piece: string): string {
    return this.take(piece, false);
  }

  end(): string {
    return this.take('', true);
  }

  private take(piece: string, final: boolean): string {
    if (this.skipped > 0) {
      this.skipped += piece.length;
      return '';
    }
    const text = this.carry + piece;
    this.carry = '';
    let result = '';
    let at = 0;
    while (at < text.length) {
      PLAIN.lastIndex = at;
      if (PLAIN.test(text)) {
        const length = Math.min(PLAIN.lastIndex - at, this.remaining);
        result += text.slice(at, at + length);
        this.remaining -= length;
        at += length;
        this.keep(text.charCodeAt(at - 1));
        if (this.remaining === 0 && at < text.length) {
          return this.stop(result, text.length - at);
        }
        continue;
      }
      const code = text.codePointAt(at) ?? 0;
      const width = code > 0xffff ? 2 : 1;
      const next = text.codePointAt(at + width);
      if (!final && needsMore(code, next, at + width + 1 === text.length)) {
        this.carry = text.slice(at);
        break;
      }
      if (code === CARRIAGE_RETURN && next === LINE_FEED) {
        at += width;
        continue;
      }
      const character = text.slice(at, at + width);
      const kept = this.isHarmless(code, character, next);
      const shown = kept ? character : visible(code);
      // A joiner is legitimate because of what follows it, so the two are not separated.
      const cost = code === LINE_FEED ? this.lineCost : kept && isJoiner(code) ? 3 : shown.length;
      if (cost > this.remaining) {
        return this.stop(result, text.length - at);
      }
      this.remaining -= code === LINE_FEED ? cost : shown.length;
      result += shown;
      at += width;
      if (kept) {
        this.keep(code, MARK.test(character));
      } else {
        this.previous = 0;
        this.marks = 0;
      }
    }
    return result;
  }

  private keep(code: number, isMark = false): void {
    this.previous = code;
    this.marks = isMark ? this.marks + 1 : 0;
  }

  private stop(result: string, skipped: number): string {
    this.skipped = skipped;
    return result;
  }

  private isHarmless(code: number, character: string, next: number | undefined): boolean {
    if (code === LINE_FEED) {
      return true;
    }
    if (!HIDDEN.test(character)) {
      return !MARK.test(character) || this.marks < MAX_MARKS;
    }
    const before = String.fromCodePoint(this.previous);
    if (VARIATION_SELECTOR.test(character)) {
      return (code & 0xfffffe) === 0xfe0e ? EMOJI.test(before) : HAS_VARIANTS.test(before);
    }
    if (!isJoiner(code) || next === undefined) {
      return false;
    }
    const after = String.fromCodePoint(next);
    if (HIDDEN.test(after)) {
      return false;
    }
    if (JOINS_LETTERS.test(before) && LETTER.test(after)) {
      return true;
    }
    return (
      code === ZERO_WIDTH_JOINER &&
      (this.previous === EMOJI_STYLE || JOINS_EMOJI.test(before)) &&
      JOINS_EMOJI.test(after)
    );
  }
}

/**
 * Sanitises text of several lines, to at most `maxLength` UTF-16 units, the closing mark "… (N more characters)" included.
 * Tabs and line feeds stay, CR LF becomes LF. Harmless text that fits is returned unchanged.
 */
export function sanitizeText(text: string, maxLength = DEFAULT_TEXT_LENGTH): string {
  return fit(text, maxLength);
}

/** As `sanitizeText`, on one line: a line break becomes " ⏎ ", a tab a space; white space at both ends is dropped. */
export function sanitizeLine(text: string, maxLength = DEFAULT_LINE_LENGTH): string {
  // Text far beyond what can be shown is not read: a label must not cost as much as a text of 5 MB.
  const start = skipBlanks(text, 0, 1);
  const near = Math.min(text.length, start + 1024 + 16 * Math.max(0, maxLength));
  const end = isHighSurrogate(text.charCodeAt(near - 1)) && near < text.length ? near - 1 : near;
  const parts = text.slice(start, end).split(/\r?\n/);
  const line = parts
    .map((part) => part.slice(skipBlanks(part, 0, 1), skipBlanks(part, part.length - 1, -1) + 1).replaceAll('\t', ' '))
    .filter((part) => part !== '')
    .join(' ⏎ ');
  return fit(line, maxLength, text.length - end);
}

/** "… (N more characters)": says that a text goes on, and how far (in UTF-16 units). */
export function moreMark(count: number): string {
  return count === 1 ? l10n.t('… (1 more character)') : l10n.t('… ({0} more characters)', count);
}

/** @param unseen how much of the original is not in `text`, but counts as not shown */
function fit(text: string, maxLength: number, unseen = 0): string {
  const limit = Math.max(0, Math.floor(maxLength));
  const whole = run(text, limit);
  if (whole.hidden === 0 && unseen === 0) {
    return whole.text;
  }
  // In some languages the singular is the longer one.
  const reserved = Math.max(moreMark(text.length + unseen).length, moreMark(1).length);
  if (limit < reserved) {
    return limit === 0 ? '' : `${run(text, limit - 1).text}…`;
  }
  const part = run(text, limit - reserved);
  return part.text + moreMark(part.hidden + unseen);
}

function run(text: string, maxLength: number): { readonly text: string; readonly hidden: number } {
  const sanitizer = new TextSanitizer({ maxLength });
  const result = sanitizer.push(text) + sanitizer.end();
  return { text: result, hidden: sanitizer.hidden };
}

/** From `at`, in the direction of `step`, to the first character that is no blank. */
function skipBlanks(text: string, at: number, step: 1 | -1): number {
  let index = at;
  // Outside the text the code is NaN, which is no blank.
  while (isBlank(text.charCodeAt(index))) {
    index += step;
  }
  return index;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === CARRIAGE_RETURN || code === LINE_FEED;
}

/** Whether the treatment of this code point depends on the next piece. */
function needsMore(code: number, next: number | undefined, last: boolean): boolean {
  if (isHighSurrogate(code) || code === CARRIAGE_RETURN) {
    return next === undefined;
  }
  return isJoiner(code) && (next === undefined || (last && isHighSurrogate(next)));
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function isJoiner(code: number): boolean {
  return code === ZERO_WIDTH_JOINER || code === ZERO_WIDTH_NON_JOINER;
}

const CONTROL_NAMES =
  // eslint-disable-next-line texts/localized -- names of Unicode
  'NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US'.split(
    ' ',
  );

/** A control character by its name (‹ESC›; fonts lack its picture), anything else by its number (‹U+202E›). */
function visible(code: number): string {
  const name = code === 0x7f ? 'DEL' : CONTROL_NAMES[code];
  return `‹${name ?? `U+${code.toString(16).toUpperCase().padStart(4, '0')}`}›`;
}
