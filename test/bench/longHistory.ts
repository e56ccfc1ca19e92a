import type { SessionEvent } from '@github/copilot-sdk';

const SOMETIMES = ['session.info', 'assistant.turn_start', 'assistant.turn_end'] as const;

/** A long session as the service reports it. Its ids depend on the connection, its contents are always the same. */
export function historyOfSession(sessionId: string, connection: string, length: number): SessionEvent[] {
  return Array.from({ length }, (_, index) => {
    const hex = index.toString(16).padStart(12, '0');
    return {
      id: `${connection.padStart(8, '0')}-0000-4000-8000-${hex}`,
      timestamp: new Date(1_750_000_000_000 + index * 1_000).toISOString(),
      parentId:
        index === 0
          ? null
          : `${connection.padStart(8, '0')}-0000-4000-8000-${(index - 1).toString(16).padStart(12, '0')}`,
      ...contentOf(sessionId, index),
    } as unknown as SessionEvent;
  });
}

function contentOf(sessionId: string, index: number): object {
  if (index === 0) {
    return { type: 'session.start', data: { sessionId, producer: 'copilot-agent' } };
  }
  const sometimes = SOMETIMES[index % 10];
  return sometimes === undefined
    ? {
        type: 'assistant.message',
        data: { messageId: `m${index}`, content: `What the agent said in its ${index}th message.` },
      }
    : { type: sometimes, data: { turnId: String(index % 50), message: 'The agent goes on.' } };
}
