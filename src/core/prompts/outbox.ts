import * as l10n from '@vscode/l10n';
import type { SessionEvent } from '@github/copilot-sdk';
import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { defined } from '../common/defined';
import { CloudSessionsError, mayHaveArrived } from '../errors/cloudSessionsError';
import { PromptMatcher, promptKey } from './promptMatcher';
import { detachEntry, entryOf, newEntry, storedOf, type PromptEntry } from './promptEntry';
import { explainRequestError } from '../rpc/rpcErrors';
import type { StoredPrompt } from './storedPrompt';
import { realTimers, type Timers } from '../common/timers';
import type { Prompt, PromptState, SendMode } from './prompt';

/** How long a prompt waits for the agent's start before the user is told, in milliseconds. */
export const STALLED_AFTER_MS = 60_000;
/** How long the runtime may take to answer a send before the prompt counts as not confirmed, in milliseconds. */
export const UNANSWERED_AFTER_MS = 60_000;
/** How long a sent prompt may go unseen before it counts as undelivered, in milliseconds. */
export const UNDELIVERED_AFTER_MS = 30_000;

/** How many prompts are remembered that the session showed: those before them are long with the service. */
const MAX_SHOWN = 20;

/** Those that may be sent again: of all others, an answer or a proof is still to come. */
const RETRYABLE: ReadonlySet<PromptState> = new Set(['queued', 'undelivered', 'failed']);

/** Nothing of a prompt was taken: the runtime had let go of the session, which is being attached again. */
export class PromptNotTaken extends Error {
  override readonly name = 'PromptNotTaken';

  /** @param reason what the call failed with */
  constructor(readonly reason: unknown) {
    // eslint-disable-next-line texts/localized -- the outbox catches it: nobody sees it
    super('The prompt was not taken.');
  }
}

/** Sends a prompt; resolves to its message id. Rejects with `PromptNotTaken` if it is to go out again by itself. */
export type Transmit = (text: string, mode: SendMode) => Promise<string>;

/**
 * The prompts of one session that are not delivered yet, whether the session is watched or not. None is ever dropped: a
 * prompt leaves only when it was seen in the session's events, when the user discards it, or when another outbox takes
 * it over (`takeFrom`), so that it is never in two. Nothing is sent twice by itself.
 */
export class Outbox implements Disposable {
  private readonly entries: PromptEntry[] = [];
  private readonly changes = new Emitter<Prompt>();
  /**
   * What the session showed, oldest first. The runtime shows a prompt before the service has it (measured on 1.0.85 and
   * 1.0.102): should it end in that moment, the prompt is lost, which only the history of the next connection tells.
   */
  private readonly shown: PromptEntry[] = [];
  private readonly echoes = new PromptMatcher();
  /** How often the history of this connection has each text; `undefined` until it was read. */
  private history: ReadonlyMap<string, number> | undefined;
  private open = false;
  /** The one that the runtime has and has not answered: the next one waits for it. */
  private inFlight: PromptEntry | undefined;
  private disposed = false;

  readonly onDidChange: Event<Prompt> = this.changes.event;
  /**
   * Awaited before a prompt goes to the runtime: it is to be persisted as one that may have been sent, whatever comes.
   * Must not reject.
   */
  beforeSend: (() => Promise<void>) | undefined;

  /** @param transmit `undefined` for the outbox of a session that nobody watches: it keeps prompts and sends none */
  constructor(
    private readonly transmit: Transmit | undefined,
    private readonly timers: Timers = realTimers,
  ) {}

  /** All that is not delivered, oldest first. */
  get pending(): readonly Prompt[] {
    return this.entries.map((entry) => entry.prompt);
  }

  /** All that is not delivered, or not proven to be, to be persisted: see `restore`. */
  get stored(): readonly StoredPrompt[] {
    // Of one that was taken over, the state is that of a prompt whose proof is still to come.
    return [
      ...this.shown.map((entry) => ({ ...storedOf(entry), state: 'shown' as const })),
      ...this.entries.map(storedOf),
    ];
  }

  /** Nothing waits in it for the user or the agent. */
  get isDone(): boolean {
    return this.entries.length === 0;
  }

  /** It may be forgotten: it has nothing that waits, nor anything whose delivery is still to be proven. */
  get isEmpty(): boolean {
    return this.isDone && this.shown.length === 0;
  }

  /** True while the prompts could go out: then a queued one waits only for the one before it. */
  get isOpen(): boolean {
    return this.open;
  }

