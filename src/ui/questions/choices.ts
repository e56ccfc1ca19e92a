import type { Answer } from '../../core/questions/answer';
import type { PermissionQuestion } from '../../core/questions/permission';
import type {
  FormQuestion,
  InputQuestion,
  OtherQuestion,
  PlanAction,
  PlanQuestion,
  Question,
} from '../../core/questions/question';
import { sanitizeLine } from '../../core/common/sanitize';

/** What a click on a choice does; only `answer` answers by itself. */
export type Act =
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** Shows all that is known, and asks again beside it. */
  | { readonly kind: 'show' }
  | { readonly kind: 'text' | 'form' | 'web' }
  /** `answers`: having opened it is the answer. */
  | { readonly kind: 'page'; readonly url: string; readonly answers: boolean }
  /** Stops the agent, which waits for something that cannot be given here. */
  | { readonly kind: 'stop' }
  | { readonly kind: 'feedback'; readonly approved: boolean }
  | { readonly kind: 'credits'; readonly action: 'add' | 'set' };

export interface Choice {
  readonly title: string;
  readonly detail?: string;
  /** A codicon's id. */
  readonly icon: string;
  readonly act: Act;
  /** May stand under a notification, where only the question's first line is seen. */
  readonly isButton: boolean;
}

/** Buttons under one notification, beside "More…". */
const MAX_BUTTONS = 3;
/** Longest text of a button, and longest line of a question, in UTF-16 units. */
const MAX_BUTTON = 40;
const MAX_LINE = 300;

/** The question in one line, as a sentence. */
export function sentenceOf(question: Question): string {
  switch (question.kind) {
    case 'permission': {
      const { what, alerts, intention } = question;
      const why = intention === undefined ? '' : ` Why: ${intention.replace(/\.$/, '')}.`;
      return `The agent wants to ${what}${what.endsWith('.') ? '' : '.'}${why}${alerts.map((alert) => ` ${alert}.`).join('')}`;
    }
    case 'input':
      return `The agent asks: ${line(question.text)}`;
    case 'elicitation':
      return `${question.source ?? 'The agent'} needs to know: ${line(question.text)}`;
    case 'plan':
      return `The agent has made a plan: ${line(question.text)}`;
    case 'autoMode': {
      const { reason, retryAfterSeconds } = question;
      const why = reason === undefined ? '' : ` (${reason})`;
      const until = retryAfterSeconds === undefined ? '' : ` It can go on in ${retryAfterSeconds} s by itself.`;
      return `The agent’s model is not available now${why}. Switch to one that is chosen automatically?${until}`;
    }
    case 'limits': {
      const { usedCredits, maxCredits } = question;
      const used = usedCredits === undefined ? '' : ` ${usedCredits} are used`;
      const of = maxCredits === undefined ? '' : ` of ${maxCredits}`;
      return `The session has reached its limit of AI credits.${used}${used === '' ? '' : `${of}.`}`;
    }
    case 'other':
      return question.text;
  }
}

/** A short name of its kind, for lists. */
export const KIND_ICONS: Readonly<Record<Question['kind'], string>> = {
  permission: 'shield',
  input: 'question',
  elicitation: 'checklist',
  plan: 'list-ordered',
  autoMode: 'rocket',
  limits: 'dashboard',
  other: 'info',
};

