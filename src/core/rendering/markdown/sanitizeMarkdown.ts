import * as l10n from '@vscode/l10n';
import { DEFAULT_TEXT_LENGTH, moreMark, sanitizeLine, TextSanitizer } from '../../common/sanitize';

/**
 * Makes Markdown from outside harmless. VS Code's preview accepts HTML, so the effect of a text must not depend on the
 * parser: outside of fences that are written here, every character that could begin HTML, an entity, a code span, a
 * link, an image, math or a heading is written as an entity. What is recognised (fenced code, code spans, web links) is
 * rewritten in a form that means the same to every parser.
 */

/** `&` as well: an entity could hide a character. */
const ENTITIES: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&quot;',
};
const FENCE = /^(\s*)(`{3,}|~{3,})([^`]*)$/;
/** Renderers run fences of these languages, so they are shown as text. */
const LIVE_LANGUAGES = /^(mermaid|math|katex|latex|plantuml|graphviz|dot|html|svg)$/i;
const WEB_LINK =
  /(!?)\[([^[\]\n]{0,400})\]\(\s*<?([^\s<>()]{1,2000})>?(?:\s+(?:"[^"\n]{0,200}"|'[^'\n]{0,200}'))?\s*\)/y;
const AUTOLINK = /<(https?:\/\/[^\s<>]{1,2000})>/y;
const BARE_LINK = /https?:\/\/[^\s<>[\]()"'`\\|*]{1,2000}/y;
/** Characters that are copied in one run: letters, digits, and marks that mean nothing or only emphasis. */
const PLAIN = /[^\\`<>&[\]$!~h/]+/y;
/** `!` is harmless only where it cannot make a link an image, `/` where parsers see no link without a scheme: `//a.b`. */
const HARMLESS = /h|!(?=[\s.,)"'?]|$)|~(?!~)|\/(?!\/)|(?<=:)\//y;
const PUNCTUATION = /[!-/:-@[-`{-~]/;

/** Escapes a line of text that stands behind other text of the document: nothing in it is Markdown or HTML. */
export function escapeText(line: string): string {
  return line.replace(/[\\`*[\]<>&$|]|~(?=~)|(?<!:)\/(?=\/)|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, entity);
}

/** The same for the beginning of a line, where some marks make a heading, a rule, a list or a fence. */
export function escapeLine(line: string): string {
  return escapeText(line).replace(/^(\s*)([#=+~-])/, (_, blanks: string, mark: string) => blanks + entity(mark));
}

/** The reverse of `escapeText`, to find words in a line of Markdown. */
export function unescapeText(markdown: string): string {
  return markdown
    .replace(/<\/?code>/g, '')
    .replace(/&(?:#(\d{1,3})|lt|gt|quot);/g, (whole, code?: string) =>
      code === undefined ? (whole === '&lt;' ? '<' : whole === '&gt;' ? '>' : '"') : String.fromCharCode(Number(code)),
    )
    .replaceAll('&amp;', '&');
}

/** A fenced block that nothing in `text` can close, with blank lines around it. The text is sanitised and cut. */
export function fencedBlock(text: string, language = '', maxLength = DEFAULT_TEXT_LENGTH): string {
  const { shown, hidden } = cut(text, maxLength);
  return `${fence(shown, language)}${hidden > 0 ? `\n_${moreMark(hidden)}_\n` : ''}`;
}

/** A link that a click opens in the browser; for anything but http(s), the address as text. */
export function webLink(label: string, url: string): string {
  return isWeb(url) ? `[${label}](${encodeUrl(url)})` : `${label} (${escapeText(url)})`;
}

/**
 * Makes an agent's or a person's Markdown harmless: headings become bold lines (the only headings are the document's
 * own), images become links, and links that are no web links become text.
 * @param maxLength of the original that is shown, in UTF-16 units
 */
export function sanitizeMarkdown(text: string, maxLength = DEFAULT_TEXT_LENGTH): string {
  const { shown, hidden } = cut(text, maxLength);
  const out: string[] = [];
  let open: { mark: string; indent: number; language: string; lines: string[] } | undefined;
  const close = (): void => {
    if (open !== undefined) {
      out.push('', fence(open.lines.join('\n'), open.language).trim(), '');
    }
    open = undefined;
  };
  for (const line of shown.split('\n')) {
    const [, indent = '', mark = '', info = ''] = FENCE.exec(line) ?? [];
    if (open !== undefined) {
      if (mark.startsWith(open.mark) && info.trim() === '') {
        close();
      } else {
        open.lines.push(dedent(line, open.indent));
      }
    } else if (mark === '') {
      out.push(proseLine(line));
    } else {
      // At the margin, wherever it was: only there every parser takes what follows for code.
      open = { mark, indent: indent.length, language: info.trim().split(/\s/)[0] ?? '', lines: [] };
    }
  }
  close();
  const prose = out.join('\n').replace(/^\n+|\n+$/g, '');
  return hidden > 0 ? `${prose}\n\n_${moreMark(hidden)}_` : prose;
}

function cut(text: string, maxLength: number): { readonly shown: string; readonly hidden: number } {
  const sanitizer = new TextSanitizer({ maxLength });
  const shown = sanitizer.push(text) + sanitizer.end();
  return { shown, hidden: sanitizer.hidden };
}

function fence(text: string, language: string): string {
  let longest = 2;
  for (const [run] of text.matchAll(/`+/g)) {
    longest = Math.max(longest, run.length);
  }
  const marks = '`'.repeat(longest + 1);
  const info = /^[\w+#.-]{1,30}$/.test(language) && !LIVE_LANGUAGES.test(language) ? language : '';
  return `\n${marks}${info}\n${text.replace(/\n$/, '')}\n${marks}\n`;
}

function dedent(line: string, indent: number): string {
  let at = 0;
  while (at < indent && (line[at] === ' ' || line[at] === '\t')) {
    at++;
  }
  return line.slice(at);
}

/** One line outside of fences: headings, rules and other blocks are recognised first. */
function proseLine(line: string): string {
  const body = skipContainers(line);
  const markers = line.slice(0, body);
  const rest = line.slice(body);
  const rule = rest.trim();
  if (/^(?:-\s*){3,}$|^(?:\*\s*){3,}$|^(?:_\s*){3,}$/.test(rule)) {
    // Under a paragraph, dashes would make it a heading.
    return body === 0 ? '\n* * *\n' : markers + escapeLine(rule);
  }
  if (rule === '') {
    // A dash alone under a paragraph makes a heading of it.
    return markers.replace('-', '&#45;');
  }
  if (/^(?:=+|-+)$/.test(rule)) {
    return markers + rule.replaceAll('=', '&#61;').replaceAll('-', '&#45;');
  }
  const [hashes] = /^#{1,6}(?=\s|$)/.exec(rest) ?? [];
  if (hashes !== undefined) {
    const title = rest
      .slice(hashes.length)
      .replace(/\s#+\s*$/, '')
      .trim();
    if (title === '') {
      // Only the markers are left: see above.
      return markers.replace('-', '&#45;');
    }
    return `${markers}**${inline(title).replaceAll('**', '')}**${body === 0 ? '\n' : ''}`;
  }
  return markers + inline(rest);
}

/** Index of the text behind indentation, quote marks and list markers. */
function skipContainers(line: string): number {
  const container = /[ \t]+|>|(?:[-*+]|\d{1,9}[.)])(?=[ \t])/y;
  let at = 0;
  while (at < line.length) {
    container.lastIndex = at;
    if (!container.test(line)) {
      break;
    }
    at = container.lastIndex;
  }
  return at;
}

/** Linear in the length of the line. */
function inline(line: string): string {
  const runs = new BacktickRuns(line);
  let out = '';
  let at = 0;
  while (at < line.length) {
    const plain = match(PLAIN, line, at);
    if (plain !== undefined) {
      out += plain[0];
      at += plain[0].length;
      continue;
    }
    const character = line[at] ?? '';
    if (character === '\\') {
      const next = line[at + 1] ?? '';
      out += PUNCTUATION.test(next) ? entity(next) : '&#92;';
      at += PUNCTUATION.test(next) ? 2 : 1;
    } else if (character === '`') {
      const end = runs.closing(at);
      const length = runs.lengthAt(at);
      out += end === undefined ? entity('`').repeat(length) : codeSpan(line.slice(at + length, end));
      at = (end ?? at) + length;
    } else {
      const link = linkAt(line, at, character);
      out += link?.text ?? (match(HARMLESS, line, at) === undefined ? entity(character) : character);
      at += link?.length ?? 1;
    }
  }
  return out;
}

function linkAt(line: string, at: number, character: string): { text: string; length: number } | undefined {
  const found =
    character === '[' || character === '!'
      ? match(WEB_LINK, line, at)
      : character === '<'
        ? match(AUTOLINK, line, at)
        : character === 'h'
          ? match(BARE_LINK, line, at)
          : undefined;
  if (found === undefined) {
    return undefined;
  }
  const [whole, first = '', label = '', target = ''] = found;
  if (character === '<' || character === 'h') {
    const url = character === '<' ? first : whole.replace(/[.,;:!?]+$/, '');
    return { text: webLink(escapeText(url), url), length: character === '<' ? whole.length : url.length };
  }
  const isImage = first === '!';
  const words = labelText(label);
  const name = isImage ? imageName(words) : words;
  return { text: webLink(name === '' ? escapeText(target) : name, target), length: whole.length };
}

/** @param words Markdown */
function imageName(words: string): string {
  return words === ''
    ? l10n.t({ message: 'image', comment: ['The text of a link to an image'] })
    : l10n.t({ message: 'image: {0}', args: [words], comment: ['The text of a link to an image. {0}: what it shows'] });
}

/** The words of a link: code or text. A link within a link is text. */
function labelText(label: string): string {
  const [, code] = /^`([^`]+)`$/.exec(label) ?? [];
  return code === undefined ? escapeText(label.replace(/\\(?=[!-/:-@[-`{-~])/g, '')) : codeSpan(code);
}

function codeSpan(code: string): string {
  const text = /^ .*\S.* $/.test(code) ? code.slice(1, -1) : code;
  return `<code>${text.replace(/[\\`*_[\]<>&$|~]|(?<!:)\/(?=\/)/g, entity)}</code>`;
}

/** The runs of backticks in a line, each with the next run of the same length, which closes a code span. */
class BacktickRuns {
  private readonly lengths = new Map<number, number>();
  private readonly next = new Map<number, number>();

  constructor(line: string) {
    const last = new Map<number, number>();
    for (const run of line.matchAll(/`+/g)) {
      const { length } = run[0];
      this.lengths.set(run.index, length);
      const before = last.get(length);
      if (before !== undefined) {
        this.next.set(before, run.index);
      }
      last.set(length, run.index);
    }
  }

  lengthAt(at: number): number {
    // Behind a backslash, a run is shorter.
    return this.lengths.get(at) ?? 1;
  }

  closing(at: number): number | undefined {
    return this.next.get(at);
  }
}

function match(pattern: RegExp, line: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(line) ?? undefined;
}

function entity(character: string): string {
  return ENTITIES[character] ?? `&#${character.charCodeAt(0)};`;
}

function isWeb(url: string): boolean {
  return /^https?:\/\/[^/\s]/i.test(url) && url.length <= 2000;
}

/** Encodes what would end a link's target, be an entity in it, or be a control character; keeps what is encoded. */
function encodeUrl(url: string): string {
  return sanitizeLine(url, 2100)
    .replace(/[^\w\-.~:/?#@!$&+,;=%]/gu, encodeCharacter)
    .replaceAll('&', '&amp;');
}

function encodeCharacter(character: string): string {
  try {
    return encodeURIComponent(character).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
  } catch {
    return '%EF%BF%BD';
  }
}
