import type { SessionEvent } from '@github/copilot-sdk';
import { readText } from '../common/json';

/** The last thing that the agent itself has said, without those that work for it; `undefined` before it has said anything. */
export function finalMessage(events: readonly SessionEvent[]): string | undefined {
  for (let index = events.length - 1; index >= 0; index--) {
    const event = events[index];
    if (
      event?.type === 'assistant.message' &&
      readText(event, 'agentId') === undefined &&
      readText(event.data, 'parentToolCallId') === undefined
    ) {
      const content = readText(event.data, 'content');
      if (content !== undefined) {
        return content.trim();
      }
    }
  }
  return undefined;
}
