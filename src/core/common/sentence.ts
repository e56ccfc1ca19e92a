/** Texts of others, and values at the end of a message, may lack the full stop that the next sentence needs before it. */
export function asSentence(text: string): string {
  const trimmed = text.trimEnd();
  return /[.!?…:。！？：]$/u.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** Sentences one after the other, without those that are missing or empty. */
export function joinSentences(...sentences: readonly (string | undefined)[]): string {
  return sentences.filter(Boolean).join(' ');
}
