import type { Answers, AnswerKind } from './answers';
import type { AgentMachine } from './github/agentMachine';
import type { IdSource } from './identity';
import type { Task } from './task';
import type { Timeline } from './timeline';

/** A use of a tool by the agent, with its result. */
export interface ToolCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, string | number | boolean | readonly number[]>>;
  /** The text for the model. People see `details` instead, if there are any. */
  readonly result: string;
  /** A unified diff, or a longer output. */
  readonly details?: string;
  readonly exitCode?: number;
  /** Duration in milliseconds at human speed. */
  readonly takes?: number;
  /** What it does to the agent's clone, before it is complete. */
  readonly does?: (machine: AgentMachine) => Promise<void>;
  /** Makes this a shell command that has to be allowed before it runs. */
  readonly permission?: { readonly intention: string; readonly warning?: string };
}

/** State that all scenes of a task's agent share. */
export interface Stage {
  readonly task: Task;
  readonly timeline: Timeline;
  readonly ids: IdSource;
  /** Whether texts are also sent in pieces while they are written. */
  readonly streaming: boolean;
  /** Commands that the user has allowed for the session. */
  readonly allowed: Set<string>;
  /** Resolves with the answer. `ids` are the ids that an answer may refer to. */
  readonly ask: <Kind extends AnswerKind>(
    kind: Kind,
    ids: readonly string[],
    signal: AbortSignal,
  ) => Promise<Answers[Kind]>;
  turns: number;
  /** Its clone; `undefined` without a repository. */
  readonly machine: AgentMachine | undefined;
  /** Content, by path, of the files that it has changed so far. */
  readonly files: Map<string, string>;
}
