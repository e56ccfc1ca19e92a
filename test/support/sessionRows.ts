import type { SessionRow } from '../../src/core/store/sessionRow';

/** A row of a cloud session with this key. `more` overrides members. */
export function sessionRow(key: string, more: Partial<SessionRow> = {}): SessionRow {
  return {
    key,
    sessionId: key,
    taskId: `task-${key}`,
    isRemote: true,
    title: `Session ${key}`,
    status: 'idle',
    lastStatus: undefined,
    seenAt: undefined,
    serviceState: undefined,
    repository: 'octo/app',
    branch: 'main',
    remoteUrl: undefined,
    startTime: new Date('2026-03-04T09:00:00Z'),
    modifiedTime: new Date('2026-03-04T09:55:00Z'),
    detail: undefined,
    workingSince: undefined,
    stop: 'none',
    pendingPrompts: 0,
    waitingPrompts: 0,
    failedPrompts: 0,
    openQuestions: 0,
    session: undefined,
    creation: undefined,
    ...more,
  };
}
