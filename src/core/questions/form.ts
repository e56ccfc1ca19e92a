import * as l10n from '@vscode/l10n';
import { sanitizeLine } from '../common/sanitize';

/** Longest text of a field in characters, even if the schema allows more. */
export const MAX_FIELD_TEXT = 100_000;

export type FormValue = string | number | boolean | readonly string[];

export interface FormChoice {
  readonly value: string;
  readonly label: string;
}

export interface FieldBase {
  /** The key in the answer, as the schema has it. */
  readonly name: string;
  /** One line, sanitised. */
  readonly label: string;
  readonly description: string | undefined;
  readonly required: boolean;
}

export interface TextField extends FieldBase {
  readonly type: 'string';
  readonly minLength: number | undefined;
  readonly maxLength: number | undefined;
  readonly format: string | undefined;
  readonly initial: string | undefined;
}

export interface NumberField extends FieldBase {
  readonly type: 'number' | 'integer';
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
  readonly initial: number | undefined;
}

export interface BooleanField extends FieldBase {
  readonly type: 'boolean';
  readonly initial: boolean | undefined;
}

export interface ChoiceField extends FieldBase {
  readonly type: 'choice';
  readonly choices: readonly FormChoice[];
  readonly initial: string | undefined;
}

export interface ChoicesField extends FieldBase {
  readonly type: 'choices';
  readonly choices: readonly FormChoice[];
  readonly minItems: number | undefined;
  readonly maxItems: number | undefined;
  readonly initial: readonly string[] | undefined;
}

export type FormField = TextField | NumberField | BooleanField | ChoiceField | ChoicesField;

/** The fields, in the schema's order; or why no form can be made of the schema. */
export type Form = { readonly fields: readonly FormField[] } | { readonly problem: string };

/** What was typed, as a value of the field's type; `undefined` if it was left empty. */
export type FieldReading = { readonly value: FormValue | undefined } | { readonly problem: string };

/** Reads what was typed into a text or number field. */
export function readInput(field: TextField | NumberField, text: string): FieldReading {
  return field.type === 'string' ? readTextInput(field, text) : readNumberInput(field, text);
}

/** @returns why this number of choices cannot be taken */
export function problemOfChoices({ minItems, maxItems, required }: ChoicesField, count: number): string | undefined {
  if (count === 0 && !required) {
    return undefined;
  }
  const least = Math.max(minItems ?? 0, required ? 1 : 0);
  if (count < least) {
    return l10n.t('Choose at least {0}.', least);
  }
  return maxItems !== undefined && count > maxItems ? l10n.t('Choose at most {0}.', maxItems) : undefined;
}

/** A value as text, for the review of a form that was filled in. */
export function describeValue(field: FormField, value: FormValue | undefined): string {
  if (value === undefined) {
    return l10n.t({ message: 'left empty', comment: ['The value of a field in a form'] });
  }
  if (field.type === 'choice' || field.type === 'choices') {
    const values = Array.isArray(value) ? (value as readonly string[]) : [value];
    const labels = values.map((one) => field.choices.find((choice) => choice.value === one)?.label ?? String(one));
    return labels.length === 0
      ? l10n.t({ message: 'none', comment: ['No choice of a list was chosen'] })
      : labels.join(', ');
  }
  return typeof value === 'boolean' ? (value ? l10n.t('Yes') : l10n.t('No')) : sanitizeLine(String(value));
}

/** @returns why this content cannot answer the form; for answers that were not given field by field */
export function problemOfContent(form: Form, content: Readonly<Record<string, unknown>>): string | undefined {
  if ('problem' in form) {
    return form.problem;
  }
  const unknown = Object.keys(content).find((name) => !form.fields.some((field) => field.name === name));
  if (unknown !== undefined) {
    return l10n.t('The form has no field “{0}”.', sanitizeLine(unknown, 100));
  }
  for (const field of form.fields) {
    const problem = problemOfValue(field, Object.hasOwn(content, field.name) ? content[field.name] : undefined);
    if (problem !== undefined) {
      return `${field.label}: ${problem}`;
    }
  }
  return undefined;
}

