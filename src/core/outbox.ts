import type { SessionEvent } from '@github/copilot-sdk';
import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { CloudSessionsError } from './errors';
import { realTimers, type Timers } from './pendingRouting';
import { PromptEchoes } from './promptEchoes';
import { explainRequestError } from './requestErrors';
import type { StoredPrompt } from './storedPrompt';

/**
 * queued: the agent has not started, or the session is not connected. sending: the runtime has it. sent: the runtime
 * gave it a message id, which proves nothing. delivered: the session's `user.message` was seen. undelivered: sent, and
 * not seen in time. failed: refused, or the connection broke before an answer.
 */
export type PromptState = 'queued' | 'sending' | 'sent' | 'delivered' | 'undelivered' | 'failed';
export type SendMode = 'enqueue' | 'immediate';

export interface Prompt {
  readonly id: number;
  readonly text: string;
  readonly mode: SendMode;
  readonly state: PromptState;
  readonly messageId?: string;
  readonly error?: CloudSessionsError;
  /** It may have arrived, though nothing shows it: sent again, the agent may get it twice. */
  readonly uncertain?: boolean;
  /** True once it has been queued for `STALLED_AFTER_MS` without the agent starting. */
  readonly stalled: boolean;
}

/** How long a prompt waits for the agent's start before the user is told, in milliseconds. */
export const STALLED_AFTER_MS = 60_000;
/** How long a sent prompt may go unseen before it counts as undelivered, in milliseconds. */
export const UNDELIVERED_AFTER_MS = 30_000;

/** How many prompts are remembered that the session showed: those before them are long with the service. */
const MAX_SHOWN = 20;

/** Those that may be sent again: of all others, an answer or a proof is still to come. */
const RETRYABLE: ReadonlySet<PromptState> = new Set(['queued', 'undelivered', 'failed']);

interface Entry {
  prompt: Prompt;
  /** It was given to the runtime at least once, so the session may show it. */
  transmitted: boolean;
  /** How many prompts of its text the session had shown when it was given to the runtime. */
  seenBefore: number;
  /** It was given to another connection than the one there is now, whose history has not been searched for it. */
  unproven: boolean;
  /** It comes from before a reload, and nobody was told of it since. */
  restored: boolean;
  resolve: (messageId: string) => void;
  reject: (error: CloudSessionsError) => void;
  timer?: Disposable | undefined;
}

/**
 * The prompts of one session that are not delivered yet. None is ever dropped: a prompt leaves only when it was seen
 * in the session's events, or when the user discards it. Nothing is sent twice by itself.
 */
export class Outbox implements Disposable {
  private readonly entries: Entry[] = [];
  private readonly changes = new Emitter<Prompt>();
  /**
   * What the session showed, oldest first. The runtime shows a prompt before the service has it (measured on 1.0.85 and
   * 1.0.102): should it end in that moment, the prompt is lost, which only the history of the next connection tells.
   */
  private readonly shown: Entry[] = [];
  private readonly echoes = new PromptEchoes();
  /** How often the history of this connection has each text; `undefined` until it was read. */
  private history: ReadonlyMap<string, number> | undefined;
  private nextId = 1;
  private open = false;
  private busy = false;
  private disposed = false;

  readonly onDidChange: Event<Prompt> = this.changes.event;
  /**
   * Awaited before a prompt goes to the runtime: it is to be kept as one that may have been sent, whatever comes. Must
   * not reject.
   */
  beforeSend: (() => Promise<void>) | undefined;

  constructor(
    /** Sends a prompt, resolves to its message id. */
    private readonly transmit: (text: string, mode: SendMode) => Promise<string>,
    private readonly timers: Timers = realTimers,
  ) {}

  /** All that is not delivered, oldest first. */
  get pending(): readonly Prompt[] {
    return this.entries.map((entry) => entry.prompt);
  }

