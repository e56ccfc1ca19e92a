import type { SessionEvent } from '@github/copilot-sdk';
import { hasId } from '../events/eventIds';
import { endConnection, type PromptEntry } from './promptEntry';
import type { PromptList } from './promptList';
import { promptKey, PromptRecords, recordsOf, shownPrompt, type PromptRecord } from './promptRecords';
import type { PromptSender } from './promptSender';

/**
 * Finds out which prompts of one outbox were delivered. The service's record of a prompt is the only proof, and proves
 * one prompt: it is given to the first of its text that it may be, and is another prompt's for all others.
 *
 * The runtime's own copy (1.0.85 and 1.0.102) shows a prompt as soon as it was sent, and its record may not come before
 * the next connection.
 */
export class PromptProof {
  /** By key, the records that this connection has shown, in the service's order as far as a history had them. */
  private present = new PromptRecords();
  /** A whole history of this connection was read: what it lacks was not delivered. */
  private isWhole = false;
  /** A whole history of this connection has arrived. */
  private isExpected = false;
  /** Ids of a transcript's events: its copies are of prompts that earlier runtimes were given. */
  private readonly kept = new Set<string>();

  constructor(
    private readonly list: PromptList,
    /** All records that were ever seen here. */
    private readonly known: PromptRecords,
    private readonly sender: PromptSender,
  ) {}

  private get all(): readonly PromptEntry[] {
    return [...this.list.shown, ...this.list.entries];
  }

  /** The session is attached again: the new history is to prove the prompts that were sent before. */
  newConnection(): void {
    this.present = new PromptRecords();
    this.isWhole = false;
    this.isExpected = false;
    for (const entry of this.all) {
      endConnection(entry);
    }
  }

  /** The runtime may have attached to the session again: the next history may have what was sent before. */
  connectedAnew(): void {
    for (const entry of this.all) {
      entry.isNew = false;
    }
  }

  /** To be given a transcript before its events are. */
  expectKept(events: readonly SessionEvent[]): void {
    for (const event of events) {
      if (shownPrompt(event) !== undefined && hasId(event)) {
        this.kept.add(event.id);
      }
    }
  }

  /**
   * To be given each history before its events are. Until the first whole one, it is unknown what the service had when
   * the connection began: such a record is of no prompt that was sent since.
   */
  expect(history: readonly SessionEvent[], truncated: boolean): void {
    const records = recordsOf(history);
    const before = this.present;
    this.present = new PromptRecords();
    [...records, ...before.all].forEach(({ key, record }) => this.present.add(key, record));
    if (!this.isExpected) {
      for (const one of records.filter(({ key, record }) => !this.known.of(key).has(record))) {
        this.isOfEarlier(one);
        this.known.removeCopy(one.key);
      }
      if (!truncated) {
        this.isExpected = true;
        this.known.forgetCopies();
        this.all.filter(({ isNew }) => isNew).forEach((entry) => (entry.copiesBefore = 0));
      }
    }
  }

  /**
   * Proves prompts by a history, which was given to `expect` before. Of the prompts that were sent over earlier connections, the first whole one says what was
   * delivered and what was not; a part says only what was. A later one is only searched for prompts that are still
   * uncertain, for the first one may have been cut off.
   */
  prove(history: readonly SessionEvent[], truncated: boolean): void {
    if (this.isWhole) {
      for (const entry of this.list.entries) {
        entry.unproven ||= entry.transmitted && entry.prompt.uncertain === true;
      }
    }
    this.isWhole ||= !truncated;
    // The log may know them as copies, so that no event has shown them.
    this.known.addAll(history).forEach((one) => this.onRecord(one));
    this.proveAll();
  }

  /** Prompts were added that were sent before; the history may be known already. */
  onAdded(): void {
    this.proveAll();
  }

  onEvent(event: SessionEvent): void {
    const shown = shownPrompt(event);
    if (shown === undefined) {
      return;
    }
    const { key, record } = shown;
    const isKept = this.kept.has(event.id);
    if (record === undefined) {
      if (isKept) {
        this.onKeptCopy(key);
        return;
      }
      const copied = oldest(this.entriesOf(key).filter(({ sentNow }) => sentNow));
      if (copied !== undefined) {
        copied.awaitsRecord = true;
        this.show(copied);
      }
      return;
    }
    const one = { key, record };
    if (isKept) {
      this.isOfEarlier(one);
    } else {
      this.present.add(key, record);
    }
    if (this.known.add(key, record)) {
      this.onRecord(one);
    } else if (isKept) {
      // The log took another record of this text for this one.
      this.onKeptCopy(key);
    }
  }

  /** Those with the same text: what is shown first, then what waits, oldest first. */
  private entriesOf(key: string): readonly PromptEntry[] {
    return this.all.filter(({ prompt }) => promptKey(prompt.text) === key);
  }

