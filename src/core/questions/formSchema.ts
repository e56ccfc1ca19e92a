import * as l10n from '@vscode/l10n';
import { isRecord, readString, readText } from '../common/json';
import { sanitizeLine } from '../common/sanitize';
import {
  MAX_FIELD_TEXT,
  readInput,
  type ChoicesField,
  type FieldBase,
  type FieldReading,
  type Form,
  type FormChoice,
  type FormField,
  type NumberField,
  type TextField,
} from './form';

/** More fields than anybody would fill in one after another. */
const MAX_FIELDS = 50;
const MAX_CHOICES = 500;

/**
 * Makes a form of an elicitation's JSON schema, which may be anything. The subset is that of the protocol
 * (`UIElicitationSchema` in the SDK): a flat object of strings, numbers, booleans, choices and lists of choices.
 * One field that is not understood makes the whole form unusable, since an answer without it would be wrong.
 */
export function readForm(schema: unknown): Form {
  if (schema === undefined || schema === null) {
    return { fields: [] };
  }
  const properties = isRecord(schema) ? schema['properties'] : undefined;
  if (!isRecord(schema) || (schema['type'] !== undefined && schema['type'] !== 'object')) {
    return { problem: l10n.t('The form is not described as an object.') };
  }
  if (properties !== undefined && !isRecord(properties)) {
    return { problem: l10n.t('The form’s fields are not described.') };
  }
  const required: unknown = schema['required'] ?? [];
  if (!Array.isArray(required) || required.some((name) => typeof name !== 'string')) {
    return { problem: l10n.t('The form does not say which of its fields are required.') };
  }
  const names = Object.keys(properties ?? {});
  if (names.length > MAX_FIELDS) {
    return {
      problem: l10n.t('The form has {0} fields; more than {1} cannot be filled in here.', names.length, MAX_FIELDS),
    };
  }
  const missing = (required as readonly string[]).find((name) => !names.includes(name));
  if (missing !== undefined) {
    return {
      problem: l10n.t('The form requires the field “{0}” but does not describe it.', sanitizeLine(missing, 100)),
    };
  }
  const fields: FormField[] = [];
  for (const name of names) {
    const field = readField(name, properties?.[name], (required as readonly string[]).includes(name));
    if ('problem' in field) {
      return field;
    }
    fields.push(field);
  }
  return { fields };
}

interface Problem {
  readonly problem: string;
}

/** @returns the field, or why it cannot be filled in */
function readField(name: string, property: unknown, required: boolean): FormField | Problem {
  const shownName = sanitizeLine(name, 100);
  if (!isRecord(property)) {
    return { problem: l10n.t('The form’s field “{0}” is not described.', shownName) };
  }
  const description = readText(property, 'description');
  const base: FieldBase = {
    name,
    label: sanitizeLine(readText(property, 'title') ?? name, 100),
    description: description === undefined ? undefined : sanitizeLine(description, 500),
    required,
  };
  const initial = property['default'];
  const type = property['type'];
  if (property['enum'] !== undefined || property['oneOf'] !== undefined) {
    const choices = type === undefined || type === 'string' ? readChoices(property, 'oneOf') : undefined;
    return choices === undefined
      ? unreadableChoices(name)
      : { ...base, type: 'choice', choices, initial: choices.find(({ value }) => value === initial)?.value };
  }
  switch (type) {
    case 'string':
      return readTextField(base, property, initial);
    case 'number':
    case 'integer':
      return readNumberField(base, type, property, initial);
    case 'boolean':
      return { ...base, type, initial: typeof initial === 'boolean' ? initial : undefined };
    case 'array':
      return readChoicesField(base, property, initial);
    default:
      return {
        problem:
          typeof type === 'string'
            ? l10n.t(
                'The form’s field “{0}” has the type “{1}”, which is not supported.',
                shownName,
                sanitizeLine(type, 50),
              )
            : l10n.t('The form’s field “{0}” has no type.', shownName),
      };
  }
}

function unreadableChoices(name: string): Problem {
  return { problem: l10n.t('The choices of the form’s field “{0}” cannot be read.', sanitizeLine(name, 100)) };
}