  /** All that is not delivered, or not proven to be, to be kept: see `restore`. */
  get stored(): readonly StoredPrompt[] {
    return [...this.shown, ...this.entries].map(
      ({ prompt: { text, mode, state, error, uncertain }, transmitted, seenBefore }) => ({
        text,
        mode,
        state: state === 'delivered' ? 'shown' : state,
        transmitted,
        seenBefore,
        uncertain: uncertain === true,
        ...(error === undefined ? {} : { error: error.message }),
      }),
    );
  }

  /**
   * Takes over what another outbox kept, before the prompts that this one has. What was queued is queued; of what was
   * being sent nobody knows whether it arrived: it is undelivered until the session shows it, and not sent by itself.
   * No change is announced: see `announceRestored`.
   */
  restore(prompts: readonly StoredPrompt[]): void {
    const entries: Entry[] = [];
    for (const { text, mode, state, transmitted, seenBefore, uncertain, error } of prompts) {
      const prompt: Prompt = {
        id: this.nextId++,
        text,
        mode,
        state: state === 'queued' || state === 'failed' ? state : 'undelivered',
        stalled: false,
        uncertain: state === 'failed' ? uncertain : state !== 'queued',
        ...(error === undefined ? {} : { error: new CloudSessionsError('request-failed', error) }),
      };
      const entry: Entry = {
        prompt,
        transmitted,
        seenBefore,
        unproven: transmitted,
        restored: true,
        resolve: () => undefined,
        reject: () => undefined,
      };
      if (state === 'shown') {
        this.shown.push(entry);
      } else {
        entries.push(entry);
      }
    }
    this.entries.unshift(...entries);
    for (const entry of entries.filter(({ prompt }) => prompt.state === 'queued')) {
      this.watchStart(entry);
    }
    if (this.history !== undefined) {
      this.proveAll(this.history);
    }
    this.flush();
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
   * what it shows was delivered, and what it lacks was not.
   */
  prove(history: readonly SessionEvent[]): void {
    if (this.history !== undefined) {
      return;
    }
    const echoes = new PromptEchoes();
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
   * @returns its message id, once the runtime has accepted it.
   */
  send(text: string, mode: SendMode): Promise<string> {
    if (text.trim() === '') {
      return Promise.reject(
        new CloudSessionsError('invalid-argument', 'The prompt is empty.', {
          nextStep: 'Write what the agent should do.',
        }),
      );
    }
    if (this.disposed) {
      return Promise.reject(closed());
    }
    return new Promise((resolve, reject) => {
      const prompt: Prompt = { id: this.nextId++, text, mode, state: 'queued', stalled: false };
      const entry: Entry = {
        prompt,
        transmitted: false,
        seenBefore: 0,
        unproven: false,
        restored: false,
        resolve,
        reject,
      };
      this.entries.push(entry);
      this.changes.fire(prompt);
      this.watchStart(entry);
      this.flush();
    });
  }

  /** Can the agent take prompts? Prompts wait while it cannot. */
  setOpen(open: boolean): void {
    this.open = open;
    this.flush();
  }

  /** Sends a failed, undelivered or waiting prompt again, because the user said so. */
  retry(id: number): void {
    const entry = this.find(id);
    if (entry === undefined || !RETRYABLE.has(entry.prompt.state)) {
      return;
    }
    const { text, mode, messageId } = entry.prompt;
    entry.prompt = {
      id,
      text,
      mode,
      state: 'queued',
      stalled: false,
      ...(messageId === undefined ? {} : { messageId }),
    };
    this.changes.fire(entry.prompt);
    this.watchStart(entry);
    this.flush();
  }

  discard(id: number): void {
    const entry = this.find(id);
    if (entry === undefined) {
      return;
    }
    this.remove(entry);
    entry.reject(new CloudSessionsError('cancelled', 'The prompt was discarded before it was delivered.'));
    this.changes.fire(entry.prompt);
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
        transmitted && seenBefore < count && prompt.state !== 'delivered' && prompt.text.trim() === text,
    );
    const entry = candidates.find(({ prompt }) => prompt.state !== 'failed') ?? candidates[0];
    if (entry === undefined) {
      return;
    }
    // The event can come before the answer that has the message id: `deliver` finishes the entry then.
    const answerPending = entry.prompt.state === 'sending';
    if (!answerPending) {
      this.show(entry);
    }
    this.update(entry, { state: 'delivered', stalled: false });
  }

  private proveAll(counts: ReadonlyMap<string, number>): void {
    /** By text, how many of those in the history are accounted for. */
    const used = new Map<string, number>();
    for (const entry of [...this.shown, ...this.entries].filter(({ unproven }) => unproven)) {
      entry.unproven = false;
      const text = entry.prompt.text.trim();
      const place = Math.max(entry.seenBefore, used.get(text) ?? 0) + 1;
      const isShown = this.shown.includes(entry);
      if (place <= (counts.get(text) ?? 0)) {
        used.set(text, place);
        if (isShown) {
          this.shown.splice(this.shown.indexOf(entry), 1);
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

  /** It leaves the outbox; should the service turn out not to have it, it comes back. */
  private show(entry: Entry): void {
    this.remove(entry);
    this.shown.push(entry);
    if (this.shown.length > MAX_SHOWN) {
      this.shown.shift();
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

  private flush(): void {
    if (!this.open || this.busy) {
      return;
    }
    const entry = this.entries.find(({ prompt }) => prompt.state === 'queued');
    if (entry !== undefined) {
      this.busy = true;
      void this.deliver(entry).finally(() => {
        this.busy = false;
        this.flush();
      });
    }
  }

  private async deliver(entry: Entry): Promise<void> {
    entry.seenBefore = entry.transmitted ? entry.seenBefore : this.echoes.count(entry.prompt.text);
    entry.transmitted = true;
    entry.restored = false;
    this.update(entry, { state: 'sending', stalled: false });
    if (this.beforeSend !== undefined) {
      await this.beforeSend();
      if (!this.entries.includes(entry)) {
        return;
      }
    }
    try {
      const messageId = await this.transmit(entry.prompt.text, entry.prompt.mode);
      entry.resolve(messageId);
      this.finish(entry, { state: 'sent', messageId });
    } catch (error) {
      const reason = explainRequestError('send the prompt', error);
      entry.reject(reason);
      this.finish(entry, { state: 'failed', error: reason, uncertain: reason.code === 'connection-closed' });
    }
  }

  /** What the answer means for a prompt, unless its `user.message` came first, or it was discarded in the meantime. */
  private finish(entry: Entry, change: Partial<Prompt>): void {
    if (!this.entries.includes(entry)) {
      return;
    }
    if (entry.prompt.state === 'delivered') {
      this.show(entry);
      this.update(entry, { ...change, state: 'delivered' });
      return;
    }
    this.update(entry, change);
    if (change.state === 'sent') {
      this.startTimer(entry, UNDELIVERED_AFTER_MS, () => this.update(entry, { state: 'undelivered', uncertain: true }));
    }
  }

  private watchStart(entry: Entry): void {
    this.startTimer(entry, STALLED_AFTER_MS, () => {
      if (entry.prompt.state === 'queued') {
        this.update(entry, { stalled: true });
      }
    });
  }

  private startTimer(entry: Entry, delayMs: number, callback: () => void): void {
    entry.timer?.dispose();
    entry.timer = this.timers(callback, delayMs);
  }

  private find(id: number): Entry | undefined {
    return this.entries.find((entry) => entry.prompt.id === id);
  }

  private update(entry: Entry, change: Partial<Prompt>): void {
    entry.prompt = { ...entry.prompt, ...change };
    if (change.state !== undefined && change.state !== 'queued') {
      entry.timer?.dispose();
      entry.timer = undefined;
    }
    this.changes.fire(entry.prompt);
  }

  private remove(entry: Entry): void {
    entry.timer?.dispose();
    const index = this.entries.indexOf(entry);
    if (index >= 0) {
      this.entries.splice(index, 1);
    }
  }
}

function closed(): CloudSessionsError {
  return new CloudSessionsError('cancelled', 'The session was closed before the prompt was delivered.');
}
