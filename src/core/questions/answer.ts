import * as l10n from '@vscode/l10n';
import { defined } from '../common/defined';
import { Rpc, type RpcMethod } from '../rpc/methods';
import { problemOfContent, type FormValue } from './form';
import type { PlanAction, Question } from './question';

/** Longest text that is sent as an answer, in characters. */
const MAX_TEXT = 100_000;

/** An answer. Only a person's choice, or code that another extension runs, makes one. */
export type Answer =
  | { readonly kind: 'permission'; readonly decision: 'once' | 'session' | 'deny' }
  | { readonly kind: 'input'; readonly answer: string; readonly wasFreeform: boolean }
  | { readonly kind: 'elicitation'; readonly action: 'decline' | 'cancel' }
  | {
      readonly kind: 'elicitation';
      readonly action: 'accept';
      readonly content: Readonly<Record<string, FormValue>>;
    }
  | { readonly kind: 'plan'; readonly approved: true; readonly action: PlanAction; readonly feedback?: string }
  | { readonly kind: 'plan'; readonly approved: false; readonly feedback?: string }
  | { readonly kind: 'autoMode'; readonly response: 'yes' | 'yes_always' | 'no' }
  | { readonly kind: 'limits'; readonly action: 'add' | 'set'; readonly credits: number }
  | { readonly kind: 'limits'; readonly action: 'unset' | 'cancel' };

/** Makes a call on the session that asks. */
export type Call = <Params extends object, Result>(
  method: RpcMethod<Params, Result>,
  params: Params,
) => Promise<Result>;

/** @returns why this cannot answer that question: it is of another kind, or was not offered */
export function problemOfAnswer(question: Question, answer: Answer): string | undefined {
  if (question.kind !== answer.kind) {
    return l10n.t('The answer is for another kind of question.');
  }
  if (question.kind === 'permission' && answer.kind === 'permission') {
    return answer.decision === 'session' && !question.offersSession
      ? l10n.t('Permission for the whole session is not offered.')
      : undefined;
  }
  if (question.kind === 'input' && answer.kind === 'input') {
    if (answer.answer.length > MAX_TEXT) {
      return l10n.t('The answer is longer than {0} characters.', MAX_TEXT);
    }
    const isAllowed = answer.wasFreeform ? question.allowsFreeform : question.choices.includes(answer.answer);
    return isAllowed ? undefined : l10n.t('The answer is not one of the choices.');
  }
  if (question.kind === 'elicitation' && answer.kind === 'elicitation' && answer.action === 'accept') {
    return question.link !== undefined && 'problem' in question.link
      ? question.link.problem
      : problemOfContent(question.form, answer.content);
  }
  if (question.kind === 'plan' && answer.kind === 'plan') {
    if ((answer.feedback?.length ?? 0) > MAX_TEXT) {
      return l10n.t('The feedback is longer than {0} characters.', MAX_TEXT);
    }
    return answer.approved && !question.actions.includes(answer.action)
      ? l10n.t('The plan does not offer this action.')
      : undefined;
  }
  if (answer.kind === 'limits' && (answer.action === 'add' || answer.action === 'set')) {
    return Number.isFinite(answer.credits) && answer.credits > 0
      ? undefined
      : l10n.t('The number of credits must be greater than 0.');
  }
  return undefined;
}

/**
 * Sends the answer to a question that came as an event.
 * @returns `false` if the runtime or the service does not have the question, or no longer has it
 */
export function sendAnswer(call: Call, sessionId: string, requestId: string, answer: Answer): Promise<boolean> {
  const to = { sessionId, requestId };
  switch (answer.kind) {
    case 'permission':
      return call(Rpc.answerPermission, { ...to, result: { kind: DECISIONS[answer.decision] } });
    case 'input':
      return call(Rpc.answerUserInput, { ...to, response: resultOf(answer) });
    case 'elicitation':
      return call(Rpc.answerElicitation, {
        ...to,
        result: {
          action: answer.action,
          ...(answer.action === 'accept' ? { content: mutable(answer.content) } : {}),
        },
      });
    case 'plan':
      return call(Rpc.answerPlan, { ...to, response: planResult(answer) });
    case 'autoMode':
      return call(Rpc.answerAutoModeSwitch, { ...to, response: answer.response });
    case 'limits':
      return call(Rpc.answerLimits, {
        ...to,
        response: {
          action: answer.action,
          ...(answer.action === 'add' ? { additionalAiCredits: answer.credits } : {}),
          ...(answer.action === 'set' ? { maxAiCredits: answer.credits } : {}),
        },
      });
  }
}

/** The answer to a question that came as a request, in the form of that request's result. */
export function resultOfRequest(answer: Answer): unknown {
  switch (answer.kind) {
    case 'input':
      return resultOf(answer);
    case 'plan':
      return planResult(answer);
    case 'autoMode':
      return { response: answer.response };
    default:
      return undefined;
  }
}

/** Measured: a cloud session passes on whether this allows, and whether for the session; it passes on no reason. */
const DECISIONS = { once: 'approve-once', session: 'approve-for-session', deny: 'reject' } as const;

function resultOf({ answer, wasFreeform }: Extract<Answer, { kind: 'input' }>) {
  return { answer, wasFreeform };
}

function planResult(answer: Extract<Answer, { kind: 'plan' }>) {
  return {
    approved: answer.approved,
    ...(answer.approved ? { selectedAction: answer.action } : {}),
    ...defined({ feedback: answer.feedback }),
  };
}

function mutable(content: Readonly<Record<string, FormValue>>): Record<string, string | number | boolean | string[]> {
  return Object.fromEntries(
    Object.entries(content).map(([name, value]) => [name, typeof value === 'object' ? [...value] : value]),
  );
}
