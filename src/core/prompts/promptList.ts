import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import type { Timers } from '../common/timers';
import type { Prompt } from './prompt';
import type { PromptEntry } from './promptEntry';

/** How long a prompt waits for the agent's start before the user is told, in milliseconds. */
export const STALLED_AFTER_MS = 60_000;

/** How many prompts are remembered that the session showed: those before them are long with the service. */
const MAX_SHOWN = 20;

/** The prompts of one outbox, each with its state and its timer; every change is announced. */
export class PromptList implements Disposable {
  /** All that is not delivered, oldest first. */
  readonly entries: PromptEntry[] = [];
  /**
   * What the session showed, oldest first. The runtime shows a prompt before the service has it (measured on 1.0.85 and
   * 1.0.102): should it end in that moment, the prompt is lost, which only the history of the next connection tells.
   */
  readonly shown: PromptEntry[] = [];
  private readonly changes = new Emitter<Prompt>();

  readonly onDidChange: Event<Prompt> = this.changes.event;

  constructor(private readonly timers: Timers) {}

  /** Whether it is still to be delivered. */
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

  /** The session shows it: it leaves the outbox, and comes back if the service turns out not to have it. */
  show(entry: PromptEntry): void {
    this.remove(entry);
    this.shown.push(entry);
    if (this.shown.length > MAX_SHOWN) {
      this.shown.shift();
    }
  }

  /** The service is known to have it, or not to. */
  forgetShown(entry: PromptEntry): void {
    removeFrom(this.shown, entry);
  }

  /** Tells when a prompt stays queued for `STALLED_AFTER_MS`. */
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