function readTextField(
  base: FieldBase,
  property: Readonly<Record<string, unknown>>,
  initial: unknown,
): TextField | Problem {
  const [minLength, maxLength] = [readBound(property, 'minLength'), readBound(property, 'maxLength')];
  if (isEmptyRange(minLength, maxLength) || (minLength ?? 0) > MAX_FIELD_TEXT) {
    const name = sanitizeLine(base.name, 100);
    return { problem: l10n.t('No text has the length that the form’s field “{0}” requires.', name) };
  }
  const field: TextField = {
    ...base,
    type: 'string',
    minLength,
    maxLength,
    format: readString(property, 'format'),
    initial: undefined,
  };
  // A default that the form itself would refuse is left out.
  return typeof initial === 'string' && isFine(readInput(field, initial)) ? { ...field, initial } : field;
}

function readNumberField(
  base: FieldBase,
  type: 'number' | 'integer',
  property: Readonly<Record<string, unknown>>,
  initial: unknown,
): NumberField | Problem {
  const [minimum, maximum] = [readNumber(property, 'minimum'), readNumber(property, 'maximum')];
  if (isEmptyRange(minimum, maximum)) {
    const name = sanitizeLine(base.name, 100);
    return { problem: l10n.t('No number is in the range that the form’s field “{0}” requires.', name) };
  }
  const field: NumberField = { ...base, type, minimum, maximum, initial: undefined };
  return typeof initial === 'number' && isFine(readInput(field, String(initial))) ? { ...field, initial } : field;
}

function readChoicesField(
  base: FieldBase,
  property: Readonly<Record<string, unknown>>,
  initial: unknown,
): ChoicesField | Problem {
  const choices = readChoices(property['items'], 'anyOf');
  const [minItems, maxItems] = [readBound(property, 'minItems'), readBound(property, 'maxItems')];
  if (choices === undefined) {
    return unreadableChoices(base.name);
  }
  if (isEmptyRange(minItems, maxItems) || (minItems ?? 0) > choices.length || (base.required && maxItems === 0)) {
    const name = sanitizeLine(base.name, 100);
    return { problem: l10n.t('The form’s field “{0}” requires a number of choices that it does not have.', name) };
  }
  const chosen = Array.isArray(initial) ? choices.filter(({ value }) => initial.includes(value)) : undefined;
  return { ...base, type: 'choices', choices, minItems, maxItems, initial: chosen?.map(({ value }) => value) };
}

/**
 * Reads `enum` with `enumNames`, or a list of `{const, title}`.
 * @returns `undefined` if there are none, too many, or any that is no text
 */
function readChoices(property: unknown, titledKey: 'oneOf' | 'anyOf'): readonly FormChoice[] | undefined {
  if (!isRecord(property)) {
    return undefined;
  }
  const plain = property['enum'];
  const titled = property[titledKey];
  const names: unknown = property['enumNames'];
  const pairs: readonly (readonly [unknown, unknown])[] = Array.isArray(plain)
    ? plain.map((value: unknown, index) => [value, Array.isArray(names) ? (names[index] as unknown) : undefined])
    : Array.isArray(titled)
      ? titled.map((one: unknown) => [isRecord(one) ? one['const'] : undefined, readString(one, 'title')])
      : [];
  const choices: FormChoice[] = [];
  for (const [value, label] of pairs) {
    if (typeof value !== 'string') {
      return undefined;
    }
    const shown = typeof label === 'string' && label.trim() !== '' ? label : value;
    choices.push({ value, label: sanitizeLine(shown) });
  }
  return choices.length === 0 || choices.length > MAX_CHOICES ? undefined : choices;
}

function readNumber(property: Readonly<Record<string, unknown>>, key: string): number | undefined {
  const value = property[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A length or a count: not negative. */
function readBound(property: Readonly<Record<string, unknown>>, key: string): number | undefined {
  const value = readNumber(property, key);
  return value === undefined || value < 0 ? undefined : Math.floor(value);
}

function isEmptyRange(least: number | undefined, most: number | undefined): boolean {
  return least !== undefined && most !== undefined && least > most;
}

function isFine(reading: FieldReading): boolean {
  return !('problem' in reading);
}
