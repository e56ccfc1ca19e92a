import * as l10n from '@vscode/l10n';
import { BoundedMap } from '../common/bounded';
import type { EventReader } from './eventReader';
import type { Sequence } from './sequence';
import type { TextStreams } from './textStreams';
import type { Entry } from './entry';

/** What a renderer remembers of earlier events, to show later ones. */
export class RenderState {
  readonly tools = new BoundedMap<string, ToolCall>(4096);
  /** The names of sub-agents, by `agentId` and by the id of the tool call that started them. */
  readonly agents = new BoundedMap<string, string>(1024);
  /** What was asked, on one line, by request id. */
  readonly requests = new BoundedMap<string, string>(4096);
  /** The hash of what was asked, by request id and by the id of the tool call that it is about. */
  readonly asked = new BoundedMap<string, string>(8192);
  /** What was answered, by request id. */
  readonly answers = new BoundedMap<string, ShownAnswer>(4096);
  /** Which events have the output of a running tool, by call id. */
  readonly outputs = new BoundedMap<string, LiveOutput>(4096);
  /** The last intent, by agent. */
  readonly intents = new BoundedMap<string, string>(1024);
  /** The last state of each recovery of a permission. */
  readonly recoveries = new BoundedMap<string, string>(1024);
  /** Codes of what was shown of the main agent's rest since it last worked: each is shown once. */
  readonly rest = new Set<string>();
  /** Autopilot has stopped since the agent last worked: an idle session does not continue. */
  autopilotStopped = false;
  /** The session is idle: nothing runs any more. */
  isAtRest = false;

  /** To be called for each event before its formatter. */
  observe(type: string): void {
    if (WORK.test(type)) {
      this.rest.clear();
      this.autopilotStopped = false;
      this.isAtRest = false;
    }
  }
}

/** In `RenderState.rest`: the interruption of the agent was shown. */
export const INTERRUPTED = 'interrupted';
/** Events that show that the agent works, or was given work. */
const WORK =
  /^(user\.message|assistant\.(?!idle$).*|tool\..*|subagent\..*|skill\.invoked|(permission|user_input|elicitation|exit_plan_mode)\.requested)$/;

export interface ShownAnswer {
  readonly text: string;
  /** The event that had it. */
  readonly source: 'completed' | 'recorded';
  /** It has the answer, and not only the fact that there was one. */
  readonly isFull: boolean;
}

/** A shell's output comes twice: as the whole text so far in one type of event, as pieces in another. One is shown. */
export interface LiveOutput {
  readonly source: 'texts' | 'pieces';
  readonly sequence: Sequence;
}

export interface ToolCall {
  readonly name: string;
  /** The arguments on one line. */
  readonly summary: string;
  readonly startedAt: Date | undefined;
}

/** An event's envelope, and the state before it. */
export interface RenderContext {
  readonly at: Date | undefined;
  /** The sub-agent's instance; '' for the main agent. */
  readonly agentId: string;
  readonly memory: RenderState;
  readonly streams: TextStreams;
  /** The `about` of the last entry, at the moment of the call. */
  about(): string | undefined;
}

/** Makes the entry of an event; `undefined` if there is nothing to show. */
export type EventFormatter = (data: EventReader, context: RenderContext) => Entry | undefined;

/** The name of the event's sub-agent, or the beginning of its id; `undefined` for the main agent. */
export function agentOf({ agentId, memory }: RenderContext): string | undefined {
  return agentId === '' ? undefined : (memory.agents.get(agentId) ?? agentId.slice(0, 24));
}

/** "0.4 s", "3 min 20 s", "2 h 5 min"; `undefined` if `milliseconds` is no duration. */
export function formatDuration(milliseconds: number | undefined): string | undefined {
  if (milliseconds === undefined || !(milliseconds >= 0) || milliseconds === Infinity) {
    return undefined;
  }
  const seconds = milliseconds / 1000;
  if (seconds < 60) {
    return l10n.t({ message: '{0} s', args: [seconds.toFixed(1)], comment: ['{0}: seconds'] });
  }
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? l10n.t({ message: '{0} min {1} s', args: [minutes, Math.floor(seconds % 60)], comment: ['A duration'] })
    : l10n.t({ message: '{0} h {1} min', args: [Math.floor(minutes / 60), minutes % 60], comment: ['A duration'] });
}

/** A code of the runtime's in words: "task_complete" -> "task complete". */
export function words(value: string): string {
  return value.replaceAll('_', ' ');
}
