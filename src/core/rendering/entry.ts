/** Whose words these are, or what happened. A code: `labels.ts` has the words for it. */
export type Label =
  | 'you'
  | 'agent'
  | 'thinking'
  | 'intent'
  | 'prompt'
  | 'tool'
  | 'output'
  | 'progress'
  | 'done'
  | 'failed'
  | 'subagent'
  | 'asks'
  | 'answer'
  | 'session'
  | 'title'
  | 'mode'
  | 'model'
  | 'context'
  | 'handoff'
  | 'plan'
  | 'finished'
  | 'idle'
  | 'stopped'
  | 'ended'
  | 'info'
  | 'warning'
  | 'error'
  | 'note'
  | 'event';

/**
 * How a body is set off: `prose` and `detail` by their indentation alone; the others by a bar before every line, so
 * that a tool's output is not mistaken for the log's own words, and so that the grammar can colour it.
 */
export type BodyKind = 'prose' | 'detail' | 'thought' | 'command' | 'output' | 'diff' | 'alert';

export interface Body {
  readonly kind: BodyKind;
  readonly text: string;
  /** The lines to show of the beginning and the end; without it, all that fits `maxBodyLength`. */
  readonly clip?: Clip;
}

export interface Clip {
  readonly head: number;
  readonly tail: number;
}

/** A tool, and the arguments of a call of it on one line ('' if they are not shown). */
export interface ToolText {
  readonly name: string;
  readonly arguments: string;
}

/** One thing that happened. Texts from outside are not sanitised yet. */
export interface Entry {
  readonly label: Label;
  /** The name of the sub-agent that it is about; `undefined` for the main agent. */
  readonly agent?: string | undefined;
  readonly tool?: ToolText;
  readonly summary?: string;
  /** How a call ended: its exit code and its duration. */
  readonly outcome?: readonly (string | undefined)[];
  readonly body?: readonly Body[];
  /** `message` entries stand between blank lines; `activity` entries stand close together. */
  readonly group?: Group;
  /** The id of the tool call that it is about, so that the entry that follows need not repeat it. */
  readonly about?: string;
  /** Of a note: how bad it is. */
  readonly level?: 'warning' | 'error';
}

export type Group = 'message' | 'activity';

/** Tool, summary and outcome on one line. */
export function lineOf({ tool, summary, outcome = [] }: Entry): string {
  const call = tool && (tool.arguments === '' ? tool.name : `${tool.name}  ${tool.arguments}`);
  return dots(call, summary, ...outcome);
}

/** Joins what there is with " · ". */
export function dots(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== false && part !== '').join(' · ');
}
