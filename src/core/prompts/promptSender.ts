import * as l10n from '@vscode/l10n';
import { CloudSessionsError, mayHaveArrived } from '../errors/cloudSessionsError';
import { explainRequestError } from '../rpc/rpcErrors';
import type { Prompt, SendMode } from './prompt';
import type { PromptEntry } from './promptEntry';
import type { PromptList } from './promptList';
import { promptKey, type PromptRecords } from './promptRecords';

/** How long the runtime may take to answer a send before the prompt counts as not confirmed, in milliseconds. */
export const UNANSWERED_AFTER_MS = 60_000;
/** How long a sent prompt may go unseen before it counts as undelivered, in milliseconds. */
export const UNDELIVERED_AFTER_MS = 30_000;

/** The runtime did not take the prompt: it had released the session, which is being attached again. */
export class PromptNotTaken extends Error {
  override readonly name = 'PromptNotTaken';

  /** @param reason what the call failed with */
  constructor(readonly reason: unknown) {
    // eslint-disable-next-line texts/localized -- the sender catches it: nobody sees it
    super('The prompt was not taken.');
  }
}

/** Sends a prompt; resolves to its message id. Rejects with `PromptNotTaken` if it is to be sent again by itself. */
export type Transmit = (text: string, mode: SendMode) => Promise<string>;

/** Sends the queued prompts of one outbox to the runtime, one at a time, oldest first. */
export class PromptSender {
  private open = false;
  /** The prompt that the runtime has and has not answered; the next one waits for it. */
  private inFlight: PromptEntry | undefined;

  /** See `Outbox.beforeSend`. */
  beforeSend: (() => Promise<void>) | undefined;

  constructor(
    private readonly list: PromptList,
    private readonly records: Pick<PromptRecords, 'of' | 'copiesOf'>,
    /** `undefined`: nothing is sent. */
    private readonly transmit: Transmit | undefined,
  ) {}

  /** True while prompts can be sent. */
  get isOpen(): boolean {
    return this.open;
  }

  /** Whether there is a runtime to send to, now or later. */
  get canSend(): boolean {
    return this.transmit !== undefined;
  }

  setOpen(open: boolean): void {
    this.open = open;
    this.flush();
  }

  /** Sends the oldest queued prompt, unless another one waits for its answer. */
  flush(): void {
    if (!this.open || this.inFlight !== undefined || this.transmit === undefined) {
      return;
    }
    const entry = this.list.entries.find(({ prompt }) => prompt.state === 'queued');
    if (entry !== undefined) {
      this.inFlight = entry;
      void this.deliver(entry, this.transmit);
    }
  }

  isInFlight(entry: PromptEntry): boolean {
    return this.inFlight === entry;
  }

  /** Another outbox takes the prompts over: their answers are not waited for here. */
  abandon(): void {
    this.inFlight = undefined;
  }

  /** The prompt needs no answer any more: the next one is sent. */
  release(entry: PromptEntry): void {
    if (this.inFlight === entry) {
      this.inFlight = undefined;
      this.flush();
    }
  }

  /**
   * The session shows a prompt before the answer with its message id. The entry stays until the answer, and the next
   * prompt waits for that.
   */
  deliverUnanswered(entry: PromptEntry): void {
    this.list.update(entry, { state: 'delivered', stalled: false });
    this.list.startTimer(entry, UNANSWERED_AFTER_MS, () => this.giveUp(entry));
  }

