import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describeValue, problemOfChoices, problemOfContent, readInput } from '../../../../src/core/questions/form';
import type { ChoicesField, FormField, NumberField, TextField } from '../../../../src/core/questions/form';
import { readForm } from '../../../../src/core/questions/formSchema';

function fields(properties: object, required: readonly string[] = []): readonly FormField[] {
  const form = readForm({ type: 'object', properties, required });
  assert.ok('fields' in form, JSON.stringify(form));
  return form.fields;
}

function field(property: object, required = false): FormField {
  return fields({ it: property }, required ? ['it'] : [])[0]!;
}

function problem(schema: unknown): string {
  const form = readForm(schema);
  assert.ok('problem' in form, JSON.stringify(form));
  return form.problem;
}

describe('forms', () => {
  it('are made of the schema that the emulator’s agent sends', () => {
    const form = fields(
      {
        environment: { type: 'string', title: 'Environment', enum: ['staging', 'production'], default: 'staging' },
        replicas: { type: 'integer', title: 'Replicas', minimum: 1, maximum: 10, default: 2 },
        notify: { type: 'boolean', title: 'Notify the team', default: true },
        reason: { type: 'string', minLength: 3 },
      },
      ['environment', 'reason'],
    );
    assert.deepEqual(
      form.map(({ label, type, required, initial }) => [label, type, required, initial]),
      [
        ['Environment', 'choice', true, 'staging'],
        ['Replicas', 'integer', false, 2],
        ['Notify the team', 'boolean', false, true],
        ['reason', 'string', true, undefined],
      ],
    );
  });

  it('without a schema have no fields: they only ask for a yes', () => {
    assert.deepEqual([readForm(undefined), readForm({})], [{ fields: [] }, { fields: [] }]);
  });

  it('are refused, with the reason, when the schema is nonsense', () => {
    const one = (property: unknown): string => problem({ properties: { it: property } });
    assert.match(problem([]), /not described as an object/);
    assert.match(problem({ type: 'array' }), /not described as an object/);
    assert.match(problem({ properties: [] }), /fields are not described/);
    assert.match(problem({ properties: {}, required: 'all' }), /which of its fields/);
    assert.match(problem({ properties: {}, required: ['x'] }), /requires the field “x”/);
    assert.match(one(5), /“it” is not described/);
    assert.match(one({}), /has no type/);
    assert.match(one({ type: 'object' }), /type “object”, which is not supported/);
    assert.match(one({ type: 'string', enum: [] }), /choices of .* cannot be read/);
    assert.match(one({ type: 'string', enum: [1] }), /choices of .* cannot be read/);
    assert.match(one({ type: 'number', minimum: 5, maximum: 4 }), /No number/);
    assert.match(one({ type: 'string', minLength: 5, maxLength: 4 }), /No text/);
    assert.match(one({ type: 'array', items: { type: 'string' } }), /choices of .* cannot be read/);
    assert.match(one({ type: 'array', items: { enum: ['a'] }, minItems: 2 }), /a number of choices/);
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`f${index}`, { type: 'string' }]));
    assert.match(problem({ properties: many }), /51 fields/);
  });

  it('are made or refused, whatever the schema is; a default is always one that the form takes', () => {
    const property = fc.record(
      {
        type: fc.oneof(fc.constantFrom('string', 'number', 'integer', 'boolean', 'array'), fc.jsonValue()),
        enum: fc.jsonValue(),
        default: fc.jsonValue(),
        minimum: fc.jsonValue(),
        maxLength: fc.jsonValue(),
        title: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.record({ properties: fc.record({ a: property }) })), (schema) => {
        const form = readForm(schema);
        for (const one of 'fields' in form ? form.fields : []) {
          if (one.initial !== undefined && one.type !== 'choices') {
            assert.equal(problemOfContent({ fields: [one] }, { [one.name]: one.initial }), undefined);
          }
        }
      }),
    );
  });

  it('take numbers within their range, and nothing else that JavaScript calls a number', () => {
    const replicas = field({ type: 'integer', minimum: 1, maximum: 10 }, true) as NumberField;
    const said = (text: string): unknown => Object.values(readInput(replicas, text))[0];
    assert.deepEqual(['2', ' 10 ', '0', '11', '2.5', '0x2', 'Infinity', 'NaN', '', 'two'].map(said), [
      2,
      10,
      'Enter a number of at least 1.',
      'Enter a number of at most 10.',
      'Enter a whole number.',
      'Enter a number.',
      'Enter a number.',
      'Enter a number.',
      'A number is required.',
      'Enter a number.',
    ]);
    assert.deepEqual(readInput(field({ type: 'number' }) as NumberField, ''), { value: undefined });
    assert.deepEqual(readInput(field({ type: 'number' }) as NumberField, '-1.5e1'), { value: -15 });
  });

  it('take texts of their length, in code points, and of their format', () => {
    const reason = field({ type: 'string', minLength: 3, maxLength: 4 }, true) as TextField;
    assert.deepEqual(readInput(reason, '⚓⚓⚓'), { value: '⚓⚓⚓' });
    assert.deepEqual(readInput(reason, '🚢🚢'), { problem: 'Enter at least 3 characters (now 2).' });
    assert.deepEqual(readInput(reason, 'abcde'), { problem: 'Enter at most 4 characters (now 5).' });
    assert.deepEqual(readInput(reason, ''), { problem: 'A value is required.' });
    for (const [format, good, bad] of [
      ['email', 'a@b', 'a b'],
      ['uri', 'https://x.example/', 'nowhere'],
      ['date', '2026-01-31', '2026-13-01'],
      ['date-time', '2026-01-31T12:00:00Z', '2026-01-31'],
    ] as const) {
      const one = field({ type: 'string', format }) as TextField;
      assert.deepEqual(readInput(one, good), { value: good });
      assert.ok('problem' in readInput(one, bad), format);
    }
  });

  it('count what was chosen', () => {
    const tags = field({ type: 'array', items: { enum: ['a', 'b', 'c'] }, minItems: 2, maxItems: 2 }) as ChoicesField;
    assert.deepEqual(
      [0, 1, 2, 3].map((count) => problemOfChoices(tags, count)),
      [undefined, 'Choose at least 2.', undefined, 'Choose at most 2.'],
    );
    assert.equal(problemOfChoices({ ...tags, minItems: undefined, required: true }, 0), 'Choose at least 1.');
  });

  it('refuse content that lacks what is required, or has what nobody asked for', () => {
    const form = readForm({
      properties: { env: { type: 'string', enum: ['a'], enumNames: ['Alpha'] }, n: { type: 'integer' } },
      required: ['env'],
    });
    assert.equal(problemOfContent(form, { env: 'a', n: 1 }), undefined);
    assert.match(problemOfContent(form, {}) ?? '', /env: A value is required/);
    assert.match(problemOfContent(form, { env: 'b' }) ?? '', /not one of the choices/);
    assert.match(problemOfContent(form, { env: 'a', n: '1' }) ?? '', /Enter a number/);
    assert.match(problemOfContent(form, { env: 'a', x: 1 }) ?? '', /no field “x”/);
    assert.match(problemOfContent(form, { toString: 'a' }) ?? '', /no field/);
    assert.ok('fields' in form);
    assert.equal(describeValue(form.fields[0]!, 'a'), 'Alpha');
  });
});
