import type { SessionEvent } from '@github/copilot-sdk';
import { readString } from '../common/json';
import { secrets } from '../redaction/secrets';
import { isOwnCopy } from '../events/ownPrompt';

/**
 * The text by which a prompt is recognised in the session. Secrets are removed: text from a runtime has none any more,
 * and a prompt as the user wrote it may have some.
 */
export function promptKey(text: string): string {
  return secrets.clean(text).trim();
}

/**
 * Counts the prompts that a session shows, by their text.
 *
 * The runtime shows a prompt as soon as it has sent it, and the service's echo may follow (1.0.102). The echo does not
 * prove that another prompt of the same text has arrived.
 */
export class PromptMatcher {
  private readonly counts = new Map<string, number>();
  /** By text, the runtime's copies whose echo has not arrived. */
  private readonly unpaired = new Map<string, number>();

  /** How many prompts of this text were seen. */
  count(text: string): number {
    return this.counts.get(promptKey(text)) ?? 0;
  }

  /** @returns the prompt's key, if the event shows a prompt that was not seen before */
  observe(event: SessionEvent): string | undefined {
    const content = event.type === 'user.message' ? readString(event.data, 'content') : undefined;
    if (content === undefined) {
      return undefined;
    }
    const text = promptKey(content);
    const unpaired = this.unpaired.get(text) ?? 0;
    const isEcho = !isOwnCopy(event);
    if (isEcho && unpaired > 0) {
      this.unpaired.set(text, unpaired - 1);
      return undefined;
    }
    if (!isEcho) {
      this.unpaired.set(text, unpaired + 1);
    }
    this.counts.set(text, this.count(text) + 1);
    return text;
  }

  /** Echoes of earlier prompts do not arrive any more: a new connection begins with the whole history. */
  newConnection(): void {
    this.unpaired.clear();
  }
}
