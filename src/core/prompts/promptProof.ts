import type { SessionEvent } from '@github/copilot-sdk';
import { isOwnCopy } from '../events/ownPrompt';
import type { PromptEntry } from './promptEntry';
import type { PromptList } from './promptList';
import { type PromptMatcher, promptKey } from './promptMatcher';
import type { PromptSender } from './promptSender';

/** Finds out which prompts of one outbox were delivered: a `user.message` of the session is the only proof. */
export class PromptProof {
  /** How often the service had each text, by the history of this connection; `undefined` until it was read. */
  private history: ReadonlyMap<string, number> | undefined;

  constructor(
    private readonly list: PromptList,
    /** Counts the prompts that the session shows, over all connections. */
    private readonly matcher: PromptMatcher,
    private readonly sender: PromptSender,
  ) {}

  /** The session is attached again: the new history is to prove the prompts that were sent before. */
  newConnection(): void {
    this.history = undefined;
    this.matcher.newConnection();
    for (const entry of [...this.list.shown, ...this.list.entries]) {
      entry.unproven = entry.transmitted;
      entry.sentNow = false;
      entry.shownSince = undefined;
    }
  }

  /** To be given a transcript before its events: see `PromptMatcher.expectKept`. */
  expectKept(events: readonly SessionEvent[]): void {
    this.matcher.expectKept(events);
  }

  /** To be given each whole history before its events: see `PromptMatcher.expect`. */
  expect(history: readonly SessionEvent[]): void {
    this.matcher.expect(history);
    for (const entry of [...this.list.shown, ...this.list.entries]) {
      if (entry.shownSince !== undefined) {
        entry.seenBefore = this.matcher.countBefore(entry.prompt.text) + entry.shownSince;
      }
    }
  }

  /**
   * Proves prompts by a history. The first one of a connection is what the service has: of the prompts that were sent
   * before, those in it were delivered, and the others were not. A later history is only searched for prompts that are
   * still uncertain, for the first one may have been cut off.
   * @param history a whole one: of equal prompts, a part does not say which they are
   */
  prove(history: readonly SessionEvent[]): void {
    this.expect(history);
    if (this.history !== undefined) {
      const uncertain = this.list.entries.filter(({ transmitted, prompt }) => transmitted && prompt.uncertain === true);
      if (uncertain.length === 0) {
        return;
      }
      for (const entry of uncertain) {
        entry.unproven = true;
      }
    }
    this.history = this.matcher.countRecords(history);
    this.proveAll(this.history);
  }

  /** Prompts were added that were sent before; the history may be known already. */
  onAdded(): void {
    if (this.history !== undefined) {
      this.proveAll(this.history);
    }
  }

  /**
   * A `user.message` is matched by its text, oldest prompt first. A prompt whose call failed may have arrived nevertheless
   * (the connection broke before the answer), so failed ones come last.
   */
  onEvent(event: SessionEvent): void {
    const seen = this.matcher.observe(event);
    if (seen === undefined) {
      return;
    }
    const { text, place } = seen;
    const candidates = this.list.entries.filter(
      ({ prompt, transmitted, seenBefore }) =>
        transmitted && seenBefore < place && prompt.state !== 'delivered' && promptKey(prompt.text) === text,
    );
    const others = candidates.filter(({ prompt }) => prompt.state !== 'failed');
    // The runtime copies what it was given itself, not what an earlier one was.
    const entry = (isOwnCopy(event) ? others.find(({ sentNow }) => sentNow) : undefined) ?? others[0] ?? candidates[0];
    if (entry === undefined) {
      return;
    }
    if (entry.prompt.state === 'sending') {
      this.sender.deliverUnanswered(entry);
    } else {
      this.list.show(entry);
      this.list.update(entry, { state: 'delivered', stalled: false });
    }
  }

  /**
   * Each prompt takes the first record of its text that is behind those from before it was sent and that no other prompt
   * has taken. Prompts that this connection showed come first: their records have other ids if the runtime had released
   * the session unnoticed. Failed ones come last, as in `onEvent`.
   */
  private proveAll(counts: ReadonlyMap<string, number>): void {
    const { entries, shown } = this.list;
    const isFailed = ({ prompt }: PromptEntry): boolean => prompt.state === 'failed';
    const unproven = [...shown, ...entries].filter((entry) => entry.unproven);
    /** By text, the records that are accounted for. */
    const taken = new Map<string, Set<number>>();
    for (const entry of shown.filter((entry) => !entry.unproven)) {
      takePlace(entry, taken);
    }
    for (const entry of [...unproven.filter((entry) => !isFailed(entry)), ...unproven.filter(isFailed)]) {
      const count = counts.get(promptKey(entry.prompt.text)) ?? 0;
      entry.unproven = false;
      if (takePlace(entry, taken) <= count) {
        this.onProven(entry);
      } else {
        // None of the records so far is this prompt: the next history must not match one of them with it.
        entry.seenBefore = Math.max(entry.seenBefore, count);
        this.onMissing(entry);
      }
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

/** @returns the place of the prompt among the records of its text, from 1 */
function takePlace({ prompt, seenBefore }: PromptEntry, taken: Map<string, Set<number>>): number {
  const text = promptKey(prompt.text);
  const places = taken.get(text) ?? new Set();
  let place = seenBefore + 1;
  while (places.has(place)) {
    place++;
  }
  taken.set(text, places.add(place));
  return place;
}
