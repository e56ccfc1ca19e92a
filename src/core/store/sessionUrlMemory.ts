import type { CloudSession } from '../session/session';

/** Remembers the links of sessions that are not open, also over a reload of the window. */
export interface SessionUrlMemory {
  get(sessionId: string): string | undefined;
  set(sessionId: string, url: string): void;
}

/** Remembers the link of a session under both of its ids: the list has only its task's. */
export function rememberLink(
  memory: SessionUrlMemory,
  { sessionId, remoteUrl, details: { taskId } }: CloudSession,
): void {
  for (const id of [sessionId, taskId]) {
    if (id !== undefined && remoteUrl !== undefined && memory.get(id) !== remoteUrl) {
      memory.set(id, remoteUrl);
    }
  }
}

/** The link that is remembered under one of these ids. */
export function rememberedLink(memory: SessionUrlMemory, ids: readonly string[]): string | undefined {
  return ids.map((id) => memory.get(id)).find((url) => url !== undefined);
}
