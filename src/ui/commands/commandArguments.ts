/**
 * The arguments that each command accepts from code. A person passes none, or those that VS Code adds (see `byHand`).
 * Anything else is rejected before the command does, asks or shows anything.
 */
import * as l10n from '@vscode/l10n';
import { parseArgument, type Taker } from '../../core/arguments/argumentSchema';
import { instance, list, object, oneOf, oneOfFolded, plainData, text } from '../../core/arguments/argumentTypes';
import { MAX_PROMPT } from '../../core/arguments/createOptions';
import { branchNameProblem } from '../../core/github/branchName';
import { parseRepositoryInput, REPOSITORY_FORMS } from '../../core/github/repositoryInput';
import { Command } from '../../manifest';
import { PLACES, type RowFilter } from '../rows/arrangement';
import { isViewNode } from '../rows/viewNodes';
import { SESSION_STATUSES } from '../../core/activity/activity';

/** Longer than any id in use (36 characters). */
const MAX_ID = 1_000;
const id = text({ max: MAX_ID });
const prompt = text({ max: MAX_PROMPT });

/* eslint-disable texts/localized -- TypeScript, the same in every language */
/** The form of each object argument, as errors show it. */
const TAKERS = {
  send: { name: Command.send, form: "{ sessionId, prompt, mode?: 'enqueue' | 'immediate' }" },
  compose: { name: Command.composePrompt, form: '{ sessionId, text? }' },
  export: { name: Command.exportTranscript, form: "{ sessionId, uri, format?: 'markdown' | 'jsonl' }" },
  search: { name: Command.searchTranscripts, form: '{ query }' },
  answer: { name: Command.answer, form: '{ sessionId, requestId, answer }' },
  createPullRequest: {
    name: Command.createPullRequest,
    form: '{ sessionId, title?, body?, base?, draft? }',
  },
  review: { name: Command.sendReview, form: '{ sessionId }' },
  apply: { name: Command.applyChanges, form: '{ sessionId }' },
  undoApply: { name: Command.undoApply, form: '{ sessionId }' },
  checkOut: { name: Command.checkOut, form: '{ sessionId, worktree?: boolean }' },
  fixChecks: { name: Command.fixChecks, form: '{ sessionId }' },
  filter: { name: Command.filter, form: '{ statuses?, repositories?, places? }' },
} satisfies Record<string, Taker>;
/* eslint-enable texts/localized */

/**
 * Whether a command is used by a person: without an argument, or from the title of the view, where VS Code passes the
 * focused row (measured in the sources of 1.139), which is not the command's subject.
 */
export function byHand(argument: unknown): boolean {
  // `undefined` may become `null` on its way from the window.
  return argument === undefined || argument === null || isViewNode(argument);
}

/** The argument of a command on one session. */
export type SessionArgument =
  | { readonly kind: 'none' }
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'row'; readonly key: string }
  /** From a key binding: the selected row of the view. */
  | { readonly kind: 'selected' };

const rowArgument = object({ required: { key: id }, optional: {} });
const selectedArgument = object({ required: { selected: instance('true', (value) => value === true) }, optional: {} });

/** @throws `invalid-argument` */
export function readSessionArgument(argument: unknown, name: string): SessionArgument {
  const taker = { name, nextStep: l10n.t('Pass the id of a session or a row of the view.') };
  if (argument === undefined || argument === null) {
    return { kind: 'none' };
  }
  if (typeof argument !== 'object') {
    return { kind: 'id', id: parseArgument(id, argument, taker) };
  }
  if (hasMember(argument, 'selected')) {
    parseArgument(selectedArgument, argument, taker);
    return { kind: 'selected' };
  }
  return { kind: 'row', key: parseArgument(rowArgument, argument, taker).key };
}

/**
 * Whether an argument is a {@link SessionArgument}, rather than an object with more members.
 * @throws `invalid-argument` if it is meant as one and is invalid
 */
export function namesSession(argument: unknown, name: string): boolean {
  const isOne =
    byHand(argument) || typeof argument === 'string' || hasMember(argument, 'key') || hasMember(argument, 'selected');
  if (isOne) {
    readSessionArgument(argument, name);
  }
  return isOne;
}

const sendArgument = object({
  required: { sessionId: id, prompt },
  optional: { mode: oneOf('enqueue', 'immediate') },
});

export function readSendArgument(argument: unknown) {
  return parseArgument(sendArgument, argument, TAKERS.send);
}

const composeArgument = object({
  required: { sessionId: id },
  optional: { text: text({ max: MAX_PROMPT, mayBeBlank: true }) },
});

/** The id of the session alone is accepted, too. */
export function readComposeArgument(argument: unknown) {
  return parseArgument(
    composeArgument,
    typeof argument === 'string' ? { sessionId: argument } : argument,
    TAKERS.compose,
  );
}

