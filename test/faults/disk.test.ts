import assert from 'node:assert/strict';
import { realFiles, type Files } from '../../src/storage/files';
import { deliver, eventually, keptIds, KeptFolder, openSession, type Window } from '../support/keptFolder';
import { leavingNothing } from '../support/openHandles';
import { seeded } from '../support/seeded';
import { event } from '../support/sessionEvents';
import { SCALE, SEED } from './seed';

const WINDOWS = 10;
const SESSIONS = ['s1', 's2', 's3'];
const ROUNDS = 20 * SCALE;

describe('a disk that fails', function () {
  this.timeout(60_000 + SCALE * 10_000);

  for (const [name, code] of [
    ['full', 'ENOSPC'],
    ['read-only', 'EROFS'],
    ...(SCALE > 1
      ? ([
          ['not ours to write', 'EACCES'],
          ['failing', 'EIO'],
        ] as const)
      : []),
  ] as const) {
    it(`because it is ${name}: all is kept once it is well again, and told once`, () =>
      leavingNothing(async () => {
        const folder = await KeptFolder.make();
        const disk = new BadDisk(code);
        const window = await folder.open(disk.files);
        const session = openSession(window);
        const expected = await deliverEvents(window, 'before', 3);
        disk.isBad = true;
        expected.push(...(await deliverEvents(window, 'meanwhile', 50)));
        await eventually('it is told', () => window.disk.length > 0);
        assert.deepEqual(window.disk, [`failed ${code}`]);
        assert.equal(session.events.length, expected.length);
        disk.isBad = false;
        expected.push(...(await deliverEvents(window, 'after', 3)));
        await isKept(window, 's1', expected);
        await eventually('the end of it is told', () => window.disk.length === 2);
        await folder.close(window);
        await isKept(await folder.open(), 's1', expected);
        await folder.dispose();
      }));
  }

  it('from the beginning, when the window cannot even make its folder', () =>
    leavingNothing(async () => {
      const folder = await KeptFolder.make();
      const disk = new BadDisk('EROFS');
      disk.isBad = true;
      const window = await folder.open(disk.files);
      const session = openSession(window);
      const expected = await deliverEvents(window, 'meanwhile', 5);
      await eventually('it is told', () => window.disk.length > 0);
      assert.equal(session.events.length, expected.length);
      disk.isBad = false;
      await isKept(window, 's1', expected);
      await folder.dispose();
    }));

  it('for good: the window closes all the same', () =>
    leavingNothing(async () => {
      const folder = await KeptFolder.make();
      const disk = new BadDisk('ENOSPC');
      const window = await folder.open(disk.files);
      openSession(window);
      const expected = await deliverEvents(window, 'before', 3);
      await isKept(window, 's1', expected);
      disk.isBad = true;
      await deliverEvents(window, 'lost with the disk', 3);
      await folder.close(window);
      // Earlier records are complete.
      await isKept(await folder.open(), 's1', expected);
      await folder.dispose();
    }));

  it(`now and then, in any call: nothing is lost, nothing doubled (seed ${SEED})`, () =>
    leavingNothing(async () => {
      const random = seeded(SEED);
      const folder = await KeptFolder.make();
      const disk = new BadDisk('EIO');
      const window = await folder.open(disk.files);
      openSession(window);
      const expected: string[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        disk.isBad = random() < 0.3;
        expected.push(...(await deliverEvents(window, `r${round}`, Math.ceil(random() * 5))));
        await new Promise((resolve) => setTimeout(resolve, random() * 60));
      }
      disk.isBad = false;
      await deliverEvents(window, 'end', 1).then((ids) => expected.push(...ids));
      await isKept(window, 's1', expected);
      await folder.dispose();
    }));
});

describe(`${WINDOWS} windows on one folder at once`, function () {
  this.timeout(60_000 + SCALE * 10_000);

  it(`with the same sessions lose nothing and double nothing (seed ${SEED})`, () =>
    leavingNothing(async () => {
      const random = seeded(SEED);
      const folder = await KeptFolder.make();
      const windows = await Promise.all(Array.from({ length: WINDOWS }, () => folder.open()));
      const sessions = windows.map((window) => SESSIONS.map((id) => openSession(window, id)));
      const prompts = sessions.map(([session], index) => {
        const text = `From window ${index}`;
        session?.outbox.restore([{ text, mode: 'enqueue', state: 'queued', transmitted: false, uncertain: false }]);
        return text;
      });
      const expected: string[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const id = `e${round}`;
        expected.push(id);
        for (const inWindow of sessions) {
          // All windows watch the same sessions; each receives events at its own time.
          if (random() < 0.2) {
            await new Promise((resolve) => setTimeout(resolve, random() * 5));
          }
          for (const session of inWindow) {
            deliver(session, event(id, 'assistant.message', { messageId: id, content: `Said in round ${round}` }));
          }
        }
      }
      for (const session of SESSIONS) {
        await Promise.all(windows.map((window) => isKept(window, session, expected)));
      }
      await Promise.all(windows.map((window) => folder.close(window)));
      const next = await Promise.all(Array.from({ length: WINDOWS }, () => folder.open()));
      for (const session of SESSIONS) {
        await isKept(next[0]!, session, expected);
      }
      // Each window may have taken over the state of a previous one, but no prompt may appear twice.
      const waiting = next.flatMap(({ store }) => store.openSessions.flatMap(({ outbox }) => outbox.pending));
      assert.deepEqual(waiting.map(({ text }) => text).sort(), prompts.sort());
      assert.deepEqual(
        [...windows, ...next].flatMap(({ disk, warnings }) => [...disk, ...warnings]),
        [],
      );
      await folder.dispose();
    }));
});

/** A disk on which all writes fail while it is bad; reads succeed. */
class BadDisk {
  isBad = false;
  readonly files: Partial<Files>;

  constructor(code: string) {
    const fail = (): void => {
      if (this.isBad) {
        throw Object.assign(new Error(`${code}: the disk fails`), { code });
      }
    };
    this.files = {
      mkdir: (async (...args: Parameters<Files['mkdir']>) => {
        fail();
        return realFiles.mkdir(...args);
      }) as Files['mkdir'],
      open: async (...args: Parameters<Files['open']>) => {
        if (args[1] !== 'r') {
          fail();
        }
        return realFiles.open(...args);
      },
      rename: async (...args) => {
        fail();
        await realFiles.rename(...args);
      },
      rm: async (...args) => {
        fail();
        await realFiles.rm(...args);
      },
      unlink: async (...args) => {
        fail();
        await realFiles.unlink(...args);
      },
    };
  }
}

/** Delivers this many events. @returns their ids */
async function deliverEvents({ store }: Window, label: string, count: number): Promise<string[]> {
  const session = store.getSession('s1');
  assert.ok(session);
  const told: string[] = [];
  for (let index = 0; index < count; index++) {
    const id = `${label}-${index}`;
    told.push(id);
    deliver(session, event(id, 'assistant.message', { messageId: id, content: id }));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return told;
}

/** Asserts that these events are on disk, each once and in order, ignoring notes. */
async function isKept(window: Window, sessionId: string, expected: readonly string[]): Promise<void> {
  let found: readonly string[] = [];
  const wanted = new Set(expected);
  await eventually('all is kept', async () => {
    found = (await keptIds(window, sessionId).catch(() => [])).filter((id) => wanted.has(id));
    return found.join() === expected.join();
  }).catch(() => assert.deepEqual(found, expected));
}
