import * as l10n from '@vscode/l10n';
import { describeValue, problemOfChoices, readInput, type FormField, type FormValue } from '../../core/questions/form';
import { plainLabel, plainMessage } from '../common/plainMessage';
import { pick, write, type InputResult } from './inputs';
import type { InputFrame } from '../common/inputs';

/**
 * Asks for the fields of a form one by one, with a way back, and shows all of them before they are sent.
 * @returns `undefined` if it was closed: nothing is answered then
 */
export async function fillIn(
  frame: InputFrame,
  fields: readonly FormField[],
): Promise<Readonly<Record<string, FormValue>> | undefined> {
  const values = new Map<string, FormValue | undefined>(fields.map(({ name, initial }) => [name, initial]));
  let at = 0;
  for (;;) {
    const field = fields[at];
    const place = { ...frame, step: at + 1, totalSteps: fields.length + 1 };
    if (field === undefined) {
      const next = await review(place, fields, values);
      if (next === 'send') {
        return Object.fromEntries(
          fields.flatMap(({ name }) => {
            const value = values.get(name);
            return value === undefined ? [] : [[name, value] as const];
          }),
        );
      }
      if (next === undefined) {
        return undefined;
      }
      at = next === 'back' ? at - 1 : next;
      continue;
    }
    const result = await ask(place, field, values.get(field.name));
    if (result === undefined) {
      return undefined;
    }
    if (result === 'back') {
      at--;
    } else {
      values.set(field.name, result.value);
      at++;
    }
  }
}

async function review(
  frame: InputFrame,
  fields: readonly FormField[],
  values: ReadonlyMap<string, FormValue | undefined>,
): Promise<'send' | 'back' | number | undefined> {
  const rows = fields.map((field, index) => ({
    label: `$(edit) ${plainLabel(field.label)}`,
    description: plainLabel(describeValue(field, values.get(field.name))),
    value: index,
  }));
  const result = await pick<'send' | number>(frame, l10n.t('Is this right? Choose a field to change it'), [
    { label: `$(send) ${l10n.t('Send')}`, description: l10n.t('Send the form as it is below'), value: 'send' },
    ...rows,
  ]);
  return result === undefined || result === 'back' ? result : result.value[0];
}

async function ask(
  frame: InputFrame,
  field: FormField,
  value: FormValue | undefined,
): Promise<InputResult<FormValue | undefined>> {
  const about = promptOf(field);
  const none = { label: `$(circle-slash) ${l10n.t('Leave Empty')}`, value: undefined };
  switch (field.type) {
    case 'string':
    case 'number':
    case 'integer': {
      const result = await write(frame, {
        prompt: plainMessage(about),
        value: value === undefined ? '' : String(value),
        problem: (text) => {
          const reading = readInput(field, text);
          return 'problem' in reading ? reading.problem : undefined;
        },
      });
      if (result === undefined || result === 'back') {
        return result;
      }
      const reading = readInput(field, result.value);
      return 'problem' in reading ? undefined : { value: reading.value };
    }
    case 'boolean': {
      const items = [true, false].map((one) => ({ label: one ? l10n.t('Yes') : l10n.t('No'), value: one }));
      return first(await pick(frame, about, chosenFirst([...items, ...(field.required ? [] : [none])], value)));
    }
    case 'choice': {
      const items = field.choices.map((one) => ({
        label: plainLabel(one.label),
        value: one.value,
      }));
      return first(await pick(frame, about, chosenFirst([...items, ...(field.required ? [] : [none])], value)));
    }
    case 'choices':
      return pick(
        frame,
        about,
        field.choices.map((one) => ({ label: plainLabel(one.label), value: one.value })),
        {
          chosen: Array.isArray(value) ? (value as readonly string[]) : [],
          problem: (count) => problemOfChoices(field, count),
        },
      );
  }
}

function promptOf({ label, description, required }: FormField): string {
  const name = plainLabel(label);
  if (description === undefined) {
    return required ? l10n.t('{0} (required)', name) : l10n.t('{0} (optional)', name);
  }
  return required
    ? l10n.t('{0} (required): {1}', name, plainLabel(description))
    : l10n.t('{0} (optional): {1}', name, plainLabel(description));
}

function chosenFirst<Item extends { readonly label: string; readonly value: unknown }>(
  items: readonly Item[],
  value: unknown,
): readonly (Item & { readonly description?: string })[] {
  const chosen = items.filter((item) => value !== undefined && item.value === value);
  return [
    ...chosen.map((item) => ({ ...item, description: l10n.t('suggested') })),
    ...items.filter((item) => !chosen.includes(item)),
  ];
}

function first<Value>(result: InputResult<readonly Value[]>): InputResult<Value> {
  return result === undefined || result === 'back' ? result : { value: result.value[0] as Value };
}
