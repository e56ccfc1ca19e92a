/** A program with all that it is started with. */
export interface RuntimeCommand {
  readonly command: string;
  /** All arguments, ready to use. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}