/** All that can be done with a question. What allows something never comes first where the list has a focus. */
export function choicesOf(question: Question): readonly Choice[] {
  switch (question.kind) {
    case 'permission':
      return permissionChoices(question);
    case 'input':
      return inputChoices(question);
    case 'elicitation':
      return formChoices(question);
    case 'plan':
      return planChoices(question);
    case 'autoMode':
      return [
        choice('Switch', 'rocket', { kind: 'autoMode', response: 'yes' }),
        choice('Always Switch', 'rocket', { kind: 'autoMode', response: 'yes_always' }),
        choice('Do Not Switch', 'close', { kind: 'autoMode', response: 'no' }),
      ];
    case 'limits':
      return [
        { title: 'Add Credits…', icon: 'add', act: { kind: 'credits', action: 'add' }, isButton: true },
        { title: 'Set a New Limit…', icon: 'edit', act: { kind: 'credits', action: 'set' }, isButton: true },
        { ...choice('Remove the Limit', 'unlock', { kind: 'limits', action: 'unset' }), isButton: false },
        choice('Stop Here', 'close', { kind: 'limits', action: 'cancel' }),
      ];
    case 'other':
      return otherChoices(question);
  }
}

/** The buttons of its notification; "More…" follows them if `hasMore`. */
export function buttonsOf(choices: readonly Choice[]): {
  readonly buttons: readonly Choice[];
  readonly hasMore: boolean;
} {
  const buttons = choices.filter(({ isButton }) => isButton).slice(0, MAX_BUTTONS);
  return { buttons, hasMore: buttons.length < choices.length };
}

/** What was answered, for the log. */
export function describeAnswer(question: Question, answer: Answer): string {
  const comment = (feedback: string | undefined): string =>
    feedback === undefined || feedback === '' ? '' : ` You said: “${line(feedback)}”`;
  switch (answer.kind) {
    case 'permission': {
      const what = question.kind === 'permission' ? question.what : 'do it';
      return {
        once: `You allowed the agent to ${what}`,
        session: `You allowed the agent, for this session, to ${what}`,
        deny: `You did not allow the agent to ${what}`,
      }[answer.decision];
    }
    case 'input':
      return `You answered: ${line(answer.answer)}`;
    case 'elicitation':
      return { accept: 'You filled in the form.', decline: 'You declined.', cancel: 'You cancelled.' }[answer.action];
    case 'plan':
      return answer.approved
        ? `You approved of the plan: ${PLAN_WORDS[answer.action].title}.${comment(answer.feedback)}`
        : `You rejected the plan.${comment(answer.feedback)}`;
    case 'autoMode':
      return {
        yes: 'You switched the model.',
        yes_always: 'You let the model switch always.',
        no: 'You did not switch.',
      }[answer.response];
    case 'limits':
      return `You answered: ${answer.action} ${'credits' in answer ? answer.credits : ''}`.trim();
  }
}

export const PLAN_WORDS: Readonly<Record<PlanAction, { readonly title: string; readonly detail: string }>> = {
  interactive: {
    title: 'Go On, Asking',
    detail: 'The agent carries the plan out, and asks before what needs permission',
  },
  autopilot: { title: 'Go On by Itself', detail: 'The agent carries the plan out without asking' },
  autopilot_fleet: {
    title: 'Go On by Itself, with Several Agents',
    detail: 'Sub-agents carry the plan out without asking',
  },
  exit_only: { title: 'Keep the Plan Only', detail: 'The plan stands, and nothing is done yet' },
};

const web: Choice = { title: 'Open on the Web', icon: 'link-external', act: { kind: 'web' }, isButton: true };

function permissionChoices({ isWhole, change, offersSession }: PermissionQuestion): readonly Choice[] {
  const show: Choice = {
    title: change === undefined ? 'Review…' : 'Show Changes',
    icon: change === undefined ? 'open-preview' : 'diff',
    act: { kind: 'show' },
    isButton: true,
  };
  // Of what the line does not show in full, nobody is asked to allow it by the line alone; a file's name is enough.
  const isButton = isWhole || change !== undefined;
  return [
    ...(isWhole ? [] : [show]),
    { ...choice('Allow', 'check', { kind: 'permission', decision: 'once' }), isButton },
    ...(offersSession
      ? [
          {
            ...choice('Allow for This Session', 'check-all', { kind: 'permission', decision: 'session' }),
            isButton: isWhole,
          },
        ]
      : []),
    choice('Deny', 'circle-slash', { kind: 'permission', decision: 'deny' }),
  ];
}

