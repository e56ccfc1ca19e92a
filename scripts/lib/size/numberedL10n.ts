type Value = string | number | boolean;
type NamedValues = Readonly<Record<string, Value>>;

export interface NumberedL10n {
  config(options: { readonly contents: unknown }): void;
  t(number: number, ...values: readonly (Value | NamedValues)[]): string;
}

/**
 * Takes the place of `@vscode/l10n` in the published bundle, where a text is known by its number: neither the English
 * text nor the comment for translators is needed to find the translation.
 *
 * @param english the texts by number
 * @param identity what the first entry of a translation has to be. With another one it is of other texts, as the file
 *   in the repository is, and its numbers would give wrong texts: it is not used.
 */
export function numberedL10n(english: readonly string[], identity: string): NumberedL10n {
  let translated: readonly (string | null)[] = [];
  return {
    config({ contents }) {
      const [of, ...texts] = Array.isArray(contents) ? (contents as typeof translated) : [];
      translated = of === identity ? texts : [];
    },
    t(number, ...values) {
      const [first] = values;
      const named = (typeof first === 'object' ? first : values) as NamedValues;
      const text = translated[number] ?? english[number] ?? '';
      return text.replace(/\{([^}]+)\}/g, (place, name: string) => String(named[name] ?? place));
    },
  };
}
