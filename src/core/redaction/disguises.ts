/** The encodings of a character that `patternOf` in `secretForms.ts` knows; one of the groups is the code. */
const DISGUISE = new RegExp(
  [
    String.raw`%(?:25)*(?:u([\da-fA-F]{4})|([\da-fA-F]{2}))`,
    String.raw`(?<!\\)\\+(?:u([\da-fA-F]{4})|u\{([\da-fA-F]{1,8})\}|U([\da-fA-F]{8})|x([\da-fA-F]{2}))`,
    String.raw`(?<!\\)\\+([0-7]{3})`,
    String.raw`=([\dA-F]{2})`,
    String.raw`&(?:amp;)*#[xX]([\da-fA-F]{1,8});`,
    String.raw`&(?:amp;)*#(\d{1,8});`,
    // Not letters and digits: the ends of lines, and characters with names in HTML.
    String.raw`(?<!\\)\\+[rnt]|&(?:amp;)*(?:quot|apos|lt|gt|amp);|<wbr\s?/?>`,
  ].join('|'),
  'g',
);
/** Groups of an octal and a decimal number; all others are hexadecimal. */
const OCTAL = 6;
const DECIMAL = 9;
const COLOUR = new RegExp(String.raw`\x1b\[[0-9;]*m`, 'g');

/**
 * A text without everything that can hide a secret in it: its letters and digits, in lower case. It takes one pass for all
 * secrets, where their patterns take one each.
 */
export function bare(text: string): string {
  return lettersAndDigits(
    text.replace(DISGUISE, (_, ...groups: readonly unknown[]) => {
      const at = groups.findIndex((group) => typeof group === 'string');
      const digits = groups[at];
      if (at > DECIMAL || typeof digits !== 'string') {
        return '';
      }
      const code = Number.parseInt(digits, at === OCTAL ? 8 : at === DECIMAL ? 10 : 16);
      // Characters beyond ASCII count on neither side.
      return code < 128 ? String.fromCharCode(code) : '';
    }),
  );
}

function lettersAndDigits(text: string): string {
  return text
    .replace(COLOUR, '')
    .replace(/[^A-Za-z0-9]+/g, '')
    .toLowerCase();
}

/**
 * Forms of a value in a bare text: a text with the value in an encoded form has one of them.
 * @param plain the plain forms of the value
 */
export function bareForms(plain: readonly string[]): readonly string[] {
  // What looks like an encoding in the value itself may be decoded or not.
  return [...new Set(plain.flatMap((form) => [lettersAndDigits(form), bare(form)]))];
}
