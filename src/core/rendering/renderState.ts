import { BoundedMap } from '../common/bounded';
import type { EventReader } from './eventReader';
import type { Sequence } from './sequence';
import type { TextStreams } from './textStreams';
import type { Entry } from './entry';

/** What the renderer remembers of earlier events, to say in a later one what it is about. */
export class RenderState {
  readonly tools = new BoundedMap<string, ToolCall>(4096);
  /** The names of sub-agents, by their `agentId` and by the tool call that started them. */
  readonly agents = new BoundedMap<string, string>(1024);
  /** What was asked, by request id. */
  readonly requests = new BoundedMap<string, string>(4096);
  /** What was asked, as a whole, by request id and by the id of the tool call that it is about. */
  readonly asked = new BoundedMap<string, string>(8192);
  /** What was answered, by request id. */
  readonly answers = new BoundedMap<string, ShownAnswer>(4096);
  /** Where the output of a running tool comes from, by call id. */
  readonly outputs = new BoundedMap<string, LiveOutput>(4096);
  /** The last intent, by agent. */
  readonly intents = new BoundedMap<string, string>(1024);
  /** The last state of each recovery of a permission. */
  readonly recoveries = new BoundedMap<string, string>(1024);
  /** What was said of the main agent's rest since it last worked, so that it is said once. */
  readonly rest = new Set<string>();
  /** Autopilot has stopped since the agent last worked: an idle session goes on no more. */
  autopilotStopped = false;
  /** The session is idle: nothing runs any more. */
  isAtRest = false;

  /** To be called for each event before its handler. */
  observe(type: string): void {
    if (WORK.test(type)) {
      this.rest.clear();
      this.autopilotStopped = false;
      this.isAtRest = false;
    }
  }
}

/** In `Memory.rest`: it was said that the agent was interrupted. */
export const INTERRUPTED = 'interrupted';
/** Events that say that the agent has been given something to do, or does it. */
const WORK =
  /^(user\.message|assistant\.(?!idle$).*|tool\..*|subagent\..*|skill\.invoked|(permission|user_input|elicitation|exit_plan_mode)\.requested)$/;

export interface ShownAnswer {
  readonly text: string;
  /** The event that had it. */
  readonly source: 'completed' | 'recorded';
  /** It said what was answered, and not only that it was. */
  readonly isFull: boolean;
}

/** A shell's output comes twice: whole texts so far in one type of event, pieces in another. One of them is shown. */
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

/** What an event's envelope says, and what was before it. */
export interface RenderContext {
  readonly at: Date | undefined;
  /** The sub-agent's instance; '' for the main agent. */
  readonly agentId: string;
  readonly memory: RenderState;
  readonly streams: TextStreams;
  /** What the last line of the log is about, at the moment of the call. */
  about(): string | undefined;
}

/** What an event looks like; `undefined` if there is nothing to show. */
export type EventFormatter = (data: EventReader, context: RenderContext) => Entry | undefined;

/** "[explore] " before what a sub-agent does; '' for the main agent. */
export function agentTag(context: RenderContext): string {
  if (context.agentId === '') {
    return '';
  }
  return `[${context.memory.agents.get(context.agentId) ?? context.agentId.slice(0, 24)}] `;
}

/** Joins what there is with " · ". */
export function dots(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== false && part !== '').join(' · ');
}

/** "0.4 s", "3 min 20 s", "2 h 5 min"; `undefined` for what is no duration. */
export function formatDuration(milliseconds: number | undefined): string | undefined {
  if (milliseconds === undefined || !(milliseconds >= 0) || milliseconds === Infinity) {
    return undefined;
  }
  const seconds = milliseconds / 1000;
  if (seconds < 60) {
    return `${seconds.toFixed(1)} s`;
  }
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.floor(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** "1 event", "2 events" */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** "task_complete" -> "task complete". */
export function words(value: string): string {
  return value.replaceAll('_', ' ');
}
