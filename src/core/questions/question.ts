import type { ExitPlanModeRequestedEvent } from '@github/copilot-sdk';
import { isRecord, readArray, readRecord, readString, readText } from '../common/json';
import { sanitizeLine, sanitizeText } from '../common/sanitize';
import type { Form } from './form';
import { readForm } from './formSchema';
import { readPermission, type PermissionQuestion } from './permission';
import type { OpenQuestion } from '../activity/activity';

/** Longest text of a question that is kept to be shown, in UTF-16 units. */
export const MAX_QUESTION_TEXT = 50_000;
/** More choices than anybody reads. */
const MAX_CHOICES = 200;

export type PlanAction = ExitPlanModeRequestedEvent['data']['actions'][number];

/** All actions that are known: what a runtime offers beyond them cannot be explained, and is not offered. */
export const PLAN_ACTIONS: readonly PlanAction[] = ['interactive', 'autopilot', 'autopilot_fleet', 'exit_only'];

export interface InputQuestion {
  readonly kind: 'input';
  /** Sanitised, may have several lines. */
  readonly text: string;
  /** As the agent wrote them: the answer has to be one of them to the letter. Sanitise to show. */
  readonly choices: readonly string[];
  /** Choices that there is no room for. */
  readonly hiddenChoices: number;
  readonly allowsFreeform: boolean;
}

export interface FormQuestion {
  readonly kind: 'elicitation';
  readonly text: string;
  /** The MCP server that asks; without, the agent itself. */
  readonly source: string | undefined;
  readonly form: Form;
  /** A page that is to be opened, instead of a form; `problem` if it is no web address. */
  readonly link: { readonly url: string } | { readonly problem: string } | undefined;
}

export interface PlanQuestion {
  readonly kind: 'plan';
  readonly text: string;
  /** The plan's Markdown as the agent wrote it: hostile until it is made harmless. */
  readonly plan: string;
  readonly actions: readonly PlanAction[];
  readonly recommended: PlanAction | undefined;
}

export interface AutoModeQuestion {
  readonly kind: 'autoMode';
  readonly reason: string | undefined;
  readonly retryAfterSeconds: number | undefined;
}

export interface LimitsQuestion {
  readonly kind: 'limits';
  readonly usedCredits: number | undefined;
  readonly maxCredits: number | undefined;
}

/** Something that the agent waits for, and that cannot be answered from here. */
export interface OtherQuestion {
  readonly kind: 'other';
  readonly text: string;
  /** A page on which it can be done; it answers nothing here. */
  readonly link?: { readonly url: string };
}

export type Question =
  PermissionQuestion | InputQuestion | FormQuestion | PlanQuestion | AutoModeQuestion | LimitsQuestion | OtherQuestion;

/** What is asked, read from the data of an event, or from the params of a request: both may hold anything. */
export function readQuestion(kind: OpenQuestion['kind'], data: unknown): Question {
  switch (kind) {
    case 'permission':
      return readPermission(readRecord(data, 'permissionRequest'));
    case 'input':
      return readInputQuestion(data);
    case 'elicitation':
      return readFormQuestion(data);
    case 'plan':
      return readPlanQuestion(data);
    case 'autoMode':
      return {
        kind: 'autoMode',
        reason: optionalLine(data, 'errorCode'),
        retryAfterSeconds: readCount(data, 'retryAfterSeconds'),
      };
    case 'limits':
      return {
        kind: 'limits',
        usedCredits: readCount(data, 'usedAiCredits'),
        maxCredits: readCount(data, 'maxAiCredits'),
      };
    case 'oauth':
      return readSignIn(data);
    case 'sampling': {
      const server = optionalLine(data, 'serverName') ?? 'that it does not name';
      return {
        kind: 'other',
        text: `The MCP server ${server} asks for an answer of a language model, and the agent waits for somebody to allow it.`,
      };
    }
    case 'tool': {
      const tool = optionalLine(data, 'toolName');
      return {
        kind: 'other',
        text: `The agent waits for ${tool === undefined ? 'a tool' : `the tool ${tool}`} of another client.`,
      };
    }
  }
}

function readInputQuestion(data: unknown): InputQuestion {
  const all = readArray(data, 'choices').filter((choice): choice is string => typeof choice === 'string');
  const choices = all.slice(0, MAX_CHOICES);
  const freeform = isRecord(data) ? data['allowFreeform'] : undefined;
  return {
    kind: 'input',
    text: text(data, 'question') ?? 'The agent asks, and does not say what.',
    choices,
    hiddenChoices: all.length - choices.length,
    // Without choices there is no other way to answer; the protocol's default is to allow it.
    allowsFreeform: freeform !== false || choices.length === 0,
  };
}

function readFormQuestion(data: unknown): FormQuestion {
  const isLink = readString(data, 'mode') === 'url';
  return {
    kind: 'elicitation',
    text: text(data, 'message') ?? 'Some information is needed.',
    source: optionalLine(data, 'elicitationSource'),
    form: isLink ? { fields: [] } : readForm(isRecord(data) ? data['requestedSchema'] : undefined),
    link: isLink ? readLink(readString(data, 'url')) : undefined,
  };
}

/** The address of the server itself is no page for people; only one that is meant to be opened is offered. */
function readSignIn(data: unknown): OtherQuestion {
  const server = optionalLine(data, 'serverName') ?? 'that it does not name';
  const address = optionalLine(data, 'serverUrl');
  const page = ['authorizationUrl', 'verificationUri', 'url'].map((key) => readText(data, key)).find(Boolean);
  const link = page === undefined ? undefined : readLink(page);
  const where = address === undefined ? '' : ` (${address})`;
  return {
    kind: 'other',
    text: `The MCP server ${server}${where} needs somebody to sign in, and the agent waits for that.`,
    ...(link !== undefined && 'url' in link ? { link } : {}),
  };
}

function readLink(value: string | undefined): FormQuestion['link'] {
  const url = value !== undefined && value.length <= 4_000 && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return { problem: `The page that is to be opened is not a web address: ${sanitizeLine(value ?? 'none', 100)}` };
  }
  return url.username === '' && url.password === ''
    ? { url: url.href }
    : { problem: 'The page that is to be opened has a user name or a password in its address.' };
}

function readPlanQuestion(data: unknown): PlanQuestion {
  const offered = readArray(data, 'actions');
  const actions = PLAN_ACTIONS.filter((action) => offered.includes(action));
  const summary = text(data, 'summary');
  const plan = readText(data, 'planContent');
  const recommended = actions.find((action) => action === readString(data, 'recommendedAction'));
  return {
    kind: 'plan',
    text: summary ?? 'The agent has made a plan.',
    plan: plan ?? readText(data, 'summary') ?? '',
    actions,
    recommended,
  };
}

function text(data: unknown, key: string): string | undefined {
  const value = readText(data, key);
  return value === undefined ? undefined : sanitizeText(value.trim(), MAX_QUESTION_TEXT);
}

function optionalLine(data: unknown, key: string): string | undefined {
  const value = readText(data, key);
  return value === undefined ? undefined : sanitizeLine(value, 100);
}

function readCount(data: unknown, key: string): number | undefined {
  const value = isRecord(data) ? data[key] : undefined;
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
