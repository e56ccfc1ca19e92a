import * as l10n from '@vscode/l10n';
import type { ExitPlanModeRequestedEvent } from '@github/copilot-sdk';
import { isRecord, readArray, readRecord, readString, readText } from '../common/json';
import { sanitizeLine, sanitizeText } from '../common/sanitize';
import type { Form } from './form';
import { readForm } from './formSchema';
import { readPermission, type PermissionQuestion } from './permission';
import type { OpenQuestion } from '../activity/activity';

/** Longest text of a question that is retained to be shown, in UTF-16 units. */
export const MAX_QUESTION_TEXT = 50_000;
/** More choices than anybody would read. */
const MAX_CHOICES = 200;

export type PlanAction = ExitPlanModeRequestedEvent['data']['actions'][number];

/** All known actions. Others that a runtime offers could not be explained, so they are left out. */
export const PLAN_ACTIONS: readonly PlanAction[] = ['interactive', 'autopilot', 'autopilot_fleet', 'exit_only'];

export interface InputQuestion {
  readonly kind: 'input';
  /** Sanitised, may have several lines. */
  readonly text: string;
  /** As the agent wrote them, not sanitised: the answer has to be one of them to the letter. */
  readonly choices: readonly string[];
  /** Number of choices beyond the maximum, which are left out. */
  readonly hiddenChoices: number;
  readonly allowsFreeform: boolean;
}

export interface FormQuestion {
  readonly kind: 'elicitation';
  readonly text: string;
  /** The MCP server that asks; `undefined` if the agent itself does. */
  readonly source: string | undefined;
  readonly form: Form;
  /** A page to open instead of a form; `problem` if it is no web address. */
  readonly link: { readonly url: string } | { readonly problem: string } | undefined;
}

export interface PlanQuestion {
  readonly kind: 'plan';
  readonly text: string;
  /** The plan's Markdown as the agent wrote it, not sanitised. */
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

/** Something that the agent waits for and that cannot be answered from here. */
export interface OtherQuestion {
  readonly kind: 'other';
  readonly text: string;
  /** A page on which it can be done; opening it answers nothing here. */
  readonly link?: { readonly url: string };
}

export type Question =
  PermissionQuestion | InputQuestion | FormQuestion | PlanQuestion | AutoModeQuestion | LimitsQuestion | OtherQuestion;

/** Reads what is asked from the data of an event or the params of a request; either may be anything. */
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
      const server = optionalLine(data, 'serverName');
      return {
        kind: 'other',
        text:
          server === undefined
            ? l10n.t(
                'An MCP server requests a response from a language model. The agent waits until somebody allows it.',
              )
            : l10n.t(
                'The MCP server {0} requests a response from a language model. The agent waits until somebody allows it.',
                server,
              ),
      };
    }
    case 'tool': {
      const tool = optionalLine(data, 'toolName');
      return {
        kind: 'other',
        text:
          tool === undefined
            ? l10n.t('The agent waits for a tool of another client.')
            : l10n.t('The agent waits for the tool {0} of another client.', tool),
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
    text: text(data, 'question') ?? noText(),
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
    text: text(data, 'message') ?? noText(),
    source: optionalLine(data, 'elicitationSource'),
    form: isLink ? { fields: [] } : readForm(isRecord(data) ? data['requestedSchema'] : undefined),
    link: isLink ? readLink(readString(data, 'url')) : undefined,
  };
}

/** Offers only a page that is meant to be opened: the address of the server itself is no page for people. */
function readSignIn(data: unknown): OtherQuestion {
  const page = ['authorizationUrl', 'verificationUri', 'url'].map((key) => readText(data, key)).find(Boolean);
  const link = page === undefined ? undefined : readLink(page);
  return {
    kind: 'other',
    text: signInText(optionalLine(data, 'serverName'), optionalLine(data, 'serverUrl')),
    ...(link !== undefined && 'url' in link ? { link } : {}),
  };
}

function signInText(server: string | undefined, address: string | undefined): string {
  const name = server ?? address;
  if (name === undefined) {
    return l10n.t('An MCP server needs somebody to sign in. The agent waits for that.');
  }
  return server === undefined || address === undefined
    ? l10n.t('The MCP server {0} needs somebody to sign in. The agent waits for that.', name)
    : l10n.t('The MCP server {0} ({1}) needs somebody to sign in. The agent waits for that.', server, address);
}

function readLink(value: string | undefined): FormQuestion['link'] {
  const url = value !== undefined && value.length <= 4_000 && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return {
      problem:
        value === undefined
          ? l10n.t('The page to open has no address.')
          : l10n.t('The page to open is not a web address: {0}', sanitizeLine(value, 100)),
    };
  }
  return url.username === '' && url.password === ''
    ? { url: url.href }
    : { problem: l10n.t('The address of the page to open contains a user name or a password.') };
}

function readPlanQuestion(data: unknown): PlanQuestion {
  const offered = readArray(data, 'actions');
  const actions = PLAN_ACTIONS.filter((action) => offered.includes(action));
  const summary = text(data, 'summary');
  const plan = readText(data, 'planContent');
  const recommended = actions.find((action) => action === readString(data, 'recommendedAction'));
  return {
    kind: 'plan',
    text: summary ?? noText(),
    plan: plan ?? readText(data, 'summary') ?? '',
    actions,
    recommended,
  };
}

function noText(): string {
  return l10n.t({ message: '(no text)', comment: ['Stands for a question or a summary that an agent left empty'] });
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
