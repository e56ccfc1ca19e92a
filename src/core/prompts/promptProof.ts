import type { SessionEvent } from '@github/copilot-sdk';
import type { PromptEntry } from './promptEntry';
import type { PromptList } from './promptList';
import { PromptMatcher, promptKey } from './promptMatcher';
import type { PromptSender } from './promptSender';

/** Finds out which prompts of one outbox were delivered, by what the session shows. */
export class PromptProof {
  /** How often the history of this connection has each text; `undefined` until it was read. */
  private history: ReadonlyMap<string, number> | undefined;

  constructor(
    private readonly list: PromptList,
    /** Counts what the session shows, over all connections. */
    private readonly matcher: PromptMatcher,
    private readonly sender: PromptSender,
  ) {}

  /** The session is attached anew: what was seen before is not shown a second time, and its proof is still to come. */
  newConnection(): void {
    this.matcher.newConnection();
    this.history = undefined;
    for (const entry of [...this.list.shown, ...this.list.entries]) {
      entry.unproven = entry.transmitted;
    }
  }

  /**
   * The history as it was read first in this connection, which is what the service has: of all that was sent before,
   * what it shows was delivered, and what it lacks was not. A later history is searched for what is still uncertain: the
   * first one may have been cut.
   */
  prove(history: readonly SessionEvent[]): void {
    if (this.history !== undefined) {
      const uncertain = this.list.entries.filter(({ transmitted, prompt }) => transmitted && prompt.uncertain === true);
      if (uncertain.length === 0) {
        return;
      }
      for (const entry of uncertain) {
        entry.unproven = true;
      }
    }
    this.history = countPrompts(history);
    this.proveAll(this.history);
  }

  /** Prompts were added that were sent before: the history may be known already. */
  onAdded(): void {
    if (this.history !== undefined) {
      this.proveAll(this.history);
    }
  }

  /**
   * A `user.message` is the only proof of delivery; it is matched by its text, oldest prompt first. One whose call
   * failed may have arrived all the same (the connection broke before the answer), so those come last.
   */
  onEvent(event: SessionEvent): void {
    const text = this.matcher.observe(event);
    if (text === undefined) {
      return;
    }
    const count = this.matcher.count(text);
    const candidates = this.list.entries.filter(
      ({ prompt, transmitted, seenBefore }) =>
        transmitted && seenBefore < count && prompt.state !== 'delivered' && promptKey(prompt.text) === text,
    );
    const entry = candidates.find(({ prompt }) => prompt.state !== 'failed') ?? candidates[0];
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

  private proveAll(counts: ReadonlyMap<string, number>): void {
    const { entries, shown } = this.list;
    /** By text, how many of those in the history are accounted for. */
    const used = new Map<string, number>();
    for (const entry of [...shown, ...entries].filter(({ unproven }) => unproven)) {
      entry.unproven = false;
      const text = promptKey(entry.prompt.text);
      const place = Math.max(entry.seenBefore, used.get(text) ?? 0) + 1;
      if (place <= (counts.get(text) ?? 0)) {
        used.set(text, place);
        this.onProven(entry);
      } else {
        // None of those that are shown by now is this one: the next history must not take an earlier one for it.
        entry.seenBefore = Math.max(entry.seenBefore, counts.get(text) ?? 0);
        this.onMissing(entry);
      }
    }
  }

  private onProven(entry: PromptEntry): void {
    if (this.list.shown.includes(entry)) {
      this.list.forgetShown(entry);
    } else if (this.sender.isInFlight(entry)) {
      // Its answer is still to come, or to be given up: only that lets the next one go.
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

/** How often a history has each prompt, by its key. */
function countPrompts(history: readonly SessionEvent[]): ReadonlyMap<string, number> {
  const matcher = new PromptMatcher();
  const counts = new Map<string, number>();
  for (const event of history) {
    const text = matcher.observe(event);
    if (text !== undefined) {
      counts.set(text, matcher.count(text));
    }
  }
  return counts;
}
