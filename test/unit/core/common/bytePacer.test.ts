import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BytePacer } from '../../../../src/core/common/bytePacer';
import { turn } from '../../../support/memoryRuntime';

const PER_TURN = 10;

function taking(pausable = true) {
  const got: number[] = [];
  const calls: string[] = [];
  const source = pausable ? { pause: () => calls.push('pause'), resume: () => calls.push('resume') } : {};
  const turns = new BytePacer(source, PER_TURN, (bytes) => got.push(...bytes));
  return { turns, got, calls };
}

/** Bytes whose values are their positions. */
function bytes(from: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => from + index);
}

const upTo = (end: number): number[] => [...bytes(0, end)];

describe('BytePacer', () => {
  it('hands on at once what fits into a turn, and does not hold up its source', () => {
    const { turns, got, calls } = taking();
    turns.take(bytes(0, 4));
    turns.take(bytes(4, 5));
    assert.deepEqual([got, calls], [upTo(9), []]);
  });

  it('holds up its source when the turn is full; the rest of the chunk comes in the turns that follow', async () => {
    const { turns, got, calls } = taking();
    turns.take(bytes(0, 25));
    assert.deepEqual([got, calls], [upTo(10), ['pause']]);
    await turn();
    assert.deepEqual([got, calls], [upTo(20), ['pause', 'pause']]);
    await turn();
    assert.deepEqual([got, calls], [upTo(25), ['pause', 'pause', 'resume']]);
  });

  it('hands on at once what causes no work, and counts the rest', async () => {
    let idle = 0;
    const got: number[] = [];
    const turns = new BytePacer(
      { pause: () => undefined, resume: () => undefined },
      PER_TURN,
      (handed) => {
        got.push(...handed);
        idle = Math.max(0, idle - handed.length);
      },
      () => idle,
    );
    turns.take(bytes(0, 3));
    idle = 40;
    turns.take(bytes(3, 30));
    turns.take(bytes(33, 30));
    assert.deepEqual(got, upTo(50));
    await turn();
    assert.deepEqual(got, upTo(60));
    await turn();
    assert.deepEqual(got, upTo(63));
  });

  it('keeps the order, and no turn gets more than its share, whatever comes in between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ size: fc.nat(35), wait: fc.boolean() })), async (chunks) => {
        const { turns, got, calls } = taking();
        let sent = 0;
        let before = 0;
        const inTurn = async (): Promise<void> => {
          assert.ok(got.length - before <= PER_TURN, `${got.length - before} bytes in one turn`);
          before = got.length;
          await turn();
        };
        for (const { size, wait } of chunks) {
          turns.take(bytes(sent, size));
          sent += size;
          if (wait) {
            await inTurn();
          }
        }
        for (let count = 0; count <= sent / PER_TURN + 1; count++) {
          await inTurn();
        }
        assert.deepEqual(Uint8Array.from(got), bytes(0, sent));
        assert.notEqual(calls.at(-1), 'pause');
      }),
    );
  });

  it('keeps the order of what comes while bytes are handed on', async () => {
    const got: number[] = [];
    let asked = false;
    const source = { pause: () => undefined, resume: () => undefined };
    const turns: BytePacer = new BytePacer(source, PER_TURN, (part) => {
      got.push(...part);
      if (!asked) {
        asked = true;
        turns.take(bytes(15, 3));
      }
    });
    turns.take(bytes(0, 15));
    await turn();
    await turn();
    assert.deepEqual(got, upTo(18));
  });

  it('hands on the rest at once when it is told that no more comes, and lets its source go on', async () => {
    const { turns, got, calls } = taking();
    turns.take(bytes(0, 35));
    turns.flush();
    assert.deepEqual(got, upTo(35));
    await turn();
    assert.deepEqual([got, calls], [upTo(35), ['pause', 'resume']]);
  });

  it('forgets the rest when nobody wants it, and lets its source go on', async () => {
    const { turns, got, calls } = taking();
    turns.take(bytes(0, 35));
    turns.clear();
    await turn();
    assert.deepEqual([got, calls], [upTo(10), ['pause', 'resume']]);
  });

  it('hands on everything at once from a source that cannot be held up', () => {
    const { turns, got } = taking(false);
    turns.take(bytes(0, 100));
    assert.deepEqual(got, upTo(100));
  });
});
