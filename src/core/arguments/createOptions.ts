/** Options of a new cloud session, as the API and as the command take them. */
import * as l10n from '@vscode/l10n';
import { defined } from '../common/defined';
import { parseArgument, type RefusedMember } from './argumentSchema';
import { object, text } from './argumentTypes';
import { branchNameProblem } from '../github/branchName';
import type { Choices } from './modelChoice';
import { ownerProblem, repositoryNameProblem } from '../github/repository';

export interface CloudRepository {
  readonly owner: string;
  readonly name: string;
  readonly branch?: string;
}

export interface CreateCloudSessionOptions {
  readonly cloud: { readonly repository?: CloudRepository };
  readonly prompt?: string;
  readonly model?: string;
  readonly reasoningEffort?: string;
}

/** Longest prompt, in characters: far more than a person writes, and far less than the runtime can take. */
export const MAX_PROMPT = 1_000_000;
/** Longest name of a branch, in characters: GitHub's limit. */
const MAX_BRANCH = 255;
/** Longest name of a model or a reasoning effort, in characters; those in use have 5 to 40. */
const MAX_WORD = 200;

// eslint-disable-next-line texts/localized -- code
const REPOSITORY_FORM = '{ owner, name, branch? }';

const repository = object({
  required: {
    owner: text({ max: 39, problem: ownerProblem }),
    name: text({ max: 100, problem: repositoryNameProblem }),
  },
  optional: { branch: text({ max: MAX_BRANCH, problem: branchNameProblem }) },
  needs: l10n.t('The repository of a cloud session needs an owner and a name.'),
});

/** The name of a model or a reasoning effort: only the agent knows which there are. */
const word = text({ max: MAX_WORD, problem: wordProblem });
const work = { prompt: text({ max: MAX_PROMPT, mayBeBlank: true }), model: word, reasoningEffort: word };

const apiOptions = object({
  required: { cloud: object({ required: {}, optional: { repository } }) },
  optional: work,
  refused: notOfTheCloud('createCloudSession'),
});

// eslint-disable-next-line texts/localized -- code
const API_FORM = `{ cloud: { repository?: ${REPOSITORY_FORM} }, prompt?, model?, reasoningEffort? }`;
const COMMAND = 'cloudSessions.create';
// eslint-disable-next-line texts/localized -- code
const COMMAND_FORM = `{ repository?: ${REPOSITORY_FORM}, prompt?, model?, reasoningEffort? }`;

const commandArgument = object({
  required: {},
  optional: { repository, ...work },
  refused: {
    ...notOfTheCloud(COMMAND),
    cloud: {
      message: l10n.t('{0} takes no `cloud`: that is the form of the API’s createCloudSession.', COMMAND),
      nextStep: l10n.t('Pass its members themselves: {0}.', COMMAND_FORM),
    },
    ...Object.fromEntries(['mode', 'attempts', 'uncommitted'].map((name) => [name, notYet(name)])),
  },
});

/**
 * The options of `createCloudSession`, checked.
 * @throws `invalid-argument`
 */
export function readCreateOptions(options: unknown): CreateCloudSessionOptions {
  const nextStep = l10n.t('Pass {0}, or use createSession for a local session.', API_FORM);
  const taker = { name: 'createCloudSession', nextStep };
  return parseArgument(apiOptions, options, taker);
}

/**
 * The argument of the command, checked, in the form of the API's options.
 * @throws `invalid-argument`
 */
export function readCreateArgument(argument: unknown): CreateCloudSessionOptions {
  const { repository: chosen, ...rest } = parseArgument(commandArgument, argument, {
    name: COMMAND,
    form: COMMAND_FORM,
  });
  return { ...rest, cloud: chosen === undefined ? {} : { repository: chosen } };
}

/** The options that `session.create` does not pass on to the agent, so that the session has to. */
export function choicesOf({ cloud, model, reasoningEffort }: CreateCloudSessionOptions): Choices {
  const branch = cloud.repository?.branch;
  return {
    ...defined({ model, reasoningEffort, branch }),
  };
}

/** Options of local sessions. */
function notOfTheCloud(taker: string): Readonly<Record<'sessionId' | 'provider', RefusedMember>> {
  const nextStep = l10n.t('Leave it out, or use createSession for a local session.');
  return {
    sessionId: { message: l10n.t('{0} takes no `sessionId`: the runtime chooses it.', taker), nextStep },
    provider: { message: l10n.t('{0} takes no `provider`: the cloud has its own models.', taker), nextStep },
  };
}

function notYet(name: string): RefusedMember {
  return {
    message: l10n.t('{0} does not support `{1}` yet.', COMMAND, name),
    nextStep: l10n.t('Leave it out. {0} takes {1}.', COMMAND, COMMAND_FORM),
  };
}

function wordProblem(word: string): string | undefined {
  return /[\p{Cc}\p{Zl}\p{Zp}]|^\s|\s$/u.test(word)
    ? l10n.t('It has control characters, or white space around it.')
    : undefined;
}
