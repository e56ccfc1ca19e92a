import assert from 'node:assert/strict';
import { DocumentTargets } from '../../../../src/ui/common/documentTargets';

/** A workspace's memento, which outlives the window. */
function memento(kept?: unknown) {
  let value = kept;
  return {
    get: (): undefined => value as undefined,
    update: (_key: string, next: unknown): Thenable<void> => {
      value = structuredClone(next);
      return Promise.resolve();
    },
  };
}

describe('DocumentTargets', () => {
  it('knows after a reload which session a prompt is for, until its editor is closed', async () => {
    const memory = memento();
    const targets = new DocumentTargets(memory, 'targets');
    await targets.set('untitled:1', 's1');
    await targets.set('untitled:2', 's2');
    await targets.delete('untitled:1');
    const reloaded = new DocumentTargets(memory, 'targets');
    assert.deepEqual([reloaded.get('untitled:1'), reloaded.get('untitled:2')], [undefined, 's2']);
  });

  it('forgets the oldest of too many', async () => {
    const targets = new DocumentTargets(memento(), 'targets');
    for (let index = 0; index < 150; index++) {
      await targets.set(`untitled:${index}`, `s${index}`);
    }
    assert.deepEqual([targets.get('untitled:49'), targets.get('untitled:50')], [undefined, 's50']);
  });

  it('takes nothing from a memory that makes no sense', () => {
    for (const kept of [null, 5, [], { 'untitled:1': 7 }]) {
      assert.equal(new DocumentTargets(memento(kept), 'targets').get('untitled:1'), undefined);
    }
  });
});
