import * as l10n from '@vscode/l10n';
import { sanitizeLine } from '../../common/sanitize';
import type { BlockKind } from './blocks';
import { countLineFeeds } from './blocks';
import { escapeLine, escapeText, fencedBlock, sanitizeMarkdown } from './sanitizeMarkdown';
import { LABEL_TEXTS } from '../labels';
import { type Body, type Entry, type Label, lineOf } from '../entry';

/** Who speaks, or what has to be answered: the document's outline shows these. */
const HEADINGS: ReadonlySet<Label> = new Set(['you', 'prompt', 'agent', 'asks', 'answer', 'plan', 'finished']);
const ALERTS: ReadonlySet<Label> = new Set(['failed', 'warning', 'error', 'stopped']);
/** Longer bodies are folded. */
const FOLD_LINES = 20;
const FOLD_LENGTH = 4_000;
const SUMMARY_LENGTH = 1000;
const CHANGES = l10n.t({ message: 'Changes', comment: ['A part of a transcript that can be unfolded: a diff'] });
const NO_OUTPUT = l10n.t({ message: 'No output', comment: ['Of a tool call'] });

const LANGUAGES: Readonly<Partial<Record<Body['kind'], string>>> = { command: 'shell', diff: 'diff' };

export interface EntryOptions {
  /** "14:03:22"; empty if there is none. */
  readonly time: string;
  /** The most that is shown of one text, in UTF-16 units. */
  readonly maxTextLength: number;
}

export function kindOf({ label, body = [] }: Entry): BlockKind {
  const isItem = !HEADINGS.has(label) && !ALERTS.has(label) && label !== 'thinking';
  return isItem && body.every(({ text }) => text.trim() === '') ? 'item' : 'block';
}

/** An entry as Markdown, without its agent: the document has each agent in a place of its own. */
export function entryMarkdown(entry: Entry, options: EntryOptions): string {
  const { label, body = [] } = entry;
  const line = lineOf(entry);
  const summary = escapeText(sanitizeLine(line, SUMMARY_LENGTH));
  const bodies = body.map((part) => bodyMarkdown(part, options.maxTextLength)).filter((text) => text !== '');
  const time = escapeText(options.time);
  const name = LABEL_TEXTS[label];
  if (label === 'thinking') {
    return details([name, line, options.time], bodies);
  }
  const words = summary === '' ? '' : ` ${summary}`;
  const head = HEADINGS.has(label)
    ? `### ${[name, summary, time].filter((part) => part !== '').join(' · ')}`
    : ALERTS.has(label)
      ? `> **${name}** ${time}${words}`
      : `- ${time} **${name}**${words}`;
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
        ? details([kind === 'diff' ? CHANGES : LABEL_TEXTS.output, lineCount(countLineFeeds(text) + 1)], [block])
        : block;
    }
  }
}

function lineCount(count: number): string {
  return count === 1 ? l10n.t('1 line') : l10n.t('{0} lines', count);
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
  return [
    '<details>',
    `<summary>${words}</summary>`,
    '',
    content.join('\n\n') || `_${NO_OUTPUT}_`,
    '',
    '</details>',
  ].join('\n');
}
