import fc from 'fast-check';

/** Characters that must never be in a result, in any context. Written independently of the code under test. */
export const FORBIDDEN =
  /(?![\n\t])[\p{Cc}\p{Cs}\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/u;

/** Text in which problematic characters are frequent. */
export const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...['\u001b[31m', '\u009b', '\r', '\n', '\r\n', '\t', ' ', '\u0000', '\u007f', '\u0085', '\u202e', '\u2066'],
        ...['\u200b', '\u200c', '\u200d', '\u200e', '\u061c', '\ufeff', '\u2060', '\u2028', '\u{e0041}', '\ufe0f'],
        ...['\ud800', '\udc00', '\u0301', '\u00ad', '\u3164', '\u{e0101}', '\ufffe', '👩', '💻', '1', 'ب', 'क', 'a'],
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.string({ maxLength: 20 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));
