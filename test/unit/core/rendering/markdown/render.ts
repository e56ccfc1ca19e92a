import { createRequire } from 'node:module';

interface Token {
  readonly type: string;
  readonly content: string;
  readonly tag: string;
  readonly attrs: readonly (readonly [string, string])[] | null;
  readonly children: readonly Token[] | null;
}
interface MarkdownIt {
  parse(text: string, env: object): readonly Token[];
  validateLink: (link: string) => boolean;
}

/** Configured as VS Code's preview (measured in 1.100 and the newest): HTML and linkify are on. */
const preview = (
  createRequire(__filename)('markdown-it') as (options: { html: boolean; linkify: boolean }) => MarkdownIt
)({ html: true, linkify: true });
// VS Code allows more links than markdown-it; allow all here.
preview.validateLink = () => true;

/** Every token of a document, including nested ones. */
export function tokensOf(markdown: string): readonly Token[] {
  return preview.parse(markdown, {}).flatMap((token) => [token, ...(token.children ?? [])]);
}
