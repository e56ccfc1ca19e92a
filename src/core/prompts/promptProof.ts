import type { SessionEvent } from '@github/copilot-sdk';
import type { PromptEntry } from './promptEntry';
import type { PromptList } from './promptList';
import { PromptMatcher, promptKey } from './promptMatcher';
import type { PromptSender } from './promptSender';

/** Finds out which prompts of one outbox were delivered: a `user.message` of the session is the only proof. */
export class PromptProof {
  /** How often the history of this connection has each text; `undefined` until it was read. */
  private history: ReadonlyMap<string, number> | undefined;

  constructor(
    private readonly list: PromptList,
    /** Counts the prompts that the session shows, over all connections. */
    private readonly matcher: PromptMatcher,
    private readonly sender: PromptSender,
  ) {}

  /** The session is attached again: the new history is to prove the prompts that were sent before. */
  newConnection(): void {
    this.matcher.newConnection();
    this.history = undefined;
    for (const entry of [...this.list.shown, ...this.list.entries]) {
      entry.unproven = entry.transmitted;
    }
  }

  /**
   * Proves prompts by a history. The first one of a connection is what the service has: of the prompts that were sent
   * before, those in it were delivered, and the others were not. A later history is only searched for prompts that are
   * still uncertain, for the first one may have been cut off.
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
    /** By text, how many occurrences in the history are accounted for. */
    const used = new Map<string, number>();
    for (const entry of [...shown, ...entries].filter(({ unproven }) => unproven)) {
      entry.unproven = false;
      const text = promptKey(entry.prompt.text);
      const place = Math.max(entry.seenBefore, used.get(text) ?? 0) + 1;
      if (place <= (counts.get(text) ?? 0)) {
        used.set(text, place);
        this.onProven(entry);
      } else {
        // None of the occurrences so far is this prompt: the next history must not match one of them with it.
        entry.seenBefore = Math.max(entry.seenBefore, counts.get(text) ?? 0);
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
