import * as l10n from '@vscode/l10n';
import { asSentence } from '../../core/common/sentence';
import type { Answer } from '../../core/questions/answer';
import type { PlanAction, Question } from '../../core/questions/question';
import { sanitizeLine } from '../../core/common/sanitize';

/** Longest text of a question on one line, in UTF-16 units. */
export const MAX_LINE = 300;

/** The question on one line, in sentences. */
export function sentenceOf(question: Question): string {
  switch (question.kind) {
    case 'permission': {
      const { sentence, alerts, intention } = question;
      const why = intention === undefined ? [] : [l10n.t('Why: {0}', intention)];
      return [sentence, ...why, ...alerts].map(asSentence).join(' ');
    }
    case 'input':
      return l10n.t('The agent asks: {0}', line(question.text));
    case 'elicitation':
      return question.source === undefined
        ? l10n.t('The agent needs to know: {0}', line(question.text))
        : l10n.t({
            message: '{0} needs to know: {1}',
            args: [question.source, line(question.text)],
            comment: ['{0} is the name of an MCP server'],
          });
    case 'plan':
      return l10n.t('The agent has made a plan: {0}', line(question.text));
    case 'autoMode': {
      const { reason, retryAfterSeconds } = question;
      return [
        reason === undefined
          ? l10n.t('The agent’s model is not available now.')
          : l10n.t('The agent’s model is not available now ({0}).', reason),
        l10n.t('Switch to an automatically chosen model?'),
        ...(retryAfterSeconds === undefined
          ? []
          : [l10n.t('Otherwise, the agent can continue in {0} s.', retryAfterSeconds)]),
      ].join(' ');
    }
    case 'limits': {
      const { usedCredits, maxCredits } = question;
      if (usedCredits === undefined) {
        return l10n.t('The session has reached its limit of AI credits.');
      }
      return maxCredits === undefined
        ? l10n.t('The session has reached its limit of AI credits. Credits used: {0}.', usedCredits)
        : l10n.t('The session has reached its limit of AI credits. Credits used: {0} of {1}.', usedCredits, maxCredits);
    }
    case 'other':
      return question.text;
  }
}

/** What was answered, for the session's log. */
export function describeAnswer(question: Question, answer: Answer): string {
  const withFeedback = (text: string, feedback: string | undefined): string =>
    feedback === undefined || feedback === '' ? text : `${text} ${l10n.t('You said: “{0}”', line(feedback))}`;
  switch (answer.kind) {
    case 'permission': {
      const what = question.kind === 'permission' ? question.what : sentenceOf(question);
      return {
        once: l10n.t({
          message: 'You allowed: {0}',
          args: [what],
          comment: ['{0} is what the agent asked for, as in: run npm test'],
        }),
        session: l10n.t({
          message: 'You allowed for this session: {0}',
          args: [what],
          comment: ['{0} is what the agent asked for, as in: run npm test'],
        }),
        deny: l10n.t({
          message: 'You denied: {0}',
          args: [what],
          comment: ['{0} is what the agent asked for, as in: run npm test'],
        }),
      }[answer.decision];
    }
    case 'input':
      return l10n.t('You answered: {0}', line(answer.answer));
    case 'elicitation':
      return describeReply(answer);
    case 'plan':
      return answer.approved
        ? withFeedback(l10n.t('You approved the plan: {0}.', PLAN_TEXTS[answer.action].title), answer.feedback)
        : withFeedback(l10n.t('You rejected the plan.'), answer.feedback);
    case 'autoMode':
      return {
        yes: l10n.t('You switched the model.'),
        yes_always: l10n.t('You chose to always switch the model.'),
        no: l10n.t('You did not switch the model.'),
      }[answer.response];
    case 'limits':
      return describeLimits(answer);
  }
}

function describeReply(answer: Extract<Answer, { kind: 'elicitation' }>): string {
  switch (answer.action) {
    case 'accept':
      return Object.keys(answer.content).length === 0 ? l10n.t('You accepted.') : l10n.t('You filled in the form.');
    case 'decline':
      return l10n.t('You declined.');
    case 'cancel':
      return l10n.t('You cancelled the request.');
  }
}

function describeLimits(answer: Extract<Answer, { kind: 'limits' }>): string {
  switch (answer.action) {
    case 'add':
      return l10n.t('You added AI credits: {0}', answer.credits);
    case 'set':
      return l10n.t('You set the limit of AI credits: {0}', answer.credits);
    case 'unset':
      return l10n.t('You removed the limit of AI credits.');
    case 'cancel':
      return l10n.t('You kept the limit of AI credits.');
  }
}

/** What follows when a plan is approved. */
export const PLAN_TEXTS: Readonly<Record<PlanAction, { readonly title: string; readonly detail: string }>> = {
  interactive: {
    title: l10n.t('Implement and Ask for Permissions'),
    detail: l10n.t('The agent implements the plan, and asks when it needs a permission'),
  },
  autopilot: {
    title: l10n.t('Implement Without Asking'),
    detail: l10n.t('The agent implements the plan without asking'),
  },
  autopilot_fleet: {
    title: l10n.t('Implement with Several Agents Without Asking'),
    detail: l10n.t('Sub-agents implement the plan without asking'),
  },
  exit_only: {
    title: l10n.t('Keep the Plan Only'),
    detail: l10n.t('The plan is approved, and nothing is implemented yet'),
  },
};

export function approvalTitle(action: PlanAction): string {
  return l10n.t({
    message: 'Approve: {0}',
    args: [PLAN_TEXTS[action].title],
    comment: ['A button: approves a plan; {0} says what follows, as in "Keep the Plan Only"'],
  });
}

function line(text: string): string {
  return sanitizeLine(text, MAX_LINE);
}