  /** The service may have a record of it, whose name is not known before the history. */
  private onKeptCopy(key: string): void {
    if (!this.isExpected) {
      this.known.addCopy(key);
      for (const entry of this.entriesOf(key).filter(({ isNew }) => isNew)) {
        entry.copiesBefore++;
      }
    }
  }

  /** The record is of no prompt that was first sent over this connection. */
  private isOfEarlier({ key, record }: PromptRecord): void {
    for (const entry of this.entriesOf(key)) {
      if (entry.isNew && !entry.recordsBefore.has(record)) {
        entry.recordsBefore.add(record);
        entry.copiesBefore = Math.max(0, entry.copiesBefore - 1);
      }
    }
  }

  /** A record that was not known has arrived. */
  private onRecord({ key, record }: PromptRecord): void {
    const candidates = (): readonly PromptEntry[] => this.entriesOf(key).filter((entry) => mayHave(entry, record));
    const fresh = candidates().find(
      ({ awaitsRecord, sentNow, prompt }) =>
        awaitsRecord || (sentNow && (prompt.state === 'sending' || prompt.state === 'sent')),
    );
    if (fresh !== undefined) {
      this.claim(key, record, fresh);
      return;
    }
    this.proveEqual(key);
    const found = this.isWhole ? oldest(candidates()) : undefined;
    if (found !== undefined) {
      this.claim(key, record, found);
    }
  }

  private proveAll(): void {
    const unproven = this.all.filter((entry) => entry.unproven);
    new Set(unproven.map(({ prompt }) => promptKey(prompt.text))).forEach((key) => this.proveEqual(key));
  }

  /** Proves the prompts of one text. */
  private proveEqual(key: string): void {
    const entries = this.entriesOf(key);
    const records = [...this.present.of(key)];
    const possible = (entry: PromptEntry): readonly string[] =>
      records
        .filter((record) => !entry.recordsBefore.has(record))
        .slice(entry.copiesBefore)
        .filter((record) => !entry.otherRecords.has(record));
    const unproven = entries.filter((entry) => entry.unproven);
    const isFailed = ({ prompt }: PromptEntry): boolean => prompt.state === 'failed';
    // Failed ones come last, as in `oldest`.
    for (const entry of [...unproven.filter((entry) => !isFailed(entry)), ...unproven.filter(isFailed)]) {
      const [record] = possible(entry);
      // Without a whole history, of several equal prompts nobody knows which one a record is of.
      const isClear = this.isWhole || (entries.length === 1 && entry.copiesBefore === 0);
      if (record !== undefined && isClear) {
        this.claim(key, record, entry);
      } else if (this.isWhole) {
        entry.unproven = false;
        records.forEach((other) => entry.otherRecords.add(other));
        entry.copiesBefore = 0;
        this.onMissing(entry);
      }
    }
  }

  /** The record is of this prompt, which is delivered, and of no other. */
  private claim(key: string, record: string, claimant: PromptEntry): void {
    for (const entry of this.entriesOf(key).filter((other) => other !== claimant)) {
      entry.otherRecords.add(record);
    }
    claimant.unproven = false;
    claimant.awaitsRecord = false;
    claimant.isProven = true;
    this.onProven(claimant);
  }

  private show(entry: PromptEntry): void {
    if (entry.prompt.state === 'sending') {
      this.sender.deliverUnanswered(entry);
    } else {
      this.list.show(entry);
      this.list.update(entry, { state: 'delivered', stalled: false });
    }
  }

  private onProven(entry: PromptEntry): void {
    if (this.list.shown.includes(entry)) {
      this.list.forgetShown(entry);
    } else if (this.sender.isInFlight(entry)) {
      // The next prompt waits for its answer, or for the end of the wait.
      this.sender.deliverUnanswered(entry);
    } else {
      this.list.remove(entry);
      this.list.update(entry, { state: 'delivered', stalled: false });
    }
  }

  /** The session showed it, and the service does not have it: it is undelivered. */
  private onMissing(entry: PromptEntry): void {
    if (this.list.shown.includes(entry)) {
      this.list.forgetShown(entry);
      this.list.entries.unshift(entry);
      entry.prompt = { ...entry.prompt, state: 'undelivered', uncertain: true };
      entry.restored = true;
    }
  }
}

function mayHave({ recordsBefore, otherRecords }: PromptEntry, record: string): boolean {
  return !recordsBefore.has(record) && !otherRecords.has(record);
}

/** The oldest prompt that nothing has shown. Failed ones come last: their call may have failed behind the delivery. */
function oldest(entries: readonly PromptEntry[]): PromptEntry | undefined {
  const candidates = entries.filter(({ transmitted, prompt }) => transmitted && prompt.state !== 'delivered');
  return candidates.find(({ prompt }) => prompt.state !== 'failed') ?? candidates[0];
}
