import { MARK } from './secretShapes';
import type { Beginning, Redactor } from './redactor';

/** A beginning of a secret that is shorter is a word like any other. */
const SHORTEST_HELD = 4;
/** What everybody knows of a token. */
const PUBLIC_BEGINNING = /^(?:github_pat_|gh[a-z]_)/;
/** A token of GitHub's whose end has not come. */
const UNFINISHED_TOKEN = /(?:gh[a-z]_|github_pat_)[A-Za-z0-9_.-]{0,300}$/;

/**
 * Redacts a text that comes in pieces. What may be the beginning of a secret is held back until the piece behind it
 * shows whether it is one; the whole text, which comes in the end, has all of it.
 */
export class PieceRedactor {
  /** Passed on already, and perhaps the first characters of a secret. */
  private context = '';
  private held = '';

  constructor(private readonly redactor: Redactor) {}

  /** Nothing is remembered of the pieces so far: a new one would do the same. */
  get isFresh(): boolean {
    return this.context === '' && this.held === '';
  }

  next(piece: string): string {
    const { context } = this;
    const full = context + this.held + piece;
    const start = unfinishedIn(full, this.redactor);
    const isHeld = start.length >= SHORTEST_HELD;
    // A secret that is there as a whole goes, though its end may be the beginning of one.
    const ready = isHeld ? full.slice(0, this.redactor.uncut(full, full.length - start.length)) : full;
    if (ready.length < context.length) {
      this.held = full.slice(context.length);
      return '';
    }
    this.held = full.slice(ready.length);
    this.context = isHeld ? '' : start;
    const cleaned = this.redactor.clean(ready);
    // Else what was passed on is the beginning of what goes.
    return cleaned.startsWith(context) ? cleaned.slice(context.length) : cleaned;
  }
}

/** The beginning of a secret that a text ends with; empty if there is none. */
export function unfinishedIn(text: string, redactor: Redactor): string {
  return UNFINISHED_TOKEN.exec(text)?.[0] ?? redactor.unfinishedIn(text)?.start ?? '';
}

/** Redacts lines, also a secret that one line begins and the next one ends. Nothing can be held back: lines are shown at once. */
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

/** Whether it is so much of a secret that it has to go, though its end may never come. */
function isTelling(start: string): boolean {
  return start.replace(PUBLIC_BEGINNING, '').length >= 2 * SHORTEST_HELD;
}