function problemOfValue(field: FormField, value: unknown): string | undefined {
  if (value === undefined) {
    return field.required ? l10n.t('A value is required.') : undefined;
  }
  switch (field.type) {
    case 'string':
      return typeof value === 'string' ? problemOf(readTextInput(field, value)) : l10n.t('Enter text.');
    case 'number':
    case 'integer':
      return typeof value === 'number' ? problemOf(readNumberInput(field, String(value))) : l10n.t('Enter a number.');
    case 'boolean':
      return typeof value === 'boolean' ? undefined : l10n.t('Choose yes or no.');
    case 'choice':
      return field.choices.some((choice) => choice.value === value)
        ? undefined
        : l10n.t('This is not one of the choices.');
    case 'choices':
      return Array.isArray(value) && value.every((one) => field.choices.some((choice) => choice.value === one))
        ? problemOfChoices(field, value.length)
        : l10n.t('This is not one of the choices.');
  }
}

function problemOf(reading: FieldReading): string | undefined {
  return 'problem' in reading ? reading.problem : undefined;
}

function readTextInput(field: TextField, text: string): FieldReading {
  if (text === '') {
    return field.required ? { problem: l10n.t('A value is required.') } : { value: undefined };
  }
  // JSON Schema counts code points.
  const length = Array.from(text.slice(0, 2 * MAX_FIELD_TEXT)).length;
  const most = Math.min(field.maxLength ?? MAX_FIELD_TEXT, MAX_FIELD_TEXT);
  if (field.minLength !== undefined && length < field.minLength) {
    return { problem: l10n.t('Enter at least {0} characters (now {1}).', field.minLength, length) };
  }
  if (length > most) {
    return {
      problem:
        most === 1
          ? l10n.t('Enter at most 1 character (now {0}).', length)
          : l10n.t('Enter at most {0} characters (now {1}).', most, length),
    };
  }
  const wanted = field.format === undefined ? undefined : FORMATS[field.format];
  return wanted !== undefined && !wanted.isMet(text) ? { problem: wanted.hint() } : { value: text };
}

function readNumberInput(field: NumberField, text: string): FieldReading {
  const trimmed = text.trim();
  if (trimmed === '') {
    return field.required ? { problem: l10n.t('A number is required.') } : { value: undefined };
  }
  // `Number` also takes what is no number in a form: hexadecimal, Infinity.
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : Number.NaN;
  if (!Number.isFinite(value)) {
    return { problem: l10n.t('Enter a number.') };
  }
  if (field.type === 'integer' && !Number.isSafeInteger(value)) {
    return { problem: l10n.t('Enter a whole number.') };
  }
  if (field.minimum !== undefined && value < field.minimum) {
    return { problem: l10n.t('Enter a number of at least {0}.', field.minimum) };
  }
  return field.maximum !== undefined && value > field.maximum
    ? { problem: l10n.t('Enter a number of at most {0}.', field.maximum) }
    : { value };
}

const FORMATS: Readonly<Record<string, { hint(): string; isMet(text: string): boolean }>> = {
  email: { hint: () => l10n.t('Enter an e-mail address.'), isMet: (text) => /^[^\s@]+@[^\s@]+$/.test(text) },
  uri: { hint: () => l10n.t('Enter a web address or another URI.'), isMet: (text) => URL.canParse(text) },
  date: {
    hint: () => l10n.t('Enter a date, such as 2026-01-31.'),
    isMet: (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)),
  },
  'date-time': {
    hint: () => l10n.t('Enter a date and a time, such as 2026-01-31T12:00:00Z.'),
    isMet: (text) =>
      /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i.test(text) && !Number.isNaN(Date.parse(text)),
  },
};