export function readExportArgument<Uri>(argument: unknown, isUri: (value: unknown) => value is Uri) {
  const schema = object({
    required: {
      sessionId: id,
      uri: instance((subject) => l10n.t('{0} must be the Uri of a file to write.', subject), isUri),
    },
    optional: { format: oneOf('markdown', 'jsonl') },
  });
  return parseArgument(schema, argument, TAKERS.export);
}

const createPullRequestArgument = object({
  required: { sessionId: id },
  optional: {
    // GitHub's own limits.
    title: text({ max: 256 }),
    body: text({ max: 65_536, mayBeBlank: true }),
    base: text({ max: 1_000, problem: branchNameProblem }),
    draft: instance(
      (subject) => l10n.t('{0} must be true or false.', subject),
      (value) => typeof value === 'boolean',
    ),
  },
});

/** The id of the session alone is accepted, too. */
export function readCreatePullRequestArgument(argument: unknown) {
  return parseArgument(
    createPullRequestArgument,
    typeof argument === 'string' ? { sessionId: argument } : argument,
    TAKERS.createPullRequest,
  );
}

const namedSession = object({ required: { sessionId: id }, optional: {} });

/** The id of the session alone is accepted, too. */
const readNamedSession = (argument: unknown, taker: Taker) =>
  parseArgument(namedSession, typeof argument === 'string' ? { sessionId: argument } : argument, taker);

export function readReviewArgument(argument: unknown) {
  return readNamedSession(argument, TAKERS.review);
}

export function readApplyArgument(argument: unknown) {
  return readNamedSession(argument, TAKERS.apply);
}

export function readUndoApplyArgument(argument: unknown) {
  return readNamedSession(argument, TAKERS.undoApply);
}

export function readFixChecksArgument(argument: unknown) {
  return readNamedSession(argument, TAKERS.fixChecks);
}

const checkOutArgument = object({
  required: { sessionId: id },
  optional: { worktree: instance('true | false', (value) => typeof value === 'boolean') },
});

/** The id of the session alone is accepted, too. */
export function readCheckOutArgument(argument: unknown) {
  return parseArgument(
    checkOutArgument,
    typeof argument === 'string' ? { sessionId: argument } : argument,
    TAKERS.checkOut,
  );
}

const searchArgument = object({ required: { query: text({ max: 10_000, mayBeBlank: true }) }, optional: {} });

export function readSearchArgument(argument: unknown) {
  return parseArgument(searchArgument, argument, TAKERS.search);
}

const answerArgument = object({ required: { sessionId: id, requestId: id, answer: plainData }, optional: {} });

/** The content of `answer` depends on the question and is checked there. */
export function readAnswerArgument(argument: unknown) {
  return parseArgument(answerArgument, argument, TAKERS.answer);
}

/** GitHub's names are case-insensitive; '' stands for no repository. */
const repository = text({
  max: 2_000,
  mayBeBlank: true,
  problem: (value) =>
    value.trim() === '' || parseRepositoryInput(value).repository !== undefined ? undefined : REPOSITORY_FORMS,
});
const filterArgument = object({
  required: {},
  optional: {
    statuses: list(oneOfFolded(...SESSION_STATUSES), 100),
    repositories: list(repository, 100),
    places: list(oneOfFolded(...PLACES), 10),
  },
});

export function readFilterArgument(argument: unknown): RowFilter {
  const { statuses = [], repositories = [], places = [] } = parseArgument(filterArgument, argument, TAKERS.filter);
  return { statuses, repositories: repositories.map(repositoryOf), places };
}

function repositoryOf(value: string): string {
  const { repository: named } = parseRepositoryInput(value);
  return named === undefined ? '' : `${named.owner}/${named.name}`.toLowerCase();
}

/** One of the given words, in any case. */
export function readWord<const Value extends string>(argument: unknown, name: string, values: readonly Value[]): Value {
  const words = values.map((value) => `'${value}'`).join(', ');
  const taker: Taker = { name, nextStep: l10n.t('Pass one of {0}.', words) };
  return parseArgument(oneOfFolded(...values), argument, taker);
}

/** `cloudSessions.diagnose`: any word requests the report without showing it. */
export function readDiagnoseArgument(argument: unknown): string {
  return parseArgument(text({ max: 100 }), argument, {
    name: Command.diagnose,
    nextStep: l10n.t("Pass nothing, or 'silently'."),
  });
}

/** A session's name from code; the runtime accepts 1 to 100 characters. */
export function readSessionName(name: unknown): string {
  const taker = { name: Command.rename, nextStep: l10n.t('Pass the id of a session, and its new name.') };
  return parseArgument(text({ max: 1_000 }), name, taker);
}

function hasMember(value: unknown, name: string): boolean {
  try {
    return typeof value === 'object' && value !== null && Object.hasOwn(value, name);
  } catch {
    return false;
  }
}
