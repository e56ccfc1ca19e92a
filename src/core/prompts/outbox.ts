import type { SessionEvent } from '@github/copilot-sdk';
import * as l10n from '@vscode/l10n';
import type { Disposable, Event } from 'vscode-jsonrpc/node';
import { defined } from '../common/defined';
import { realTimers, type Timers } from '../common/timers';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import type { Prompt, PromptState, SendMode } from './prompt';
import { detachEntry, entryOf, newEntry, storedOf, type PromptEntry } from './promptEntry';
import { PromptList } from './promptList';
import { PromptProof } from './promptProof';
import { PromptRecords } from './promptRecords';
import { PromptSender, type Transmit } from './promptSender';
import type { StoredPrompt } from './storedPrompt';

/** Prompts in these states may be sent again; for all others, an answer or a proof is still to come. */
const RETRYABLE: ReadonlySet<PromptState> = new Set(['queued', 'undelivered', 'failed']);

/**
 * The prompts of one session that are not delivered yet, whether the session is watched or not. No prompt is ever
 * dropped: it leaves when the session's events show it, when the user discards it, or when another outbox takes it over
 * (`takeFrom`), so that it is never in two. Nothing is sent twice without the user's request.
 */
export class Outbox implements Disposable {
  private readonly list: PromptList;
  private readonly sender: PromptSender;
  private readonly proof: PromptProof;
  private disposed = false;

  readonly onDidChange: Event<Prompt>;

  /** @param transmit `undefined` for a session that is not watched: the outbox keeps prompts and sends none */
  constructor(transmit: Transmit | undefined, timers: Timers = realTimers) {
    const records = new PromptRecords();
    this.list = new PromptList(timers);
    this.sender = new PromptSender(this.list, records, transmit);
    this.proof = new PromptProof(this.list, records, this.sender);
    this.onDidChange = this.list.onDidChange;
  }

  /**
   * Awaited before a prompt is given to the runtime: persists it as one that may have been sent. Must not reject.
   */
  set beforeSend(beforeSend: () => Promise<void>) {
    this.sender.beforeSend = beforeSend;
  }

  /** The prompts that are not delivered, oldest first. */
  get pending(): readonly Prompt[] {
    return this.list.entries.map((entry) => entry.prompt);
  }

  /** The prompts that are not delivered, or not proven to be, to be persisted: see `restore`. */
  get stored(): readonly StoredPrompt[] {
    // An entry that was taken over has the state of a prompt whose proof is still to come.
    return [
      ...this.list.shown.map((entry) => ({ ...storedOf(entry), state: 'shown' as const })),
      ...this.list.entries.map(storedOf),
    ];
  }

  /** No prompt waits for the user or the agent. */
  get isDone(): boolean {
    return this.list.entries.length === 0;
  }

  /** The outbox may be dropped: no prompt waits, and none is still to be proven. */
  get isEmpty(): boolean {
    return this.isDone && this.list.shown.length === 0;
  }

  /** True while prompts can be sent: then a queued one waits only for the one before it. */
  get isOpen(): boolean {
    return this.sender.isOpen;
  }

  /** Adds persisted prompts before those that are here. Changes are announced by `announceRestored`. */
  restore(prompts: readonly StoredPrompt[]): void {
    const isShown = ({ state }: StoredPrompt): boolean => state === 'shown';
    this.prepend(prompts.filter(isShown).map(entryOf), prompts.filter((prompt) => !isShown(prompt)).map(entryOf));
  }

  /**
   * Takes over all prompts of another outbox, which is empty afterwards. The prompts keep their ids.
   * @param reason rejects the calls that wait for a queued prompt's message id; without it they go on waiting
   */
  takeFrom(other: Outbox, reason?: CloudSessionsError): void {
    const isDelivered = ({ prompt }: PromptEntry): boolean => prompt.state === 'delivered';
    const all = other.list.entries.splice(0);
    // A prompt may be shown before the answer to its call arrives.
    const shown = [...other.list.shown.splice(0), ...all.filter(isDelivered)];
    const entries = all.filter((entry) => !isDelivered(entry));
    other.sender.abandon();
    for (const entry of [...shown, ...entries]) {
      detachEntry(entry, reason);
    }
    this.prepend(shown, entries);
  }

