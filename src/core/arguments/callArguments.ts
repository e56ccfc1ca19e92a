/** Arguments of the API's calls; the options of a create are in `createOptions.ts`. */
import * as l10n from '@vscode/l10n';
import { parseArgument } from './argumentSchema';
import { instance, object, oneOf, text } from './argumentTypes';
import { MAX_PROMPT } from './createOptions';
import { isRecord } from '../common/json';

/** Longest id, in characters; those in use have 36. */
const MAX_ID = 1_000;

const sent = object({
  required: { prompt: text({ max: MAX_PROMPT, mayBeBlank: true }) },
  optional: { mode: oneOf('enqueue', 'immediate') },
});
const sendTaker = { name: 'send', nextStep: l10n.t("Pass a prompt, and 'enqueue' or 'immediate' or nothing.") };

/**
 * The arguments of `CloudSession.send`. The outbox refuses a blank prompt.
 * @throws `invalid-argument`
 */
export function readSend(prompt: unknown, mode: unknown) {
  return parseArgument(sent, { prompt, mode }, sendTaker);
}

/** @throws `invalid-argument` */
export function readSessionId(sessionId: unknown, call: string): string {
  return parseArgument(text({ max: MAX_ID }), sessionId, { name: call, nextStep: l10n.t('Pass the id of a session.') });
}

const listener = instance(
  (subject) => l10n.t('{0} must be a function.', subject),
  (value): value is (event: never) => unknown => typeof value === 'function',
);

/** @throws `invalid-argument`: a listener that is no function would fail at each event, long after the mistake */
export function checkListener(value: unknown): void {
  parseArgument(listener, value, { name: 'onEvent', nextStep: l10n.t('Pass a function that takes an event.') });
}

const token = instance(
  (subject) => l10n.t('{0} must be a CancellationToken.', subject),
  (value): value is object | undefined =>
    value === undefined ||
    (isRecord(value) &&
      typeof value['isCancellationRequested'] === 'boolean' &&
      typeof value['onCancellationRequested'] === 'function'),
);

/** @throws `invalid-argument`: with a token that is none, the caller could not cancel the create */
export function checkToken(value: unknown): void {
  parseArgument(token, value, {
    name: 'createCloudSession',
    nextStep: l10n.t('Pass a CancellationToken as the second argument, or nothing.'),
  });
}
