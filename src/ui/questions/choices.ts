import * as l10n from '@vscode/l10n';
import type { Answer } from '../../core/questions/answer';
import type { PermissionQuestion } from '../../core/questions/permission';
import type { FormQuestion, InputQuestion, OtherQuestion, PlanQuestion, Question } from '../../core/questions/question';
import { defined } from '../../core/common/defined';
import { sanitizeLine } from '../../core/common/sanitize';
import { approvalTitle, MAX_LINE, PLAN_TEXTS } from './questionTexts';

/** What choosing a choice does; only `answer` answers at once. */
export type Act =
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** Shows all that is known in an editor, and asks again beside it. */
  | { readonly kind: 'show' }
  | { readonly kind: 'text' | 'form' | 'web' }
  /** `answers`: opening the page is the answer. */
  | { readonly kind: 'page'; readonly url: string; readonly answers: boolean }
  /** Stops the agent, which waits for something that cannot be answered here. */
  | { readonly kind: 'stop' }
  | { readonly kind: 'feedback'; readonly approved: boolean }
  | { readonly kind: 'credits'; readonly action: 'add' | 'set' };

export interface Choice {
  readonly title: string;
  readonly detail?: string;
  /** A codicon's id. */
  readonly icon: string;
  readonly act: Act;
  /** Whether it may be a button of a notification, which shows the question on one line only. */
  readonly isButton: boolean;
}

/** Most buttons of one notification, beside "More…". */
const MAX_BUTTONS = 3;
/** Longest text of a button, in UTF-16 units. */
const MAX_BUTTON = 40;

/** The codicon of each kind, for lists. */
export const KIND_ICONS: Readonly<Record<Question['kind'], string>> = {
  permission: 'shield',
  input: 'question',
  elicitation: 'checklist',
  plan: 'list-ordered',
  autoMode: 'rocket',
  limits: 'dashboard',
  other: 'info',
};

/** All that can be done with a question. What allows something never has the focus of the list. */
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
        choice(l10n.t({ message: 'Switch', comment: ['A button: switch to another model'] }), 'rocket', {
          kind: 'autoMode',
          response: 'yes',
        }),
        choice(l10n.t('Always Switch'), 'rocket', { kind: 'autoMode', response: 'yes_always' }),
        choice(l10n.t('Do Not Switch'), 'close', { kind: 'autoMode', response: 'no' }),
      ];
    case 'limits':
      return [
        { title: l10n.t('Add Credits…'), icon: 'add', act: { kind: 'credits', action: 'add' }, isButton: true },
        { title: l10n.t('Set a New Limit…'), icon: 'edit', act: { kind: 'credits', action: 'set' }, isButton: true },
        { ...choice(l10n.t('Remove the Limit'), 'unlock', { kind: 'limits', action: 'unset' }), isButton: false },
        choice(
          l10n.t({ message: 'Stop Here', comment: ['A button: the agent stops, since it has reached a limit'] }),
          'close',
          { kind: 'limits', action: 'cancel' },
        ),
      ];
    case 'other':
      return otherChoices(question);
  }
}

/** The buttons of the notification; "More…" follows them if `hasMore`. */
export function buttonsOf(choices: readonly Choice[]): {
  readonly buttons: readonly Choice[];
  readonly hasMore: boolean;
} {
  const buttons = choices.filter(({ isButton }) => isButton).slice(0, MAX_BUTTONS);
  return { buttons, hasMore: buttons.length < choices.length };
}

function web(detail?: string): Choice {
  return {
    title: l10n.t('Open on the Web'),
    ...defined({ detail }),
    icon: 'link-external',
    act: { kind: 'web' },
    isButton: true,
  };
}

function permissionChoices({ isWhole, change, offersSession }: PermissionQuestion): readonly Choice[] {
  const show: Choice = {
    title: change === undefined ? l10n.t('Review…') : l10n.t('Show Changes'),
    icon: change === undefined ? 'open-preview' : 'diff',
    act: { kind: 'show' },
    isButton: true,
  };
  // A button allows only what the notification shows in full; of a file to be written, its name is enough.
  const isButton = isWhole || change !== undefined;
  return [
    ...(isWhole ? [] : [show]),
    { ...choice(l10n.t('Allow'), 'check', { kind: 'permission', decision: 'once' }), isButton },
    ...(offersSession
      ? [
          {
            ...choice(l10n.t('Allow for This Session'), 'check-all', { kind: 'permission', decision: 'session' }),
            isButton: isWhole,
          },
        ]
      : []),
    choice(l10n.t('Deny'), 'circle-slash', { kind: 'permission', decision: 'deny' }),
  ];
}

