import assert from 'node:assert/strict';
import { mergePersistedStates, type PersistedSession } from '../../../../src/core/store/persistedState';

const AT = new Date('2026-01-01T10:00:00Z');

function kept(sessionId: string, taskId: string | undefined, text: string, open = true): PersistedSession {
  return {
    sessionId,
    details: { isRemote: true, ...(taskId === undefined ? {} : { taskId }) },
    openedAt: AT,
    open,
    prompts: [{ text, mode: 'enqueue', state: 'queued', transmitted: false, uncertain: false }],
  };
}

describe('mergePersistedStates', () => {
  it('has each session once, by its own id or its task, with the prompts of all windows', () => {
    const { sessions } = mergePersistedStates([
      { sessions: [kept('s1', 't1', 'one'), kept('s2', 't2', 'two', false)], creations: [], reviews: [] },
      { sessions: [kept('other', 't1', 'three'), kept('s2', undefined, 'four')], creations: [], reviews: [] },
      { sessions: [kept('s3', undefined, 'five')], creations: [], reviews: [] },
    ]);
    assert.deepEqual(
      sessions.map(({ sessionId, open, prompts }) => [sessionId, open, prompts.map(({ text }) => text)]),
      [
        ['other', true, ['one', 'three']],
        ['s2', true, ['two', 'four']],
        ['s3', true, ['five']],
      ],
    );
  });
});