  /** Takes over what was persisted, before the prompts that this one has. No change is announced: see `announceRestored`. */
  restore(prompts: readonly StoredPrompt[]): void {
    const isShown = ({ state }: StoredPrompt): boolean => state === 'shown';
    this.prepend(prompts.filter(isShown).map(entryOf), prompts.filter((prompt) => !isShown(prompt)).map(entryOf));
  }

  /**
   * Takes over all that another outbox has; that is empty afterwards. The prompts keep their ids.
   * @param reason settles those who wait for a queued prompt's message id; without it they go on waiting
   */
  takeFrom(other: Outbox, reason?: CloudSessionsError): void {
    const isDelivered = ({ prompt }: PromptEntry): boolean => prompt.state === 'delivered';
    const all = other.entries.splice(0);
    // The session has shown a prompt also where the answer to its call is still to come.
    const shown = [...other.shown.splice(0), ...all.filter(isDelivered)];
    const entries = all.filter((entry) => !isDelivered(entry));
    other.inFlight = undefined;
    for (const entry of [...shown, ...entries]) {
      detachEntry(entry, reason);
    }
    this.prepend(shown, entries);
  }

  /** Tells, once, of what was restored and is still not delivered. To be called when the session's history was read. */
  announceRestored(): void {
    for (const entry of [...this.entries]) {
      if (entry.restored) {
        entry.restored = false;
        this.changes.fire(entry.prompt);
      }
    }
  }

  /** The session is attached anew: what was seen before is not shown a second time, and its proof is still to come. */
  newConnection(): void {
    this.echoes.newConnection();
    this.history = undefined;
    for (const entry of [...this.shown, ...this.entries]) {
      entry.unproven = entry.transmitted;
    }
  }

  /**
   * The history as it was read first in this connection, which is what the service has: of all that was sent before,
   * what it shows was delivered, and what it lacks was not. A later history is looked at for what is still uncertain: the
   * first one may have been cut.
   */
  prove(history: readonly SessionEvent[]): void {
    if (this.history !== undefined) {
      const uncertain = this.entries.filter(({ transmitted, prompt }) => transmitted && prompt.uncertain === true);
      if (uncertain.length === 0) {
        return;
      }
      for (const entry of uncertain) {
        entry.unproven = true;
      }
    }
    const echoes = new PromptMatcher();
    const counts = new Map<string, number>();
    for (const event of history) {
      const text = echoes.observe(event);
      if (text !== undefined) {
        counts.set(text, echoes.count(text));
      }
    }
    this.history = counts;
    this.proveAll(counts);
  }

  /**
   * Queues a prompt; it goes out as soon as the agent can take it, after those before it.
   * @returns its message id, once the runtime has accepted it
   * @throws `timeout` when the runtime has not answered in `UNANSWERED_AFTER_MS`: the prompt may have arrived
   */
  send(text: string, mode: SendMode): Promise<string> {
    if (text.trim() === '') {
      return Promise.reject(
        new CloudSessionsError('invalid-argument', l10n.t('The prompt is empty.'), {
          nextStep: l10n.t('Write what the agent should do.'),
        }),
      );
    }
    if (this.disposed) {
      return Promise.reject(closed());
    }
    return new Promise((resolve, reject) => {
      const entry = newEntry(text, mode, resolve, reject);
      this.entries.push(entry);
      this.changes.fire(entry.prompt);
      this.watchStart(entry);
      this.flush();
    });
  }

  /** Can the agent take prompts? Prompts wait while it cannot. */
  setOpen(open: boolean): void {
    this.open = open;
    this.flush();
  }

  /** Sends a failed, undelivered or waiting prompt again, because the user said so. @returns false if it is not there */
  retry(id: number): boolean {
    const entry = this.find(id);
    if (entry === undefined || !RETRYABLE.has(entry.prompt.state)) {
      return false;
    }
    const { text, mode, messageId } = entry.prompt;
    // A late answer to the earlier transmission must not be taken for the answer to the next one.
    entry.attempt = undefined;
    entry.cameBack = false;
    entry.prompt = {
      id,
      text,
      mode,
      state: 'queued',
      stalled: false,
      ...defined({ messageId }),
    };
    this.changes.fire(entry.prompt);
    this.watchStart(entry);
    this.flush();
    return true;
  }

