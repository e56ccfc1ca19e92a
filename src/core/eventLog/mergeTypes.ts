import type { SessionEvent } from '@github/copilot-sdk';
import type { EventIds } from '../events/eventIds';

/**
 * Which events of a log a history may have under other ids, so that they are matched by content: none; those of earlier
 * connections; all but the ephemeral ones of the current connection (a persisted transcript has none of them, only similar
 * ones); all.
 *
 * A history of the current connection is not matched with what came over it: a history that was written before an event
 * arrived does not have it, only similar ones. Events without an id are always matched by content.
 */
export type Recognised = 'none' | 'earlier' | 'kept' | 'all';

/** The events of a log as they are when a merge begins; more may be appended meanwhile. */
export interface LogSnapshot {
  readonly events: readonly SessionEvent[];
  readonly length: number;
  readonly ids: EventIds;
  identity(index: number): number;
  /** Whether it came, or may have come, over an earlier connection. */
  isEarlier(index: number): boolean;
}

/** Why events may be missing between two events. */
export type GapReason = 'parent' | 'unrelated' | 'truncated';

export interface PlannedGap {
  readonly reason: GapReason;
  /** The id of the event that is missing. */
  readonly parentId?: string;
  /** Index, in the merged log, of the event behind the gap. */
  readonly before: number;
}

export interface MergePlan {
  readonly added: readonly SessionEvent[];
  /** The identity hash of each, `NaN` where it was not computed. */
  readonly identities: readonly number[];
  /** For each, the index of the event before which it is inserted; ascending. */
  readonly places: readonly number[];
  /** Ids of the history for events that are known under other ids. */
  readonly aliases: readonly string[];
  readonly gaps: readonly PlannedGap[];
  /** Prompts that a runtime showed as sent, and that the service does not have; `undefined` leaves them as they were. */
  readonly refuted: readonly SessionEvent[] | undefined;
  /** Whether the history has this id. */
  hasId(id: string): boolean;
}

export interface MergeOptions {
  readonly recognised?: Recognised;
  /** The runtime said that this is only a part of the history. */
  readonly truncated?: boolean;
  /** It is the runtime's answer to `session.getMessages`. */
  readonly isHistory?: boolean;
  /** The history of this connection is in the log already: the service does not have what that lacks. */
  readonly isRead?: boolean;
  /** Whether the log supersedes the event. */
  readonly isSuperseded?: (event: SessionEvent) => boolean;
}
