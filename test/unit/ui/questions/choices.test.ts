import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isRecord } from '../../../../src/core/common/json';
import { problemOfAnswer } from '../../../../src/core/questions/answer';
import { readQuestion } from '../../../../src/core/questions/question';
import { parseAnswer } from '../../../../src/core/questions/parseAnswer';
import { plainLabel, plainMessage } from '../../../../src/ui/common/plainMessage';
import { buttonsOf, choicesOf } from '../../../../src/ui/questions/choices';
import { describeAnswer, sentenceOf } from '../../../../src/ui/questions/questionTexts';

const permission = (request: object) => readQuestion('permission', { permissionRequest: request });
const titles = (question: ReturnType<typeof readQuestion>): readonly string[] =>
  choicesOf(question).map(({ title }) => title);
const buttons = (question: ReturnType<typeof readQuestion>): readonly string[] => {
  const shown = buttonsOf(choicesOf(question));
  return [...shown.buttons.map(({ title }) => title), ...(shown.hasMore ? ['More…'] : [])];
};

describe('the choices of a question', () => {
  it('of a permission: once, for the session only where that is offered, or not', () => {
    const shell = { kind: 'shell', fullCommandText: 'npm test' };
    assert.deepEqual(buttons(permission(shell)), ['Allow', 'Deny']);
    assert.deepEqual(buttons(permission({ ...shell, canOfferSessionApproval: true })), [
      'Allow',
      'Allow for This Session',
      'Deny',
    ]);
  });

  it('of a permission that one line does not show in full: nothing that allows it stands under that line', () => {
    const question = permission({ kind: 'shell', fullCommandText: 'echo\nrm -rf /', canOfferSessionApproval: true });
    assert.deepEqual(buttons(question), ['Review…', 'Deny', 'More…']);
    assert.deepEqual(
      buttons(permission({ kind: 'write', fileName: 'a.ts', diff: 'x', canOfferSessionApproval: true })),
      ['Show Changes', 'Allow', 'Deny', 'More…'],
    );
  });

  it('of a plan: no button approves of it, and only what was offered is there', () => {
    const plan = readQuestion('plan', { summary: 'S', planContent: 'P', actions: ['autopilot'] });
    assert.deepEqual(buttons(plan), ['Review Plan…', 'Reject…', 'More…']);
    assert.deepEqual(titles(plan), [
      'Review Plan…',
      'Approve: Implement Without Asking',
      'Approve with Changes…',
      'Reject…',
    ]);
    assert.deepEqual(titles(readQuestion('plan', { summary: 'S', actions: [] })), ['Review Plan…', 'Reject…']);
  });

  it('of a question: its choices, and any other answer only where that is allowed', () => {
    const input = (choices: readonly string[], allowFreeform: boolean) =>
      readQuestion('input', { question: 'Which?', choices, allowFreeform });
    assert.deepEqual(titles(input(['a', 'b'], false)), ['a', 'b']);
    assert.deepEqual(titles(input(['a', 'b'], true)), ['a', 'b', 'Other Answer…']);
    assert.deepEqual(titles(input([], false)), ['Answer…']);
    assert.deepEqual(buttons(input(['a', 'b', 'c', 'd'], true)), ['a', 'b', 'c', 'More…']);
    assert.deepEqual(buttons(input(['x'.repeat(41)], false)), ['More…']);
  });

  it('of a form that cannot be filled in here: not to accept it', () => {
    const form = readQuestion('elicitation', { message: 'm', requestedSchema: { properties: { a: {} } } });
    assert.deepEqual(titles(form), ['Open on the Web', 'Decline', 'Cancel Request']);
  });

  it('are at most three buttons, answer what they are about, and are described, whatever is asked', () => {
    const kinds = ['permission', 'input', 'elicitation', 'plan', 'autoMode', 'limits', 'tool'] as const;
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.jsonValue(), fc.jsonValue(), (kind, data, request) => {
        const whole = isRecord(data) ? { ...data, permissionRequest: request } : data;
        const question = readQuestion(kind, whole);
        assert.doesNotMatch(sentenceOf(question), /\n/);
        assert.ok(buttonsOf(choicesOf(question)).buttons.length <= 3);
        for (const { act } of choicesOf(question)) {
          if (act.kind === 'answer') {
            assert.equal(problemOfAnswer(question, act.answer), undefined);
            assert.notEqual(describeAnswer(question, act.answer), '');
            assert.deepEqual(parseAnswer({ ...act.answer }), act.answer);
          }
        }
      }),
    );
  });
});

describe('an answer that code gives', () => {
  it('says itself all that it decides, or is refused', () => {
    for (const answer of [
      {},
      { kind: 'permission' },
      { kind: 'permission', decision: 'approve' },
      { kind: 'permission', decision: true },
      { kind: 'plan', approved: true },
      { kind: 'plan', approved: 'yes', action: 'interactive' },
      { kind: 'elicitation', action: 'accept' },
      { kind: 'input', answer: 'a' },
      { kind: 'toString' },
    ]) {
      assert.throws(() => parseAnswer(answer), { code: 'invalid-argument' }, JSON.stringify(answer));
    }
  });
});

describe('text from outside', () => {
  it('makes no link in a notification, and no icon in a label', () => {
    assert.equal(plainMessage('[Allow](command:evil)'), '[Allow] (command:evil)');
    assert.equal(plainLabel('$(check) $(rm -rf) $(sync~spin)'), '\\$(check) $(rm -rf) \\$(sync~spin)');
  });
});
