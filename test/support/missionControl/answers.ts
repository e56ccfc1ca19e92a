import type { EventData } from './task';

/** The kinds of questions that an agent asks, with the shape of each answer. */
export interface Answers {
  readonly permission: { readonly approved: boolean; readonly scope: 'once' | 'session' };
  readonly input: { readonly answer: string; readonly wasFreeform: boolean };
  readonly form: {
    readonly action: 'accept' | 'decline' | 'cancel';
    readonly content: Readonly<Record<string, unknown>>;
  };
  readonly plan: {
    readonly approved: boolean;
    readonly selectedAction: EventData<'exit_plan_mode.requested'>['recommendedAction'] | undefined;
    readonly feedback: string | undefined;
  };
}

export type AnswerKind = keyof Answers;

/** An answer as it came over the wire, not yet matched to a question. */
export interface RawAnswer {
  readonly kind: AnswerKind;
  /** A `requestId`, or a permission's `toolCallId`. */
  readonly promptId: string;
  readonly content: Readonly<Record<string, unknown>>;
}

const STEER_KINDS: Readonly<Record<string, AnswerKind>> = {
  permission_response: 'permission',
  ask_user_response: 'input',
  elicitation_response: 'form',
  plan_approval_response: 'plan',
};

/** Runtimes before 1.0.85 answer everything by steering; later ones only permissions. */
export function answerOfSteer(type: string, content: string | undefined): RawAnswer | undefined {
  const kind = STEER_KINDS[type];
  const value = kind === undefined ? undefined : parseRecord(content);
  return kind === undefined || value === undefined
    ? undefined
    : { kind, promptId: text(value['promptId']), content: value };
}

const RPC_KINDS: Readonly<Record<string, readonly [kind: AnswerKind, key: string]>> = {
  'session.ui.handlePendingUserInput': ['input', 'response'],
  'session.ui.handlePendingElicitation': ['form', 'result'],
  'session.ui.handlePendingExitPlanMode': ['plan', 'response'],
};

export function answerOfRpc(method: string, params: Readonly<Record<string, unknown>>): RawAnswer | undefined {
  const [kind, key] = RPC_KINDS[method] ?? [];
  return kind === undefined || key === undefined
    ? undefined
    : { kind, promptId: text(params['requestId']), content: record(params[key]) ?? {} };
}

/**
 * Reads an answer of the given kind. Missing values are read as the more careful choice: nothing is approved by
 * default.
 */
export function parseAnswer<Kind extends AnswerKind>(
  kind: Kind,
  content: Readonly<Record<string, unknown>>,
): Answers[Kind] {
  const readers: { readonly [Each in AnswerKind]: () => Answers[Each] } = {
    permission: () => ({
      approved: content['approved'] === true,
      scope: content['scope'] === 'session' ? 'session' : 'once',
    }),
    input: () => ({ answer: text(content['answer']), wasFreeform: content['wasFreeform'] === true }),
    form: () => ({
      action: content['action'] === 'accept' || content['action'] === 'decline' ? content['action'] : 'cancel',
      content: record(content['content']) ?? {},
    }),
    plan: () => ({
      approved: content['approved'] === true,
      selectedAction: text(content['selectedAction']) as Answers['plan']['selectedAction'],
      feedback: typeof content['feedback'] === 'string' ? content['feedback'] : undefined,
    }),
  };
  return readers[kind]();
}

function parseRecord(json: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    return record(JSON.parse(json ?? ''));
  } catch {
    return undefined;
  }
}

export function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
