import { byPath } from '../changes/sessionChanges';
import { draftsOf, type LineRange, type ReviewThread } from './reviewThread';

/* eslint-disable texts/localized -- a prompt to an agent */

/** Most lines of code that are quoted for a comment. */
const MAX_QUOTED = 60;

/** A thread with drafts, and where its lines are now; `undefined` if the file no longer has them. */
export interface PlacedThread {
  readonly thread: ReviewThread;
  readonly place: LineRange | undefined;
}

/**
 * All drafts as one prompt, by file and line: for each the file, the lines, the code and what was written. In English, as
 * all prompts to agents that are not the person's own words.
 */
export function reviewPrompt(threads: readonly PlacedThread[]): string {
  const ordered = [...threads].sort((a, b) => byPath(a.thread, b.thread) || lineOf(a) - lineOf(b));
  const parts = ordered.flatMap(({ thread, place }, index) => {
    const bodies = draftsOf(thread).map(({ body }) => body.trim());
    return bodies.length === 0
      ? []
      : [[`${index + 1}. ${where(thread, place)}`, quoted(thread), ...bodies].join('\n\n')];
  });
  const count = threads.reduce((sum, { thread }) => sum + draftsOf(thread).length, 0);
  const head =
    count === 1
      ? 'I reviewed your changes and have one comment. Please address it.'
      : `I reviewed your changes and have ${count} comments. Please address each of them.`;
  return [head, ...parts].join('\n\n');
}

function where({ path, startLine, endLine }: ReviewThread, place: LineRange | undefined): string {
  const { startLine: first, endLine: last } = place ?? { startLine, endLine };
  const lines = first === last ? `line ${first}` : `lines ${first}-${last}`;
  return `\`${path}\`, ${lines}${place === undefined ? ' (as it was when I wrote this; the lines have changed since)' : ''}:`;
}

/** In a fence that nothing in the code can close. */
function quoted({ path, code }: ReviewThread): string {
  const lines = code.split(/\r?\n/);
  const shown = lines.length > MAX_QUOTED ? [...lines.slice(0, MAX_QUOTED), '...'] : lines;
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  const [, extension = ''] = /\.([a-z\d]{1,10})$/i.exec(path) ?? [];
  return [`${fence}${extension}`, ...shown, fence].join('\n');
}

function lineOf({ thread, place }: PlacedThread): number {
  return place?.startLine ?? thread.startLine;
}
