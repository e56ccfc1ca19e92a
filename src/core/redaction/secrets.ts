import * as l10n from '@vscode/l10n';
import { Redactor } from './redactor';

/**
 * The secrets that this process knows: those in the environment and the arguments of the runtime, its server's token,
 * the editor's account. There is one redactor for all, because text crosses every boundary of the process, and no reader
 * of text there may miss a secret.
 */
export const secrets = new Redactor();

/**
 * The redacted text of a foreign error: of other code, the operating system, a network or a library. A lint rule
 * (`local/no-foreign-text`) refuses all other ways.
 */
export function textOf(thrown: unknown): string {
  return secrets.redact(wordsOf(thrown));
}

/** Anything can be thrown: an object without a prototype, a message that is no string, a getter that throws. */
function wordsOf(thrown: unknown): string {
  try {
    const message: unknown = typeof thrown === 'object' && thrown !== null && 'message' in thrown && thrown.message;
    return typeof message === 'string' ? message : String(thrown);
  } catch {
    return l10n.t('an error without a message');
  }
}
