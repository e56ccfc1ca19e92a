import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mergeEntries, readListEntry, withoutSession, type ListEntry } from '../../../../src/core/store/listEntries';

type Listed = Parameters<typeof readListEntry>[0];
const entry = (listed: object): ListEntry => readListEntry(listed as Listed);
const LOCAL = { sessionId: 'S', mcTaskId: 'T', isRemote: false, name: 'Here', modifiedTime: '2026-01-02T00:00:00Z' };
const REMOTE = {
  sessionId: 'T',
  remoteSessionIds: ['S'],
  isRemote: true,
  name: 'There',
  state: 'in_progress',
  taskType: 'cli',
  hostStatus: 'idle',
  hostActivity: 'rests',
  staleAt: '2026-01-05T00:00:00Z',
  modifiedTime: '2026-01-03T00:00:00Z',
};

/** Few ids, so that they often match. */
const ID = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
const LISTED = fc.oneof(
  fc.record({ sessionId: ID, isRemote: fc.constant(false), mcTaskId: fc.option(ID, { nil: undefined }) }),
  fc.record({ sessionId: ID, isRemote: fc.constant(true), remoteSessionIds: fc.array(ID, { maxLength: 2 }) }),
);

describe('mergeEntries', () => {
  it('makes one of a session that is here and in the cloud, in either order', () => {
    for (const listed of [
      [LOCAL, REMOTE],
      [REMOTE, LOCAL],
    ]) {
      const merged = mergeEntries(listed.map(entry));
      assert.equal(merged.length, 1);
      const [{ sessionId, taskId, ids, localIds, isRemote, taskType, serviceState, hostStatus } = entry({})] = merged;
      assert.deepEqual(
        [sessionId, taskId, [...ids].sort(), localIds, isRemote, taskType, serviceState, hostStatus],
        ['S', 'T', ['S', 'T'], ['S'], true, 'cli', 'in_progress', 'idle'],
      );
    }
  });

  it('takes the state from one entry, the newest of the service’s', () => {
    const older = {
      ...REMOTE,
      sessionId: 'T0',
      state: 'completed',
      staleAt: undefined,
      modifiedTime: LOCAL.modifiedTime,
    };
    const [merged] = mergeEntries([older, REMOTE].map(entry));
    assert.deepEqual([merged?.taskId, merged?.serviceState, merged?.hostActivity], ['T', 'in_progress', 'rests']);
  });

  it('has one entry for each chain of ids, with all that belongs to it and nothing else', () => {
    fc.assert(
      fc.property(fc.array(LISTED, { maxLength: 12 }), (listed) => {
        const entries = listed.map(entry);
        const merged = mergeEntries(entries);
        const all = merged.flatMap(({ ids }) => ids);
        assert.equal(new Set(all).size, all.length, 'no id means two sessions');
        for (const one of entries) {
          const owner = merged.find(({ ids }) => ids.includes(one.sessionId));
          assert.ok(one.ids.every((id) => owner?.ids.includes(id)));
          assert.ok(one.localIds.every((id) => owner?.localIds.includes(id)));
          assert.ok(!one.isRemote || owner?.isRemote);
        }
        // The definition: everything that can be reached from the first id, step by step.
        for (const { ids } of merged) {
          const reached = new Set(ids.slice(0, 1));
          for (let size = 0; size < reached.size;) {
            size = reached.size;
            entries
              .filter((one) => one.ids.some((id) => reached.has(id)))
              .forEach((one) => one.ids.forEach((id) => reached.add(id)));
          }
          assert.deepEqual([...reached].sort(), [...ids].sort());
        }
      }),
    );
  });
});

describe('withoutSession', () => {
  it('takes away what is on this machine: of the cloud’s, the service alone knows what is gone', () => {
    const entries = [LOCAL, REMOTE, { sessionId: 'U', isRemote: true }].map(entry);
    assert.deepEqual(withoutSession(entries, 'S'), entries.slice(1));
    assert.deepEqual(withoutSession(entries, 'T'), entries.slice(1));
    assert.deepEqual(withoutSession(entries, 'U'), entries);
  });
});
