import * as l10n from '@vscode/l10n';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import { isRecord } from '../common/json';
import type { Answer } from './answer';
import type { FormValue } from './form';
import { PLAN_ACTIONS } from './question';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads an answer that code gives. There are no defaults: an answer that leaves out a part of its decision is refused.
 * @throws `invalid-argument`
 */
export function parseAnswer(value: Fields): Answer {
  const { kind } = value;
  const answer = typeof kind === 'string' && Object.hasOwn(READERS, kind) ? READERS[kind]?.(value) : undefined;
  if (answer === undefined) {
    throw new CloudSessionsError('invalid-argument', l10n.t('This is not a valid answer to a question.'), {
      nextStep: l10n.t('The README lists the valid answers.'),
    });
  }
  return answer;
}

const READERS: Readonly<Record<string, (value: Fields) => Answer | undefined>> = {
  permission: ({ decision }) =>
    decision === 'once' || decision === 'session' || decision === 'deny' ? { kind: 'permission', decision } : undefined,
  input: ({ answer, wasFreeform }) =>
    typeof answer === 'string' && typeof wasFreeform === 'boolean' ? { kind: 'input', answer, wasFreeform } : undefined,
  elicitation: ({ action, content }) => {
    if (action === 'decline' || action === 'cancel') {
      return { kind: 'elicitation', action };
    }
    // `problemOfAnswer` checks it field by field against the form.
    return action === 'accept' && isRecord(content)
      ? { kind: 'elicitation', action, content: content as Readonly<Record<string, FormValue>> }
      : undefined;
  },
  plan: ({ approved, action, feedback }) => {
    const way = PLAN_ACTIONS.find((one) => one === action);
    if (feedback !== undefined && typeof feedback !== 'string') {
      return undefined;
    }
    const more = feedback === undefined ? {} : { feedback };
    if (approved === false) {
      return { kind: 'plan', approved, ...more };
    }
    return approved === true && way !== undefined ? { kind: 'plan', approved, action: way, ...more } : undefined;
  },
  autoMode: ({ response }) =>
    response === 'yes' || response === 'yes_always' || response === 'no' ? { kind: 'autoMode', response } : undefined,
  limits: ({ action, credits }) => {
    if (action === 'unset' || action === 'cancel') {
      return { kind: 'limits', action };
    }
    return (action === 'add' || action === 'set') && typeof credits === 'number'
      ? { kind: 'limits', action, credits }
      : undefined;
  },
};