  /** Announces, once, the restored prompts that are not delivered. To be called when the session's history was read. */
  announceRestored(): void {
    for (const entry of [...this.list.entries]) {
      if (entry.restored) {
        entry.restored = false;
        this.list.notify(entry);
      }
    }
  }

  /** See `PromptProof.newConnection`. */
  newConnection(): void {
    this.proof.newConnection();
  }

  /** The runtime may have attached to the session again: the next history may have what was sent before. */
  connectedAnew(): void {
    this.proof.connectedAnew();
  }

  /** To be given a transcript before its events are: see `PromptProof.expectKept`. */
  expectKept(events: readonly SessionEvent[]): void {
    this.proof.expectKept(events);
  }

  /**
   * To be given each history before its events are: see `PromptProof.expect`.
   * @param truncated it is only a part
   */
  expect(history: readonly SessionEvent[], truncated = false): void {
    this.proof.expect(history, truncated);
  }

  /**
   * Proves, by a history that was read, what was delivered: see `PromptProof.prove`.
   * @param truncated it is only a part
   */
  prove(history: readonly SessionEvent[], truncated = false): void {
    this.proof.prove(history, truncated);
  }

  /** To be given every event of the session: a `user.message` proves that a prompt was delivered. */
  onEvent(event: SessionEvent): void {
    this.proof.onEvent(event);
  }

  /**
   * Queues a prompt; it is sent as soon as the agent can take it, after those before it.
   * @returns its message id, once the runtime has accepted it
   * @throws `timeout` if the runtime does not answer within `UNANSWERED_AFTER_MS`: the prompt may have arrived
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
      this.list.entries.push(entry);
      this.list.notify(entry);
      this.list.watchStart(entry);
      this.sender.flush();
    });
  }

  /** @param open whether the agent can take prompts; they wait while it cannot */
  setOpen(open: boolean): void {
    this.sender.setOpen(open);
  }

  /** Sends a failed, undelivered or waiting prompt again, at the user's request. @returns false if it is not there */
  retry(id: number): boolean {
    const entry = this.list.find(id);
    if (entry === undefined || !RETRYABLE.has(entry.prompt.state)) {
      return false;
    }
    const { text, mode, messageId, uncertain } = entry.prompt;
    entry.mayHaveArrived ||= uncertain === true;
    // A late answer to the earlier transmission must not count as the answer to the next one.
    entry.attempt = undefined;
    entry.cameBack = false;
    entry.prompt = { id, text, mode, state: 'queued', stalled: false, ...defined({ messageId }) };
    this.list.notify(entry);
    this.list.watchStart(entry);
    this.sender.flush();
    return true;
  }

  /** Discards a prompt, at the user's request. @returns false if it is not there (any more) */
  discard(id: number): boolean {
    const entry = this.list.find(id);
    if (entry === undefined) {
      return false;
    }
    this.list.remove(entry);
    entry.reject(new CloudSessionsError('cancelled', l10n.t('The prompt was discarded before it was delivered.')));
    this.list.notify(entry);
    // Those behind it do not wait for its answer.
    this.sender.release(entry);
    return true;
  }

  dispose(): void {
    this.disposed = true;
    for (const entry of [...this.list.entries]) {
      this.list.remove(entry);
      entry.reject(closed());
    }
    this.list.dispose();
  }

  private prepend(shown: readonly PromptEntry[], entries: readonly PromptEntry[]): void {
    this.list.shown.unshift(...shown);
    this.list.entries.unshift(...entries);
    for (const entry of entries) {
      if (entry.prompt.state === 'queued' && this.sender.canSend) {
        this.list.watchStart(entry);
      }
    }
    this.proof.onAdded();
    this.sender.flush();
  }
}

function closed(): CloudSessionsError {
  return new CloudSessionsError('cancelled', l10n.t('The session was closed before the prompt was delivered.'));
}