  private async deliver(entry: PromptEntry, transmit: Transmit): Promise<void> {
    const attempt = {};
    const { transmitted, unproven } = entry;
    entry.attempt = attempt;
    entry.isNew = !entry.transmitted;
    if (entry.isNew) {
      const key = promptKey(entry.prompt.text);
      this.records.of(key).forEach((record) => entry.recordsBefore.add(record));
      entry.copiesBefore = this.records.copiesOf(key);
    }
    entry.transmitted = true;
    entry.sentNow = true;
    // Only the history of a later connection can prove this transmission: that of the current one has what the runtime
    // shows.
    entry.unproven = false;
    entry.restored = false;
    this.list.update(entry, { state: 'sending', stalled: false });
    this.list.startTimer(entry, UNANSWERED_AFTER_MS, () => this.giveUp(entry));
    if (this.beforeSend !== undefined) {
      await this.beforeSend();
      if (!this.isCurrent(entry, attempt)) {
        return;
      }
    }
    try {
      const messageId = await transmit(entry.prompt.text, entry.prompt.mode);
      entry.resolve(messageId);
      this.finish(entry, attempt, { state: 'sent', messageId });
    } catch (error) {
      const isNotTaken = error instanceof PromptNotTaken;
      // A prompt that the session shows by now has arrived, whatever the answer.
      if (isNotTaken && !entry.cameBack && this.isCurrent(entry, attempt) && entry.prompt.state !== 'delivered') {
        entry.cameBack = true;
        entry.transmitted = transmitted;
        entry.unproven = transmitted && (unproven || entry.unproven);
        this.requeue(entry);
        return;
      }
      const failure = explainRequestError(couldNotSend, isNotTaken ? error.reason : error);
      entry.reject(failure);
      // A refusal says nothing about an earlier transmission, which the history may still prove.
      const isRefused = !mayHaveArrived(failure);
      entry.unproven ||= isRefused && unproven && this.isCurrent(entry, attempt);
      const uncertain = entry.mayHaveArrived || !isRefused;
      this.finish(entry, attempt, { state: 'failed', error: failure, uncertain });
    }
  }

  /** False once it was discarded, taken over by another outbox, or sent again. */
  private isCurrent(entry: PromptEntry, attempt: object): boolean {
    return entry.attempt === attempt && this.list.has(entry);
  }

  /** Applies the answer to a prompt. */
  private finish(entry: PromptEntry, attempt: object, change: Partial<Prompt>): void {
    if (!this.isCurrent(entry, attempt)) {
      return;
    }
    entry.attempt = undefined;
    if (entry.prompt.state === 'delivered') {
      this.end(entry);
      this.list.update(entry, { ...change, state: 'delivered' });
    } else {
      const { error: _unanswered, ...prompt } = entry.prompt;
      entry.prompt = prompt;
      this.list.update(entry, { uncertain: false, ...change });
      if (change.state === 'sent') {
        this.list.startTimer(entry, UNDELIVERED_AFTER_MS, () =>
          this.list.update(entry, { state: 'undelivered', uncertain: true }),
        );
      }
    }
    this.release(entry);
  }

  /** The runtime does not answer this call: the prompt may have arrived, and the next one is sent. */
  private giveUp(entry: PromptEntry): void {
    entry.reject(unanswered());
    if (entry.prompt.state === 'delivered') {
      this.end(entry);
    } else {
      this.list.update(entry, { state: 'undelivered', uncertain: true, error: unanswered() });
    }
    this.release(entry);
  }

  /** The session shows the prompt, and its answer is not waited for any more. */
  private end(entry: PromptEntry): void {
    if (entry.isProven) {
      this.list.remove(entry);
    } else {
      this.list.show(entry);
    }
  }

  private requeue(entry: PromptEntry): void {
    entry.attempt = undefined;
    this.list.update(entry, { state: 'queued' });
    this.list.watchStart(entry);
    this.release(entry);
  }
}

function couldNotSend(reason: string): string {
  return l10n.t('Could not send the prompt: {0}', reason);
}

function unanswered(): CloudSessionsError {
  return new CloudSessionsError(
    'timeout',
    l10n.t('The runtime has not confirmed the prompt within {0} s. It may have arrived.', UNANSWERED_AFTER_MS / 1_000),
    { nextStep: l10n.t('Check whether the session shows it before you send it again.') },
  );
}
