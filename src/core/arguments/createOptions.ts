/** What a cloud session is created with, as the API and as the command take it. */
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

/** Longest prompt that is taken, in characters: far more than a person writes, and far less than hurts the runtime. */
export const MAX_PROMPT = 1_000_000;
/** Longest name of a branch, in characters: GitHub takes no longer one. */
const MAX_BRANCH = 255;
/** Longest name of a model or an effort, in characters; those in use have 5 to 40. */
const MAX_WORD = 200;

const REPOSITORY_FORM = '{ owner, name, branch? }';

const repository = object({
  required: {
    owner: text({ max: 39, problem: ownerProblem }),
    name: text({ max: 100, problem: repositoryNameProblem }),
  },
  optional: { branch: text({ max: MAX_BRANCH, problem: branchNameProblem }) },
  needs: 'the repository of a cloud session needs an owner and a name.',
});

/** Which models and efforts there are only the agent knows. */
const word = text({ max: MAX_WORD, problem: wordProblem });
const work = { prompt: text({ max: MAX_PROMPT, mayBeBlank: true }), model: word, reasoningEffort: word };

const apiOptions = object({
  required: { cloud: object({ required: {}, optional: { repository } }) },
  optional: work,
  refused: notOfTheCloud('createCloudSession'),
});

const API_FORM =
  `{ cloud: { repository?: ${REPOSITORY_FORM} }, prompt?, model?, reasoningEffort? }` +
  ', or use createSession for a local session';
const COMMAND = 'cloudSessions.create';
const COMMAND_FORM = `{ repository?: ${REPOSITORY_FORM}, prompt?, model?, reasoningEffort? }`;

const commandArgument = object({
  required: {},
  optional: { repository, ...work },
  refused: {
    ...notOfTheCloud(COMMAND),
    cloud: {
      message: `${COMMAND} takes no \`cloud\`: that is the form of the API's createCloudSession.`,
      nextStep: `Pass its members themselves: ${COMMAND_FORM}.`,
    },
    ...Object.fromEntries(['mode', 'attempts', 'uncommitted'].map((name) => [name, notYet(name)])),
  },
});

/**
 * The options of `createCloudSession`, checked.
 * @throws `invalid-argument`
 */
export function readCreateOptions(options: unknown): CreateCloudSessionOptions {
  const taker = { name: 'createCloudSession', form: API_FORM };
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

/** What `session.create` does not bring to the agent: the session does. */
export function choicesOf({ cloud, model, reasoningEffort }: CreateCloudSessionOptions): Choices {
  const branch = cloud.repository?.branch;
  return {
    ...defined({ model, reasoningEffort, branch }),
  };
}

/** What only sessions on this machine have. */
function notOfTheCloud(taker: string): Readonly<Record<'sessionId' | 'provider', RefusedMember>> {
  const nextStep = 'Leave it out, or use createSession for a local session.';
  return {
    sessionId: { message: `${taker} takes no \`sessionId\`: the runtime chooses it.`, nextStep },
    provider: { message: `${taker} takes no \`provider\`: the cloud has its own models.`, nextStep },
  };
}

function notYet(name: string): RefusedMember {
  return {
    message: `${COMMAND} does not support \`${name}\` yet.`,
    nextStep: `Leave it out. ${COMMAND} takes ${COMMAND_FORM}.`,
  };
}

function wordProblem(word: string): string | undefined {
  return /[\p{Cc}\p{Zl}\p{Zp}]|^\s|\s$/u.test(word) ? 'It has control characters or white space around it.' : undefined;
}
