const LENGTH = 70;

/** The first line of a prompt, shortened for use in a sentence. */
export function quote(prompt: string): string {
  const line = prompt.trim().split('\n', 1)[0] ?? '';
  return line.length > LENGTH ? `${line.slice(0, LENGTH - 1)}…` : line;
}
