import * as l10n from '@vscode/l10n';
import { Redactor } from './redactor';

/**
 * The secrets that this process knows: those in the environment and the arguments of the runtime, its server's token,
 * the editor's account. One for all, because text crosses every boundary of the process, and whoever reads it there
 * must not be able to forget who knows them.
 */
export const secrets = new Redactor();

/**
 * What somebody else's code threw, or an operating system, a network or a library said, as a text without secrets. A
 * lint rule (`local/no-foreign-text`) keeps all other ways shut.
 */
export function textOf(thrown: unknown): string {
  return secrets.redact(wordsOf(thrown));
}

/** Anything can be thrown: an object without a prototype, a message that is none, a getter that throws itself. */
function wordsOf(thrown: unknown): string {
  try {
    const message: unknown = typeof thrown === 'object' && thrown !== null && 'message' in thrown && thrown.message;
    return typeof message === 'string' ? message : String(thrown);
  } catch {
    return l10n.t('an error without a message');
  }
}
