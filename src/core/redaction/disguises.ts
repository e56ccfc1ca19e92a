/** Each way to write a character that hides it, as `patternOf` in `secretForms.ts` knows them; the code is in one of the groups. */
const DISGUISE = new RegExp(
  [
    String.raw`%(?:25)*(?:u([\da-fA-F]{4})|([\da-fA-F]{2}))`,
    String.raw`(?<!\\)\\+(?:u([\da-fA-F]{4})|u\{([\da-fA-F]{1,8})\}|U([\da-fA-F]{8})|x([\da-fA-F]{2}))`,
    String.raw`(?<!\\)\\+([0-7]{3})`,
    String.raw`=([\dA-F]{2})`,
    String.raw`&(?:amp;)*#[xX]([\da-fA-F]{1,8});`,
    String.raw`&(?:amp;)*#(\d{1,8});`,
    // Not letters and digits: the ends of lines, and what HTML has names for.
    String.raw`(?<!\\)\\+[rnt]|&(?:amp;)*(?:quot|apos|lt|gt|amp);|<wbr\s?/?>`,
  ].join('|'),
  'g',
);
/** In which group stands an octal number, and in which a decimal one; in all others it is hexadecimal. */
const OCTAL = 6;
const DECIMAL = 9;
const COLOUR = new RegExp(String.raw`\x1b\[[0-9;]*m`, 'g');

/**
 * What is left of a text without all that can hide a secret in it: its letters and digits, in small letters. In one pass
 * for all secrets, where their patterns take one each.
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
      // What is not ASCII counts on neither side.
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
 * One of these is in the bare text that has a value in disguise.
 * @param plain the plain forms of the value
 */
export function bareForms(plain: readonly string[]): readonly string[] {
  // What looks like a disguise in the value itself may be read as one or not.
  return [...new Set(plain.flatMap((form) => [lettersAndDigits(form), bare(form)]))];
}