  /** Gives a prompt up, because the user said so. @returns false if it is not there (any more) */
  discard(id: number): boolean {
    const entry = this.find(id);
    if (entry === undefined) {
      return false;
    }
    this.remove(entry);
    entry.reject(new CloudSessionsError('cancelled', l10n.t('The prompt was discarded before it was delivered.')));
    this.changes.fire(entry.prompt);
    // Those behind it do not wait for an answer that nobody wants.
    this.release(entry);
    return true;
  }

  /**
   * A `user.message` is the only proof of delivery; it is matched by its text, oldest prompt first. One whose call
   * failed may have arrived all the same (the connection broke before the answer), so those come last.
   */
  onEvent(event: SessionEvent): void {
    const text = this.echoes.observe(event);
    if (text === undefined) {
      return;
    }
    const count = this.echoes.count(text);
    const candidates = this.entries.filter(
      ({ prompt, transmitted, seenBefore }) =>
        transmitted && seenBefore < count && prompt.state !== 'delivered' && promptKey(prompt.text) === text,
    );
    const entry = candidates.find(({ prompt }) => prompt.state !== 'failed') ?? candidates[0];
    if (entry === undefined) {
      return;
    }
    if (entry.prompt.state === 'sending') {
      this.deliverUnanswered(entry);
    } else {
      this.show(entry);
      this.update(entry, { state: 'delivered', stalled: false });
    }
  }

  dispose(): void {
    this.disposed = true;
    for (const entry of [...this.entries]) {
      this.remove(entry);
      entry.reject(closed());
    }
    this.changes.dispose();
  }

  private prepend(shown: readonly PromptEntry[], entries: readonly PromptEntry[]): void {
    this.shown.unshift(...shown);
    this.entries.unshift(...entries);
    for (const entry of entries) {
      if (entry.prompt.state === 'queued' && this.transmit !== undefined) {
        this.watchStart(entry);
      }
    }
    if (this.history !== undefined) {
      this.proveAll(this.history);
    }
    this.flush();
  }

  private proveAll(counts: ReadonlyMap<string, number>): void {
    /** By text, how many of those in the history are accounted for. */
    const used = new Map<string, number>();
    for (const entry of [...this.shown, ...this.entries].filter(({ unproven }) => unproven)) {
      entry.unproven = false;
      const text = promptKey(entry.prompt.text);
      const place = Math.max(entry.seenBefore, used.get(text) ?? 0) + 1;
      const isShown = this.shown.includes(entry);
      if (place <= (counts.get(text) ?? 0)) {
        used.set(text, place);
        if (isShown) {
          this.shown.splice(this.shown.indexOf(entry), 1);
        } else if (this.inFlight === entry) {
          // Its answer is still to come, or to be given up: only that lets the next one go.
          this.deliverUnanswered(entry);
        } else {
          this.remove(entry);
          this.update(entry, { state: 'delivered', stalled: false });
        }
      } else {
        // None of those that are shown by now is this one: the next history must not take an earlier one for it.
        entry.seenBefore = Math.max(entry.seenBefore, counts.get(text) ?? 0);
        if (isShown) {
          this.shown.splice(this.shown.indexOf(entry), 1);
          this.entries.unshift(entry);
          entry.prompt = { ...entry.prompt, state: 'undelivered', uncertain: true };
          entry.restored = true;
        }
      }
    }
  }

  /**
   * The session shows a prompt before the answer that has its message id. The entry stays for that: `deliver` finishes it,
   * and the next prompt waits until then.
   */
  private deliverUnanswered(entry: PromptEntry): void {
    this.update(entry, { state: 'delivered', stalled: false });
    this.startTimer(entry, UNANSWERED_AFTER_MS, () => this.giveUp(entry));
  }

  /** It leaves the outbox; should the service turn out not to have it, it comes back. */
  private show(entry: PromptEntry): void {
    this.remove(entry);
    this.shown.push(entry);
    if (this.shown.length > MAX_SHOWN) {
      this.shown.shift();
    }
  }

  private flush(): void {
    if (!this.open || this.inFlight !== undefined || this.transmit === undefined) {
      return;
    }
    const entry = this.entries.find(({ prompt }) => prompt.state === 'queued');
    if (entry !== undefined) {
      this.inFlight = entry;
      void this.deliver(entry, this.transmit);
    }
  }

  /** The next one may go. */
  private release(entry: PromptEntry): void {
    if (this.inFlight === entry) {
      this.inFlight = undefined;
      this.flush();
    }
  }

