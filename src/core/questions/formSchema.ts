import { isRecord, readString, readText } from '../common/json';
import { sanitizeLine } from '../common/sanitize';
import {
  MAX_FIELD_TEXT,
  readInput,
  type FieldBase,
  type FieldReading,
  type Form,
  type FormChoice,
  type FormField,
  type NumberField,
  type TextField,
} from './form';

/** More fields than anybody fills in, one after another. */
const MAX_FIELDS = 50;
const MAX_CHOICES = 500;

/**
 * Makes a form of an elicitation's JSON schema, which may be anything. The subset is that of the protocol
 * (`UIElicitationSchema` in the SDK): a flat object of strings, numbers, booleans, choices and lists of choices.
 * What is not understood makes the whole form unusable: an answer that lacks a field nobody saw would be a wrong one.
 */
export function readForm(schema: unknown): Form {
  if (schema === undefined || schema === null) {
    return { fields: [] };
  }
  const properties = isRecord(schema) ? schema['properties'] : undefined;
  if (!isRecord(schema) || (schema['type'] !== undefined && schema['type'] !== 'object')) {
    return { problem: 'The form is not described as an object.' };
  }
  if (properties !== undefined && !isRecord(properties)) {
    return { problem: 'The form’s fields are not described.' };
  }
  const required: unknown = schema['required'] ?? [];
  if (!Array.isArray(required) || required.some((name) => typeof name !== 'string')) {
    return { problem: 'It is not said which of the form’s fields are required.' };
  }
  const names = Object.keys(properties ?? {});
  if (names.length > MAX_FIELDS) {
    return { problem: `The form has ${names.length} fields; more than ${MAX_FIELDS} cannot be filled in here.` };
  }
  const missing = (required as readonly string[]).find((name) => !names.includes(name));
  if (missing !== undefined) {
    return { problem: `The form requires the field “${sanitizeLine(missing, 100)}”, and does not describe it.` };
  }
  const fields: FormField[] = [];
  for (const name of names) {
    const field = readField(name, properties?.[name], (required as readonly string[]).includes(name));
    if (typeof field === 'string') {
      return { problem: `The form’s field “${sanitizeLine(name, 100)}” cannot be filled in here: ${field}.` };
    }
    fields.push(field);
  }
  return { fields };
}

/** @returns the field, or why it cannot be filled in */
function readField(name: string, property: unknown, required: boolean): FormField | string {
  if (!isRecord(property)) {
    return 'it is not described';
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
      ? 'its choices cannot be read'
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
      return typeof type === 'string'
        ? `its type, “${sanitizeLine(type, 50)}”, is not known`
        : 'it is not said what type it has';
  }
}

function readTextField(base: FieldBase, property: Readonly<Record<string, unknown>>, initial: unknown) {
  const [minLength, maxLength] = [readBound(property, 'minLength'), readBound(property, 'maxLength')];
  if (isEmptyRange(minLength, maxLength) || (minLength ?? 0) > MAX_FIELD_TEXT) {
    return 'no text is of the length that it asks for';
  }
  const field: TextField = {
    ...base,
    type: 'string',
    minLength,
    maxLength,
    format: readString(property, 'format'),
    initial: undefined,
  };
  // A default that the form itself would refuse is none.
  return typeof initial === 'string' && isFine(readInput(field, initial)) ? { ...field, initial } : field;
}

function readNumberField(
  base: FieldBase,
  type: 'number' | 'integer',
  property: Readonly<Record<string, unknown>>,
  initial: unknown,
) {
  const [minimum, maximum] = [readNumber(property, 'minimum'), readNumber(property, 'maximum')];
  if (isEmptyRange(minimum, maximum)) {
    return 'no number is in the range that it asks for';
  }
  const field: NumberField = { ...base, type, minimum, maximum, initial: undefined };
  return typeof initial === 'number' && isFine(readInput(field, String(initial))) ? { ...field, initial } : field;
}

function readChoicesField(base: FieldBase, property: Readonly<Record<string, unknown>>, initial: unknown) {
  const choices = readChoices(property['items'], 'anyOf');
  const [minItems, maxItems] = [readBound(property, 'minItems'), readBound(property, 'maxItems')];
  if (choices === undefined) {
    return 'its choices cannot be read';
  }
  if (isEmptyRange(minItems, maxItems) || (minItems ?? 0) > choices.length || (base.required && maxItems === 0)) {
    return 'no number of choices is the one that it asks for';
  }
  const chosen = Array.isArray(initial) ? choices.filter(({ value }) => initial.includes(value)) : undefined;
  return { ...base, type: 'choices' as const, choices, minItems, maxItems, initial: chosen?.map(({ value }) => value) };
}

/** `enum` with `enumNames`, or a list of `{const, title}`; `undefined` for what offers nothing, or anything but text. */
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
