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
  return secrets.redact(thrown instanceof Error ? thrown.message : String(thrown));
}

/** The cause of an error, as it may be shown: itself if it has no secret, or else what remains of it. */
export function cleanCause(cause: unknown): unknown {
  if (!(cause instanceof Error)) {
    return secrets.cleanValue(cause, true);
  }
  const texts = [cause.message, cause.stack ?? ''];
  const isClean = texts.every((text) => secrets.redact(text) === text) && hasCleanMembers(cause);
  if (isClean) {
    return cause;
  }
  const clean = new Error(textOf(cause));
  clean.name = cause.name;
  delete clean.stack;
  const { code } = cause as { code?: unknown };
  return code === undefined ? clean : Object.assign(clean, { code: secrets.cleanValue(code, true) });
}

/** Node puts paths, addresses and command lines into its errors. */
function hasCleanMembers(error: Error): boolean {
  return Object.entries(error).every(([name, member]) => {
    if (member instanceof Error) {
      return cleanCause(member) === member;
    }
    return name === 'cause' || typeof member === 'function' || secrets.cleanValue(member, true) === member;
  });
}
