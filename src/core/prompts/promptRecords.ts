import type { SessionEvent } from '@github/copilot-sdk';
import { readString } from '../common/json';
import { isOwnCopy } from '../events/ownPrompt';
import { secrets } from '../redaction/secrets';

/**
 * The text by which a prompt is recognised in the session. Secrets are removed: text from a runtime has none any more,
 * and a prompt as the user wrote it may have some.
 */
export function promptKey(text: string): string {
  return secrets.clean(text).trim();
}

/** A record of the service that has a prompt. */
export interface PromptRecord {
  /** See `promptKey`. */
  readonly key: string;
  readonly record: string;
}

/** A prompt as an event shows it. */
export interface ShownPrompt {
  /** See `promptKey`. */
  readonly key: string;
  /** The name of the service's record of it; `undefined` for the runtime's own copy, which proves nothing. */
  readonly record: string | undefined;
}

/** `undefined` for other events than a `user.message` with a text. */
export function shownPrompt(event: SessionEvent): ShownPrompt | undefined {
  const content = event.type === 'user.message' ? readString(event.data, 'content') : undefined;
  if (content === undefined) {
    return undefined;
  }
  return { key: promptKey(content), record: isOwnCopy(event) ? undefined : readString(event.data, 'source') };
}

/**
 * The service's records of prompts that are known, by the prompt's key. A record has the same `source` over every
 * connection (measured: 1.0.55, 1.0.85, 1.0.102), while the ids and the times of its events differ.
 */
export class PromptRecords {
  private readonly byKey = new Map<string, Set<string>>();
  private readonly copies = new Map<string, number>();

  /** In the order in which they became known. */
  of(key: string): ReadonlySet<string> {
    return this.byKey.get(key) ?? new Set();
  }

  get all(): readonly PromptRecord[] {
    return [...this.byKey].flatMap(([key, records]) => [...records].map((record) => ({ key, record })));
  }

  /** How many copies a transcript has whose records are not known: no history was read since. */
  copiesOf(key: string): number {
    return this.copies.get(key) ?? 0;
  }

  addCopy(key: string): void {
    this.copies.set(key, this.copiesOf(key) + 1);
  }

  /** The record of one of them is known now. */
  removeCopy(key: string): void {
    this.copies.set(key, Math.max(0, this.copiesOf(key) - 1));
  }

  forgetCopies(): void {
    this.copies.clear();
  }

  /** @returns false if it is known already */
  add(key: string, record: string): boolean {
    const records = this.byKey.get(key) ?? new Set();
    this.byKey.set(key, records);
    return records.size < records.add(record).size;
  }

  /** @returns those that were not known, in their order */
  addAll(history: readonly SessionEvent[]): readonly PromptRecord[] {
    return recordsOf(history).filter(({ key, record }) => this.add(key, record));
  }
}

/** All records of a history, in their order. */
export function recordsOf(history: readonly SessionEvent[]): readonly PromptRecord[] {
  return history.flatMap((event) => {
    const { key, record } = shownPrompt(event) ?? {};
    return key === undefined || record === undefined ? [] : [{ key, record }];
  });
}
