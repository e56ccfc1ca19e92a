import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import type { Timers } from '../common/timers';
import type { Prompt } from './prompt';
import type { PromptEntry } from './promptEntry';

/** How long a prompt is queued before the user is told, in milliseconds. */
export const STALLED_AFTER_MS = 60_000;

/** How many shown prompts are remembered; earlier ones have reached the service long ago. */
const MAX_SHOWN = 20;

/** The prompts of one outbox, each with its state and its timer; every change is announced. */
export class PromptList implements Disposable {
  /** All that is not delivered, oldest first. */
  readonly entries: PromptEntry[] = [];
  /**
   * The prompts that the session showed, oldest first. The runtime shows a prompt before the service has it (measured on
   * 1.0.85 and 1.0.102): if the runtime ends in that moment, the prompt is lost, and only the next history says so.
   */
  readonly shown: PromptEntry[] = [];
  private readonly changes = new Emitter<Prompt>();

  readonly onDidChange: Event<Prompt> = this.changes.event;

  constructor(private readonly timers: Timers) {}

  /** Whether the prompt is still to be delivered. */
  has(entry: PromptEntry): boolean {
    return this.entries.includes(entry);
  }

  find(id: number): PromptEntry | undefined {
    return this.entries.find((entry) => entry.prompt.id === id);
  }

  update(entry: PromptEntry, change: Partial<Prompt>): void {
    entry.prompt = { ...entry.prompt, ...change };
    if (change.state !== undefined && change.state !== 'queued') {
      entry.timer?.dispose();
      entry.timer = undefined;
    }
    this.notify(entry);
  }

  /** Announces the entry's prompt as it is. */
  notify(entry: PromptEntry): void {
    this.changes.fire(entry.prompt);
  }

  remove(entry: PromptEntry): void {
    entry.timer?.dispose();
    entry.timer = undefined;
    removeFrom(this.entries, entry);
  }

  /** The session shows the prompt: it leaves the entries, and comes back if the service turns out not to have it. */
  show(entry: PromptEntry): void {
    this.remove(entry);
    this.shown.push(entry);
    if (this.shown.length > MAX_SHOWN) {
      this.shown.shift();
    }
  }

  /** It is known whether the service has the prompt. */
  forgetShown(entry: PromptEntry): void {
    removeFrom(this.shown, entry);
  }

  /** Marks the prompt as stalled once it has been queued for `STALLED_AFTER_MS`. */
  watchStart(entry: PromptEntry): void {
    this.startTimer(entry, STALLED_AFTER_MS, () => {
      if (entry.prompt.state === 'queued') {
        this.update(entry, { stalled: true });
      }
    });
  }

  /** Replaces the entry's timer. */
  startTimer(entry: PromptEntry, delayMs: number, callback: () => void): void {
    entry.timer?.dispose();
    entry.timer = this.timers(callback, delayMs);
  }

  dispose(): void {
    this.changes.dispose();
  }
}

function removeFrom(entries: PromptEntry[], entry: PromptEntry): void {
  const index = entries.indexOf(entry);
  if (index >= 0) {
    entries.splice(index, 1);
  }
}