  private async deliver(entry: PromptEntry, transmit: Transmit): Promise<void> {
    const attempt = {};
    const { transmitted } = entry;
    entry.attempt = attempt;
    entry.seenBefore = entry.transmitted ? entry.seenBefore : this.echoes.count(entry.prompt.text);
    entry.transmitted = true;
    entry.restored = false;
    this.update(entry, { state: 'sending', stalled: false });
    this.startTimer(entry, UNANSWERED_AFTER_MS, () => this.giveUp(entry));
    if (this.beforeSend !== undefined) {
      await this.beforeSend();
      if (entry.attempt !== attempt || !this.entries.includes(entry)) {
        return;
      }
    }
    try {
      const messageId = await transmit(entry.prompt.text, entry.prompt.mode);
      entry.resolve(messageId);
      this.finish(entry, attempt, { state: 'sent', messageId });
    } catch (error) {
      const isNotTaken = error instanceof PromptNotTaken;
      const isCurrent = entry.attempt === attempt && this.entries.includes(entry);
      // One that the session shows by now has arrived, whatever the runtime says of it.
      if (isNotTaken && !entry.cameBack && isCurrent && entry.prompt.state !== 'delivered') {
        entry.cameBack = true;
        entry.transmitted = transmitted;
        this.requeue(entry);
        return;
      }
      const reason = explainRequestError('send the prompt', isNotTaken ? error.reason : error);
      entry.reject(reason);
      this.finish(entry, attempt, { state: 'failed', error: reason, uncertain: mayHaveArrived(reason) });
    }
  }

  /**
   * What the answer means for a prompt, unless its `user.message` came first, it was discarded, taken over by another
   * outbox, or sent again in the meantime.
   */
  private finish(entry: PromptEntry, attempt: object, change: Partial<Prompt>): void {
    if (entry.attempt !== attempt || !this.entries.includes(entry)) {
      return;
    }
    entry.attempt = undefined;
    if (entry.prompt.state === 'delivered') {
      this.show(entry);
      this.update(entry, { ...change, state: 'delivered' });
    } else {
      const { error: _unanswered, ...prompt } = entry.prompt;
      entry.prompt = prompt;
      this.update(entry, { uncertain: false, ...change });
      if (change.state === 'sent') {
        this.startTimer(entry, UNDELIVERED_AFTER_MS, () =>
          this.update(entry, { state: 'undelivered', uncertain: true }),
        );
      }
    }
    this.release(entry);
  }

  /** The runtime answers pings, and not this call: the prompt may have arrived, and those behind it go on. */
  private giveUp(entry: PromptEntry): void {
    entry.reject(unanswered());
    if (entry.prompt.state === 'delivered') {
      this.show(entry);
    } else {
      this.update(entry, { state: 'undelivered', uncertain: true, error: unanswered() });
    }
    this.release(entry);
  }

  private requeue(entry: PromptEntry): void {
    entry.attempt = undefined;
    this.update(entry, { state: 'queued' });
    this.watchStart(entry);
    this.release(entry);
  }

  private watchStart(entry: PromptEntry): void {
    this.startTimer(entry, STALLED_AFTER_MS, () => {
      if (entry.prompt.state === 'queued') {
        this.update(entry, { stalled: true });
      }
    });
  }

  private startTimer(entry: PromptEntry, delayMs: number, callback: () => void): void {
    entry.timer?.dispose();
    entry.timer = this.timers(callback, delayMs);
  }

  private find(id: number): PromptEntry | undefined {
    return this.entries.find((entry) => entry.prompt.id === id);
  }

  private update(entry: PromptEntry, change: Partial<Prompt>): void {
    entry.prompt = { ...entry.prompt, ...change };
    if (change.state !== undefined && change.state !== 'queued') {
      entry.timer?.dispose();
      entry.timer = undefined;
    }
    this.changes.fire(entry.prompt);
  }

  private remove(entry: PromptEntry): void {
    entry.timer?.dispose();
    entry.timer = undefined;
    const index = this.entries.indexOf(entry);
    if (index >= 0) {
      this.entries.splice(index, 1);
    }
  }
}

function closed(): CloudSessionsError {
  return new CloudSessionsError('cancelled', l10n.t('The session was closed before the prompt was delivered.'));
}

function unanswered(): CloudSessionsError {
  return new CloudSessionsError(
    'timeout',
    l10n.t('The runtime has not confirmed the prompt within {0} s. It may have arrived.', UNANSWERED_AFTER_MS / 1_000),
    { nextStep: l10n.t('Check whether the session shows it before you send it again.') },
  );
}
