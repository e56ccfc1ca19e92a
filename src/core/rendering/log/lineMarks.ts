import type { Entry, Label } from '../entry';

/**
 * What the grammar (`syntaxes/cloud-session-log.tmLanguage.json`) colours a line by. Labels are translated, so the
 * grammar cannot know a kind of entry by its words: the number of blanks at the end of the line tells it. Texts from
 * outside cannot: white space at their ends is removed.
 */
const KINDS = [
  'info',
  'quiet',
  'tool',
  'done',
  'agent',
  'you',
  'failed',
  'asks',
  'answer',
  'warning',
  'error',
  'good',
] as const;
type LineKind = (typeof KINDS)[number];

const KIND_OF_LABEL: Readonly<Record<Label, LineKind>> = {
  you: 'you',
  prompt: 'you',
  agent: 'agent',
  thinking: 'quiet',
  intent: 'quiet',
  event: 'quiet',
  output: 'quiet',
  progress: 'quiet',
  tool: 'tool',
  done: 'done',
  failed: 'failed',
  asks: 'asks',
  answer: 'answer',
  error: 'error',
  warning: 'warning',
  stopped: 'warning',
  finished: 'good',
  idle: 'good',
  session: 'info',
  title: 'info',
  mode: 'info',
  model: 'info',
  context: 'info',
  handoff: 'info',
  plan: 'info',
  subagent: 'info',
  ended: 'info',
  info: 'info',
  note: 'info',
};

/** The end of the line of an entry. */
export function markOf({ label, level }: Pick<Entry, 'label' | 'level'>): string {
  return ' '.repeat(KINDS.indexOf(level ?? KIND_OF_LABEL[label]));
}

/** The end of a line of a `detail` body, which may begin with a label and a colon. */
export const DETAIL_MARK = ' ';
