/** What stands behind the time: whose words these are, or what happened. The grammar colours these words. */
export type Label =
  | 'You'
  | 'Agent'
  | 'Thinking'
  | 'Intent'
  | 'Prompt'
  | 'Tool'
  | 'Output'
  | 'Progress'
  | 'Done'
  | 'Failed'
  | 'Subagent'
  | 'Asks'
  | 'Answer'
  | 'Session'
  | 'Title'
  | 'Mode'
  | 'Model'
  | 'Context'
  | 'Handoff'
  | 'Plan'
  | 'Finished'
  | 'Idle'
  | 'Stopped'
  | 'Ended'
  | 'Info'
  | 'Warning'
  | 'Error'
  | 'Gap'
  | 'Note'
  | 'Event';

/**
 * How a body is set off: `prose` and `detail` by their indentation alone; the others by a bar before every line, so
 * that what a tool printed is never taken for the log's own words, and so that the grammar can colour it.
 */
export type BodyKind = 'prose' | 'detail' | 'thought' | 'command' | 'output' | 'diff' | 'alert';

export interface Body {
  readonly kind: BodyKind;
  readonly text: string;
  /** Show only so many lines of the beginning and the end; without it, all that fits `maxBodyLength`. */
  readonly clip?: Clip;
}

export interface Clip {
  readonly head: number;
  readonly tail: number;
}

/** One thing that happened, as it is to stand in the log. All its texts are still as they came. */
export interface Entry {
  readonly label: Label;
  readonly summary?: string;
  readonly body?: readonly Body[];
  /** `message` entries stand between blank lines; `activity` entries stand close together. */
  readonly group?: Group;
  /** Names what the entry is about (a tool call), so that what follows it at once need not repeat it. */
  readonly about?: string;
}

export type Group = 'message' | 'activity';
