/**
 * What each command takes from code. A person's use passes nothing, or what VS Code adds by itself (see `byHand`). What
 * is neither is refused, before the command does, asks or shows anything.
 */
import { parseArgument, type Taker } from '../../core/arguments/argumentSchema';
import { instance, list, object, oneOf, oneOfFolded, plainData, text } from '../../core/arguments/argumentTypes';
import { MAX_PROMPT } from '../../core/arguments/createOptions';
import { parseRepositoryInput, REPOSITORY_FORMS } from '../../core/github/repositoryInput';
import { Command } from '../../manifest';
import { PLACES, type RowFilter } from '../rows/arrangement';
import { isViewNode } from '../rows/treeModel';
import { SESSION_STATUSES } from '../../core/activity/activity';

/** Longer than any id in use (36 characters). */
const MAX_ID = 1_000;
const id = text({ max: MAX_ID });
const prompt = text({ max: MAX_PROMPT });

/**
 * Whether a command is used by a person: without an argument, or from the title of the view, where VS Code passes the
 * row that has the focus (measured in the sources of 1.139), which is not what the command is about.
 */
export function byHand(argument: unknown): boolean {
  // On the way from the window, `undefined` may become `null`.
  return argument === undefined || argument === null || isViewNode(argument);
}

/** What a command on one session can be given. */
export type SessionArgument =
  | { readonly kind: 'none' }
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'row'; readonly key: string }
  /** By a key binding: the row that is selected in the view. */
  | { readonly kind: 'selected' };

const rowArgument = object({ required: { key: id }, optional: {} });
const selectedArgument = object({ required: { selected: instance('true', (value) => value === true) }, optional: {} });

/** @throws `invalid-argument` */
export function readSessionArgument(argument: unknown, name: string): SessionArgument {
  const taker = { name, form: 'the id of a session or a row of the view' };
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
 * Whether an argument is one of those, and not an object that says more.
 * @throws `invalid-argument` for what is meant as one and is none
 */
export function namesSession(argument: unknown, name: string): boolean {
  const isOne =
    byHand(argument) || typeof argument === 'string' || hasMember(argument, 'key') || hasMember(argument, 'selected');
  if (isOne) {
    readSessionArgument(argument, name);
  }
  return isOne;
}

const sendTaker = { name: Command.send, form: "{ sessionId, prompt, mode?: 'enqueue' | 'immediate' }" };
const sendArgument = object({
  required: { sessionId: id, prompt },
  optional: { mode: oneOf('enqueue', 'immediate') },
});

export function readSendArgument(argument: unknown) {
  return parseArgument(sendArgument, argument, sendTaker);
}

const composeTaker = { name: Command.composePrompt, form: '{ sessionId, text? }' };
const composeArgument = object({
  required: { sessionId: id },
  optional: { text: text({ max: MAX_PROMPT, mayBeBlank: true }) },
});

/** The id alone will do. */
export function readComposeArgument(argument: unknown) {
  return parseArgument(
    composeArgument,
    typeof argument === 'string' ? { sessionId: argument } : argument,
    composeTaker,
  );
}

const exportTaker = { name: Command.exportTranscript, form: "{ sessionId, uri, format?: 'markdown' | 'jsonl' }" };

export function readExportArgument<Uri>(argument: unknown, isUri: (value: unknown) => value is Uri) {
  const schema = object({
    required: { sessionId: id, uri: instance('the Uri of a file to write', isUri) },
    optional: { format: oneOf('markdown', 'jsonl') },
  });
  return parseArgument(schema, argument, exportTaker);
}

const searchArgument = object({ required: { query: text({ max: 10_000, mayBeBlank: true }) }, optional: {} });

export function readSearchArgument(argument: unknown) {
  return parseArgument(searchArgument, argument, { name: Command.searchTranscripts, form: '{ query }' });
}

const answerTaker = { name: Command.answer, form: '{ sessionId, requestId, answer }' };
const answerArgument = object({ required: { sessionId: id, requestId: id, answer: plainData }, optional: {} });

/** What `answer` has to hold depends on the question. */
export function readAnswerArgument(argument: unknown) {
  return parseArgument(answerArgument, argument, answerTaker);
}

/** GitHub tells names apart regardless of their case; '' stands for no repository. */
const repository = text({
  max: 2_000,
  mayBeBlank: true,
  problem: (value) =>
    value.trim() === '' || parseRepositoryInput(value).repository !== undefined ? undefined : REPOSITORY_FORMS,
});
const filterTaker = { name: Command.filter, form: '{ statuses?, repositories?, places? }' };
const filterArgument = object({
  required: {},
  optional: {
    statuses: list(oneOfFolded(...SESSION_STATUSES), 100),
    repositories: list(repository, 100),
    places: list(oneOfFolded(...PLACES), 10),
  },
});

export function readFilterArgument(argument: unknown): RowFilter {
  const { statuses = [], repositories = [], places = [] } = parseArgument(filterArgument, argument, filterTaker);
  return { statuses, repositories: repositories.map(repositoryOf), places };
}

function repositoryOf(value: string): string {
  const { repository: named } = parseRepositoryInput(value);
  return named === undefined ? '' : `${named.owner}/${named.name}`.toLowerCase();
}

/** One of some words, in any case. */
export function readWord<const Value extends string>(argument: unknown, name: string, values: readonly Value[]): Value {
  const taker: Taker = { name, form: values.map((value) => `'${value}'`).join(' or ') };
  return parseArgument(oneOfFolded(...values), argument, taker);
}

/** `cloudSessions.diagnose`: any word asks for the report alone. */
export function readDiagnoseArgument(argument: unknown): string {
  return parseArgument(text({ max: 100 }), argument, { name: Command.diagnose, form: "nothing, or 'silently'" });
}

const renameTaker = { name: Command.rename, form: 'the id of a session, and its new name' };

/** The name that code gives; the runtime takes 1 to 100 characters. */
export function readSessionName(name: unknown): string {
  return parseArgument(text({ max: 1_000 }), name, renameTaker);
}

function hasMember(value: unknown, name: string): boolean {
  try {
    return typeof value === 'object' && value !== null && Object.hasOwn(value, name);
  } catch {
    return false;
  }
}
