import { sanitizeLine } from '../../common/sanitize';
import type { BlockKind } from './blocks';
import { countLineFeeds } from './blocks';
import { escapeLine, escapeText, fencedBlock, sanitizeMarkdown } from './sanitizeMarkdown';
import type { Body, Entry, Label } from '../entry';

/** Who speaks, or what has to be answered: these are what the document's outline shows. */
const HEADINGS: ReadonlySet<Label> = new Set(['You', 'Prompt', 'Agent', 'Asks', 'Answer', 'Plan', 'Finished']);
/** These must not be overlooked. */
const ALERTS: ReadonlySet<Label> = new Set(['Failed', 'Warning', 'Error', 'Gap', 'Stopped']);
/** Longer bodies are folded. */
const FOLD_LINES = 20;
const FOLD_LENGTH = 4_000;
const SUMMARY_LENGTH = 1000;

const LANGUAGES: Readonly<Partial<Record<Body['kind'], string>>> = { command: 'shell', diff: 'diff' };

export interface EntryOptions {
  /** "14:03:22"; empty if there is none. */
  readonly time: string;
  /** The most that is shown of one text, in UTF-16 units. */
  readonly maxTextLength: number;
}

export function kindOf({ label, body = [] }: Entry): BlockKind {
  const isItem = !HEADINGS.has(label) && !ALERTS.has(label) && label !== 'Thinking';
  return isItem && body.every(({ text }) => text.trim() === '') ? 'item' : 'block';
}

/** One thing that happened, as Markdown. All that the entry says is from outside. */
export function entryMarkdown(entry: Entry, options: EntryOptions): string {
  const { label, body = [] } = entry;
  const summary = escapeText(sanitizeLine(entry.summary ?? '', SUMMARY_LENGTH));
  const bodies = body.map((part) => bodyMarkdown(part, options.maxTextLength)).filter((text) => text !== '');
  const time = escapeText(options.time);
  if (label === 'Thinking') {
    return details(['Thinking', entry.summary, options.time], bodies);
  }
  const words = summary === '' ? '' : ` ${summary}`;
  const head = HEADINGS.has(label)
    ? `### ${[label, summary, time].filter((part) => part !== '').join(' · ')}`
    : ALERTS.has(label)
      ? `> **${label}** ${time}${words}`
      : `- ${time} **${label}**${words}`;
  return [head, ...bodies].join('\n\n');
}

function bodyMarkdown({ kind, text: untrimmed }: Body, maxLength: number): string {
  const text = untrimmed.replace(/^\s*\n/, '').trimEnd();
  if (text.trim() === '') {
    return '';
  }
  switch (kind) {
    case 'prose':
    case 'thought':
      return sanitizeMarkdown(text, maxLength);
    case 'detail':
    case 'alert':
      return text.length > 2_000 || text.includes('\n\n')
        ? fencedBlock(text, '', maxLength).trim()
        : `> ${text
            .split('\n')
            .map((line) => escapeLine(sanitizeLine(line, 2_000)))
            .join('  \n> ')}`;
    case 'command':
    case 'output':
    case 'diff': {
      const block = fencedBlock(text, LANGUAGES[kind], maxLength).trim();
      return text.length > FOLD_LENGTH || countLineFeeds(text) > FOLD_LINES
        ? details([kind === 'diff' ? 'Changes' : 'Output', `${countLineFeeds(text) + 1} lines`], [block])
        : block;
    }
  }
}

/**
 * What a click unfolds.
 * @param summary parts of the line that is always there
 * @param content Markdown
 */
export function details(summary: readonly (string | undefined)[], content: readonly string[]): string {
  const words = summary
    .filter((part) => part !== undefined && part !== '')
    .map((part) => escapeText(sanitizeLine(part ?? '', SUMMARY_LENGTH)))
    .join(' · ');
  // Blank lines, so that what stands between is Markdown and not the element's own HTML.
  return ['<details>', `<summary>${words}</summary>`, '', content.join('\n\n') || '_No output_', '', '</details>'].join(
    '\n',
  );
}
