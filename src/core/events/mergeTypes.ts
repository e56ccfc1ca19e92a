import type { SessionEvent } from '@github/copilot-sdk';
import type { EventIds } from './eventIds';

/**
 * Which events of a log a history may have under other ids, known by what they say: none; those of earlier connections;
 * all but the ephemeral ones of the connection there is now (a transcript that was kept has none of them, only what is
 * like them); all.
 *
 * What came over this connection is not to be among them where the history is this connection's: one that was written
 * before an event arrived does not have it, only what is like it. Events without an id are always known by what they
 * say.
 */
export type Recognised = 'none' | 'earlier' | 'kept' | 'all';

/** The events of a log as they are when a merge begins; more may be appended meanwhile. */
export interface LogSnapshot {
  readonly events: readonly SessionEvent[];
  readonly length: number;
  readonly ids: EventIds;
  identity(index: number): number;
  /** It came over an earlier connection, or may have. */
  isEarlier(index: number): boolean;
}

/** Why events may be missing between two events. */
export type GapReason = 'parent' | 'unrelated' | 'truncated';

export interface PlannedGap {
  readonly reason: GapReason;
  /** The id of the event that is missing. */
  readonly parentId?: string;
  /** The index of the event in the merged log that it stands before. */
  readonly before: number;
}

export interface MergePlan {
  readonly added: readonly SessionEvent[];
  /** What each of them is, where that was computed. */
  readonly identities: readonly number[];
  /** For each of them, the index of the event that it stands before; ascending. */
  readonly places: readonly number[];
  /** Ids of the history for events that are known under other ids. */
  readonly aliases: readonly string[];
  readonly gaps: readonly PlannedGap[];
  /** Prompts that a runtime showed as sent, and that the service does not have; `undefined`: those that were before. */
  readonly refuted: readonly SessionEvent[] | undefined;
  /** Does the history have this id? */
  hasId(id: string): boolean;
}

export interface MergeOptions {
  readonly recognised?: Recognised;
  /** The runtime said that it gave only a part of the history. */
  readonly truncated?: boolean;
  /** It is what the runtime answers when it is asked for the history. */
  readonly isHistory?: boolean;
  /** The history of this connection is in the log already: what it lacks, the service does not have. */
  readonly isRead?: boolean;
  /** Is it superseded by what the log has? */
  readonly isSuperseded?: (event: SessionEvent) => boolean;
}
