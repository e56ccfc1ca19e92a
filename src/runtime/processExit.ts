/** How a process has ended. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines of stderr, oldest first, without secrets. */
  readonly lastLines: readonly string[];
}

/** In words, for a message. */
export function describeExit({ code, signal }: Pick<ProcessExit, 'code' | 'signal'>): string {
  return signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;
}
