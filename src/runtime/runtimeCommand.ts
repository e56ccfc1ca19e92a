export interface RuntimeCommand {
  readonly command: string;
  /** All arguments, ready to use. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines of stderr, oldest first, without secrets. */
  readonly lastLines: readonly string[];
}
