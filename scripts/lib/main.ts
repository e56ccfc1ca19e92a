/** Runs a script's main function: an error becomes its message and exit code 1, its stack with `DEBUG` set. */
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
