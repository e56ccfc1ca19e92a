import { sanitizeText } from '../common/sanitize';

/** Most characters of each part: GitHub takes 65,536 in all. */
const MOST = 20_000;

/** What is known of a session. */
export interface BodyParts {
  /** Its first prompt. */
  readonly prompt: string | undefined;
  /** What its agent said last. */
  readonly message: string | undefined;
  /** Its link; `https:`. */
  readonly url: string | undefined;
}

/** The description of a session's pull request, in Markdown and in English, for the readers of the repository. */
export function pullRequestBody({ prompt, message, url }: BodyParts): string {
  const quoted = prompt && sanitizeText(prompt.trim(), MOST).replaceAll(/^/gm, '> ');
  return [
    message && sanitizeText(message, MOST),
    quoted && `**Prompt**\n\n${quoted}`,
    // eslint-disable-next-line texts/localized -- for the readers of the repository
    url && `[Copilot session](<${url}>)`,
  ]
    .filter(Boolean)
    .join('\n\n');
}
