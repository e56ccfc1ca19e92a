import assert from 'node:assert/strict';
import { TRANSCRIPT_WAIT_MS, TranscriptGate } from '../../../../src/core/history/transcriptGate';
import { ManualTimers } from '../../../support/manualTimers';
import { turn } from '../../../support/memoryRuntime';

describe('TranscriptGate', () => {
  const stage = () => {
    const timers = new ManualTimers();
    const seen: string[] = [];
    const kept: TranscriptGate = new TranscriptGate(() => seen.push(`${kept.isBeingRead} ${kept.isRead}`));
    const wait = (): void => void kept.within(timers.create).then(() => seen.push('went on'));
    return { timers, seen, kept, wait };
  };

  it('keeps nobody waiting whose turn came before it', async () => {
    const { seen, wait } = stage();
    wait();
    await turn();
    assert.deepEqual(seen, ['went on']);
  });

  it('is waited for while it is read, and tells of each step', async () => {
    const { timers, seen, kept, wait } = stage();
    kept.begin();
    wait();
    await turn();
    assert.deepEqual(seen, ['true false']);
    kept.end();
    await turn();
    assert.deepEqual([seen, timers.pending], [['true false', 'true true', 'went on'], 0]);
  });

  it('is not waited for any longer than that, should the disk hang', async () => {
    const { timers, seen, kept, wait } = stage();
    kept.begin();
    wait();
    timers.advance(TRANSCRIPT_WAIT_MS);
    await turn();
    assert.deepEqual(seen, ['true false', 'went on']);
  });
});
