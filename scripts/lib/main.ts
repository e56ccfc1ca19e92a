/**
 * Runs a script's main function. An error prints its message and exits with code 1; with `DEBUG` set, it prints the
 * stack.
 */
export function start(main: () => Promise<number | undefined>): void {
  main().then(
    (code) => (process.exitCode = code ?? 0),
    (error: unknown) => {
      const detail = error instanceof Error && process.env['DEBUG'] ? error.stack : undefined;
      console.error(detail ?? (error instanceof Error ? error.message : String(error)));
      process.exitCode = 1;
    },
  );
}
