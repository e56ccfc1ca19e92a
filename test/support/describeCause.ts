/** An error with all its causes, as a debugger or a careless log would print them. */
export function describeCause(error: unknown): string {
  return error instanceof Error ? `${error.stack ?? error.message}\n${describeCause(error.cause)}` : String(error);
}