function inputChoices({ text, choices, hiddenChoices, allowsFreeform }: InputQuestion): readonly Choice[] {
  const rows = choices.map((one): Choice => {
    const shown = sanitizeLine(one, MAX_LINE);
    const answer = { kind: 'input', answer: one, wasFreeform: false } as const;
    return {
      ...choice(shown === '' ? l10n.t('(empty)') : shown, 'comment', answer),
      isButton: shown.length <= MAX_BUTTON,
    };
  });
  const free: Choice = {
    title: rows.length === 0 ? l10n.t('Answer…') : l10n.t('Other Answer…'),
    icon: 'edit',
    act: { kind: 'text' },
    isButton: rows.length === 0 || rows.length < MAX_BUTTONS,
  };
  const isLong = text.includes('\n') || text.length > MAX_LINE;
  const whole: Choice = {
    title: l10n.t('Show Full Question'),
    icon: 'open-preview',
    act: { kind: 'show' },
    isButton: isLong,
  };
  return [
    ...(isLong ? [whole] : []),
    ...rows,
    ...(allowsFreeform ? [free] : []),
    ...(hiddenChoices > 0 ? [web(moreChoices(hiddenChoices))] : []),
  ];
}

function moreChoices(count: number): string {
  return count === 1 ? l10n.t('1 more choice is on the web') : l10n.t('{0} more choices are on the web', count);
}

function formChoices({ form, link }: FormQuestion): readonly Choice[] {
  const decline = choice(l10n.t('Decline'), 'circle-slash', { kind: 'elicitation', action: 'decline' });
  const cancel = {
    ...choice(l10n.t('Cancel Request'), 'close', { kind: 'elicitation', action: 'cancel' }),
    isButton: false,
  };
  if (link !== undefined) {
    const open = 'url' in link ? [pageChoice(link.url, true)] : [];
    return [...open, decline, cancel];
  }
  if ('problem' in form) {
    return [web(form.problem), decline, cancel];
  }
  const accept: Choice =
    form.fields.length === 0
      ? choice(l10n.t({ message: 'Accept', comment: ['A button: accept what an MCP server asks for'] }), 'check', {
          kind: 'elicitation',
          action: 'accept',
          content: {},
        })
      : { title: l10n.t('Fill In…'), icon: 'checklist', act: { kind: 'form' }, isButton: true };
  return [accept, decline, cancel];
}

function otherChoices({ link }: OtherQuestion): readonly Choice[] {
  const title = l10n.t('Stop Agent');
  const detail = l10n.t('This cannot be answered in VS Code');
  const stop: Choice = { title, detail, icon: 'debug-stop', act: { kind: 'stop' }, isButton: true };
  return [...(link === undefined ? [] : [pageChoice(link.url, false)]), web(), stop];
}

function pageChoice(url: string, answers: boolean): Choice {
  const act = { kind: 'page', url, answers } as const;
  return { title: l10n.t('Open Page…'), detail: url, icon: 'link-external', act, isButton: true };
}

function planChoices({ actions, recommended }: PlanQuestion): readonly Choice[] {
  const approvals = actions.map((action): Choice => {
    const { detail } = PLAN_TEXTS[action];
    return {
      ...choice(approvalTitle(action), 'check', { kind: 'plan', approved: true, action }),
      detail: action === recommended ? l10n.t('{0} (recommended by the agent)', detail) : detail,
      // Nobody approves a plan without having been shown it.
      isButton: false,
    };
  });
  return [
    { title: l10n.t('Review Plan…'), icon: 'open-preview', act: { kind: 'show' }, isButton: true },
    ...approvals,
    ...(actions.length === 0
      ? []
      : [
          {
            title: l10n.t('Approve with Changes…'),
            icon: 'edit',
            act: { kind: 'feedback', approved: true },
            isButton: false,
          } as const,
        ]),
    { title: l10n.t('Reject…'), icon: 'circle-slash', act: { kind: 'feedback', approved: false }, isButton: true },
  ];
}

function choice(title: string, icon: string, answer: Answer): Choice {
  return { title, icon, act: { kind: 'answer', answer }, isButton: true };
}
