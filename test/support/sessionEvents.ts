import type { SessionEvent } from '@github/copilot-sdk';

/** An event with this id. `more` overrides or adds members. */
export function event(
  id: string,
  type = 'assistant.message',
  data: unknown = {},
  more: Readonly<Record<string, unknown>> = {},
): SessionEvent {
  return { id, timestamp: '2026-01-02T03:04:05.678Z', parentId: null, type, data, ...more } as unknown as SessionEvent;
}

/** An ephemeral event, which no history has. */
export function ephemeral(id: string, type = 'assistant.message_delta', data: unknown = {}): SessionEvent {
  return event(id, type, data, { ephemeral: true });
}

/** The agent's first own event. Prompts may be sent from then on. */
export function agentStart(id = 'start'): SessionEvent {
  return event(id, 'session.start', { producer: 'copilot-agent', version: 1 });
}

export function userMessage(id: string, content: string): SessionEvent {
  return event(id, 'user.message', { content });
}

export function remoteInfo(id: string, url: unknown): SessionEvent {
  return event(id, 'session.info', { infoType: 'remote', message: 'The session is on the web.', url });
}

export function ids(events: readonly SessionEvent[]): string[] {
  return events.map(({ id }) => id);
}

/** Ids from `first` to `last`: `range('e', 1, 3)` is e1, e2, e3. */
export function range(prefix: string, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `${prefix}${first + index}`);
}
