import type { SessionEvent } from '@github/copilot-sdk';
import { readString } from '../common/json';
import { secrets } from '../redaction/secrets';
import { hasId } from '../events/eventIds';
import { isOwnCopy } from '../events/ownPrompt';

/**
 * The text by which a prompt is recognised in the session. Secrets are removed: text from a runtime has none any more,
 * and a prompt as the user wrote it may have some.
 */
export function promptKey(text: string): string {
  return secrets.clean(text).trim();
}

/** A prompt that the session shows: an event, or the runtime's copy and the service's echo of it. */
interface Occurrence {
  readonly text: string;
  /** Of its first event; `undefined` if that has none. */
  readonly id: string | undefined;
  readonly isCopy: boolean;
}

/** A prompt that was not seen before: its key, and its place among those of this key, from 1. */
export interface SeenPrompt {
  readonly text: string;
  readonly place: number;
}

/**
 * Counts the prompts that a session shows, by their text: first those from before this connection, then those since.
 *
 * The runtime shows a prompt as soon as it has sent it, and the service's echo may follow (1.0.102). The echo does not
 * prove that another prompt of the same text has arrived.
 */
export class PromptMatcher {
  /** By text, how many are from before this connection; until `expect`, as far as the log has them. */
  private readonly before = new Map<string, number>();
  /** By text, how many came since. */
  private readonly since = new Map<string, number>();
  /** Those that came since, and what of them is not paired. */
  private pairs = new Pairs();
  /** By the event's id, the places of those from before this connection. */
  private readonly places = new Map<string, number>();
  /** Ids of a transcript's events: they came over earlier connections, whenever they are added. */
  private readonly kept = new Set<string>();
  /** `before` is known from a history. */
  private isExpecting = false;

  /** How many prompts of this text were seen. */
  count(text: string): number {
    return this.countBefore(text) + this.countSince(text);
  }

  countBefore(text: string): number {
    return this.before.get(promptKey(text)) ?? 0;
  }

  countSince(text: string): number {
    return this.since.get(promptKey(text)) ?? 0;
  }

  observe(event: SessionEvent): SeenPrompt | undefined {
    const text = keyOf(event);
    if (text === undefined) {
      return undefined;
    }
    const place = this.places.get(event.id);
    if (place !== undefined) {
      return { text, place };
    }
    if (this.kept.has(event.id)) {
      if (!this.isExpecting) {
        this.before.set(text, this.countBefore(text) + 1);
      }
      return { text, place: this.countBefore(text) };
    }
    if (this.pairs.add(event) !== undefined) {
      this.since.set(text, this.countSince(text) + 1);
      return { text, place: this.count(text) };
    }
    return undefined;
  }

  /** Echoes of earlier prompts do not arrive any more: a new connection begins with the whole history. */
  newConnection(): void {
    for (const text of this.since.keys()) {
      this.before.set(text, this.count(text));
    }
    this.since.clear();
    this.pairs = new Pairs();
    this.places.clear();
    this.isExpecting = false;
  }

  /** To be given a transcript before its events are. */
  expectKept(events: readonly SessionEvent[]): void {
    for (const event of events) {
      if (keyOf(event) !== undefined && hasId(event)) {
        this.kept.add(event.id);
      }
    }
  }

  /**
   * To be given the first whole history of a connection before its events are. It says how many prompts the service had
   * when the connection began: all of its records that did not come live. Up to then, copies may be counted that never
   * reached the service, and what came while nobody was connected is missing.
   */
  expect(history: readonly SessionEvent[]): void {
    if (this.isExpecting) {
      return;
    }
    this.isExpecting = true;
    this.before.clear();
    for (const { text, id } of this.recordsIn(history)) {
      const place = this.countBefore(text) + 1;
      this.before.set(text, place);
      if (id !== undefined) {
        this.places.set(id, place);
      }
    }
  }

  /** How often a history has each prompt, by its key, without those that came over this connection. */
  countRecords(history: readonly SessionEvent[]): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { text } of this.recordsIn(history)) {
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
    return counts;
  }

  /** The service's records of prompts; those that came over this connection, and the runtime's copies, are left out. */
  private recordsIn(history: readonly SessionEvent[]): readonly Occurrence[] {
    const pairs = new Pairs();
    for (const event of history) {
      pairs.add(event);
    }
    return pairs.all.filter(({ id, isCopy }) => !isCopy && !this.pairs.has(id));
  }
}

/** The prompts among events of one connection: an echo belongs to the first copy of its text that has none. */
class Pairs {
  readonly all: Occurrence[] = [];
  private readonly ids = new Set<string>();
  /** By text, the copies without an echo. */
  private readonly open = new Map<string, Occurrence[]>();

  has(id: string | undefined): boolean {
    return id !== undefined && this.ids.has(id);
  }

  /** @returns the prompt, if the event does not belong to one that is known */
  add(event: SessionEvent): Occurrence | undefined {
    const text = keyOf(event);
    if (text === undefined) {
      return undefined;
    }
    if (hasId(event)) {
      this.ids.add(event.id);
    }
    const isCopy = isOwnCopy(event);
    const copies = this.open.get(text) ?? [];
    this.open.set(text, copies);
    if (!isCopy && copies.shift() !== undefined) {
      return undefined;
    }
    const occurrence = { text, id: hasId(event) ? event.id : undefined, isCopy };
    this.all.push(occurrence);
    if (isCopy) {
      copies.push(occurrence);
    }
    return occurrence;
  }
}

/** The key of a `user.message`. */
function keyOf(event: SessionEvent): string | undefined {
  const content = event.type === 'user.message' ? readString(event.data, 'content') : undefined;
  return content === undefined ? undefined : promptKey(content);
}
