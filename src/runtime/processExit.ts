import * as l10n from '@vscode/l10n';

/** How a process ended. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines of stderr, oldest first, without secrets. */
  readonly lastLines: readonly string[];
}

/** What ended it, for parentheses in a message. */
export function describeExit({ code, signal }: Pick<ProcessExit, 'code' | 'signal'>): string {
  if (signal !== null) {
    return l10n.t({ message: 'signal {0}', args: [signal], comment: ['What ended a process, such as SIGKILL'] });
  }
  return code === null ? l10n.t('unknown exit code') : l10n.t('exit code {0}', code);
}
