import assert from 'node:assert/strict';
import {
  HISTORIES_AT_ONCE,
  HistoryReadQueue,
  PLACE_MS,
  type HistoryReader,
} from '../../../../src/core/history/historyReadQueue';
import { TRANSCRIPT_WAIT_MS } from '../../../../src/core/history/transcriptGate';
import { ManualTimers } from '../../../support/manualTimers';
import { turn } from '../../../support/memoryRuntime';

type Reader = { -readonly [Member in keyof HistoryReader]: HistoryReader[Member] };

function stage() {
  const timers = new ManualTimers();
  const reads = new HistoryReadQueue(timers.create);
  const begun: string[] = [];
  const ends = new Map<string, { resolve(): void; reject(reason: Error): void }>();
  const outcomes: string[] = [];
  const read = (name: string, about: Partial<Reader> = {}): Reader => {
    const reader = { isWanted: false, awaitsTranscript: false, isCaughtUp: false, lastSeen: undefined, ...about };
    const run = reads.run(reader, () => {
      begun.push(name);
      return new Promise<void>((resolve, reject) => ends.set(name, { resolve, reject }));
    });
    run.then(
      () => outcomes.push(`${name} is read`),
      (error: unknown) => outcomes.push(`${name}: ${error instanceof Error ? error.message : ''}`),
    );
    return reader;
  };
  /** Takes all places. */
  const fill = (): void => {
    for (let count = 1; count <= HISTORIES_AT_ONCE; count++) {
      read(`first${count}`);
    }
    begun.length = 0;
  };
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.resolve();
    await turn();
  };
  const fail = async (name: string): Promise<void> => {
    ends.get(name)?.reject(new Error('refused'));
    await turn();
  };
  return { reads, timers, begun, outcomes, read, fill, end, fail };
}

describe('HistoryReadQueue', () => {
  it('begins at once while there is a place, and then one for each that ends', async () => {
    const { begun, outcomes, read, end } = stage();
    for (let index = 0; index < HISTORIES_AT_ONCE + 2; index++) {
      read(`s${index}`);
    }
    assert.deepEqual(begun, ['s0', 's1', 's2']);
    await end('s1');
    assert.deepEqual(begun, ['s0', 's1', 's2', 's3']);
    await end('s3');
    assert.deepEqual(begun, ['s0', 's1', 's2', 's3', 's4']);
    assert.deepEqual(outcomes, ['s1 is read', 's3 is read']);
  });

  it('frees the place of one that fails, whose failure reaches its caller', async () => {
    const { begun, outcomes, read, fill, fail } = stage();
    fill();
    read('next');
    await fail('first2');
    assert.deepEqual([begun, outcomes], [['next'], ['first2: refused']]);
  });

  it('keeps nobody waiting for one that takes its time, and counts its place once', async () => {
    const { timers, begun, read, fill, end } = stage();
    fill();
    read('next');
    read('last');
    timers.advance(PLACE_MS - 1);
    assert.deepEqual(begun, []);
    timers.advance(1);
    assert.deepEqual(begun, ['next', 'last']);
    read('fourth');
    read('fifth');
    await end('first1');
    assert.deepEqual(begun, ['next', 'last', 'fourth']);
  });

  it('lets nobody wait whose session somebody waits for, also when that is so only later', () => {
    const { reads, begun, read, fill } = stage();
    fill();
    read('opened', { isWanted: true, awaitsTranscript: true });
    const prompted = read('prompted');
    read('other');
    assert.deepEqual(begun, ['opened']);
    prompted.isWanted = true;
    reads.update();
    assert.deepEqual(begun, ['opened', 'prompted']);
  });

  it('takes those that were not read yet first, of these the one that was seen last', async () => {
    const { begun, read, fill, end } = stage();
    fill();
    read('again', { isCaughtUp: true });
    read('unknown');
    read('older', { lastSeen: new Date('2026-01-01T10:00:00Z') });
    read('newer', { lastSeen: new Date('2026-01-01T11:00:00Z') });
    for (const name of ['first1', 'first2', 'first3', 'newer']) {
      await end(name);
    }
    assert.deepEqual(begun, ['newer', 'older', 'unknown', 'again']);
  });

  it('waits until what was kept is being read, but not for ever', () => {
    const { reads, timers, begun, read } = stage();
    const kept = read('kept', { awaitsTranscript: true });
    read('hanging', { awaitsTranscript: true });
    read('other');
    assert.deepEqual(begun, ['other']);
    kept.awaitsTranscript = false;
    reads.update();
    assert.deepEqual(begun, ['other', 'kept']);
    timers.advance(TRANSCRIPT_WAIT_MS);
    assert.deepEqual(begun, ['other', 'kept', 'hanging']);
  });

  it('reads none again while another one waits for its first reading, whatever that waits for', () => {
    const { reads, begun, read } = stage();
    const kept = read('kept', { awaitsTranscript: true });
    read('again', { isCaughtUp: true });
    assert.deepEqual(begun, []);
    kept.awaitsTranscript = false;
    reads.update();
    assert.deepEqual(begun, ['kept', 'again']);
  });

  it('leaves nobody waiting when the connection is gone', () => {
    const { reads, begun, read, fill } = stage();
    fill();
    read('waiting');
    reads.dispose();
    read('late');
    assert.deepEqual(begun, ['waiting', 'late']);
  });
});
