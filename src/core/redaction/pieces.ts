import { MARK } from './secretShapes';
import type { Beginning, Redactor } from './redactor';

/** Shortest beginning of a secret that is held back, in characters: a shorter one may be any word. */
const SHORTEST_HELD = 4;
/** The public prefix of a token. */
const PUBLIC_BEGINNING = /^(?:github_pat_|gh[a-z]_)/;
/** A token of GitHub at the end of a text, which may be incomplete. */
const UNFINISHED_TOKEN = /(?:gh[a-z]_|github_pat_)[A-Za-z0-9_.-]{0,300}$/;

/**
 * Redacts a text that comes in pieces. What may be the beginning of a secret is held back until the next piece shows
 * whether it is one; the whole text, which comes at the end, has all of it.
 */
export class PieceRedactor {
  /** Characters that were passed on, and may be the first of a secret. */
  private context = '';
  private held = '';

  constructor(private readonly redactor: Redactor) {}

  /** Whether nothing is remembered of the pieces so far, as in a new one. */
  get isFresh(): boolean {
    return this.context === '' && this.held === '';
  }

  next(piece: string): string {
    const { context } = this;
    const full = context + this.held + piece;
    const start = unfinishedIn(full, this.redactor);
    const isHeld = start.length >= SHORTEST_HELD;
    // A complete secret is removed, though its end may be the beginning of another.
    const ready = isHeld ? full.slice(0, this.redactor.uncut(full, full.length - start.length)) : full;
    if (ready.length < context.length) {
      this.held = full.slice(context.length);
      return '';
    }
    this.held = full.slice(ready.length);
    this.context = isHeld ? '' : start;
    const cleaned = this.redactor.clean(ready);
    // Otherwise what was passed on is the beginning of what is removed.
    return cleaned.startsWith(context) ? cleaned.slice(context.length) : cleaned;
  }
}

/** The beginning of a secret at the end of a text; empty if there is none. */
export function unfinishedIn(text: string, redactor: Redactor): string {
  return UNFINISHED_TOKEN.exec(text)?.[0] ?? redactor.unfinishedIn(text)?.start ?? '';
}

/** Redacts lines, also a secret that continues in the next line. Nothing is held back: lines are shown at once. */
export class LineRedactor {
  private unfinished: Beginning | undefined;

  constructor(private readonly redactor: Redactor) {}

  next(line: string): string {
    const continued = this.continue(line);
    const redacted = this.redactor.redact(continued);
    this.unfinished ??= this.redactor.unfinishedIn(line);
    const { start = '' } = this.unfinished ?? {};
    return isTelling(start) && redacted.endsWith(start) ? redacted.slice(0, -start.length) + MARK : redacted;
  }

  private continue(line: string): string {
    const { unfinished } = this;
    this.unfinished = undefined;
    const text = line.trimStart();
    if (unfinished === undefined || text === '') {
      return line;
    }
    const { start, rest } = unfinished;
    const indent = line.slice(0, line.length - text.length);
    if (text.startsWith(rest)) {
      return indent + MARK + text.slice(rest.length);
    }
    if (isTelling(start) && rest.startsWith(text)) {
      this.unfinished = { start: start + text, rest: rest.slice(text.length) };
      return indent + MARK;
    }
    return line;
  }
}

/** Whether it is so much of a secret that it has to be removed, though its end may never come. */
function isTelling(start: string): boolean {
  return start.replace(PUBLIC_BEGINNING, '').length >= 2 * SHORTEST_HELD;
}