function inputChoices({ text, choices, hiddenChoices, allowsFreeform }: InputQuestion): readonly Choice[] {
  const rows = choices.map((one): Choice => {
    const shown = sanitizeLine(one, MAX_LINE);
    const answer = { kind: 'input', answer: one, wasFreeform: false } as const;
    return { ...choice(shown === '' ? '(empty)' : shown, 'comment', answer), isButton: shown.length <= MAX_BUTTON };
  });
  const free: Choice = {
    title: rows.length === 0 ? 'Answer…' : 'Other Answer…',
    icon: 'edit',
    act: { kind: 'text' },
    isButton: rows.length === 0 || rows.length < MAX_BUTTONS,
  };
  const isLong = text.includes('\n') || text.length > MAX_LINE;
  const whole: Choice = {
    title: 'Show the Whole Question',
    icon: 'open-preview',
    act: { kind: 'show' },
    isButton: isLong,
  };
  return [
    ...(isLong ? [whole] : []),
    ...rows,
    ...(allowsFreeform ? [free] : []),
    ...(hiddenChoices > 0 ? [{ ...web, detail: `${hiddenChoices} more choices are there` }] : []),
  ];
}

function formChoices({ form, link }: FormQuestion): readonly Choice[] {
  const decline = choice('Decline', 'circle-slash', { kind: 'elicitation', action: 'decline' });
  const cancel = { ...choice('Cancel It', 'close', { kind: 'elicitation', action: 'cancel' }), isButton: false };
  if (link !== undefined) {
    const open = 'url' in link ? [pageChoice(link.url, true)] : [];
    return [...open, decline, cancel];
  }
  if ('problem' in form) {
    return [{ ...web, detail: form.problem }, decline, cancel];
  }
  const accept: Choice =
    form.fields.length === 0
      ? choice('Accept', 'check', { kind: 'elicitation', action: 'accept', content: {} })
      : { title: 'Fill In…', icon: 'checklist', act: { kind: 'form' }, isButton: true };
  return [accept, decline, cancel];
}

function otherChoices({ link }: OtherQuestion): readonly Choice[] {
  const title = 'Stop Agent';
  const detail = 'It cannot be answered from here';
  const stop: Choice = { title, detail, icon: 'debug-stop', act: { kind: 'stop' }, isButton: true };
  return [...(link === undefined ? [] : [pageChoice(link.url, false)]), web, stop];
}

function pageChoice(url: string, answers: boolean): Choice {
  const act = { kind: 'page', url, answers } as const;
  return { title: 'Open the Page…', detail: url, icon: 'link-external', act, isButton: true };
}

function planChoices({ actions, recommended }: PlanQuestion): readonly Choice[] {
  const approvals = actions.map((action): Choice => {
    const { title, detail } = PLAN_WORDS[action];
    const advice = action === recommended ? ' (the agent recommends it)' : '';
    return {
      ...choice(`Approve: ${title}`, 'check', { kind: 'plan', approved: true, action }),
      detail: `${detail}${advice}`,
      // A plan is approved of by somebody who was shown it.
      isButton: false,
    };
  });
  return [
    { title: 'Review Plan…', icon: 'open-preview', act: { kind: 'show' }, isButton: true },
    ...approvals,
    ...(actions.length === 0
      ? []
      : [
          {
            title: 'Approve with Changes…',
            icon: 'edit',
            act: { kind: 'feedback', approved: true },
            isButton: false,
          } as const,
        ]),
    { title: 'Reject…', icon: 'circle-slash', act: { kind: 'feedback', approved: false }, isButton: true },
  ];
}

function choice(title: string, icon: string, answer: Answer): Choice {
  return { title, icon, act: { kind: 'answer', answer }, isButton: true };
}

function line(text: string): string {
  return sanitizeLine(text, MAX_LINE);
}
