import assert from 'node:assert/strict';
import { appendFile, chmod, chown, readdir, stat, truncate, unlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { event, ids, range } from '../../support/sessionEvents';
import { HISTORIES_AT_ONCE } from '../../../src/core/history/historyReadQueue';
import { realFiles, type Files } from '../../../src/storage/files';
import { newFileName } from '../../../src/storage/processOwnedFile';
import { headerLine } from '../../../src/storage/transcriptFormat';
import { MemoryRuntime } from '../../support/memoryRuntime';
import { deliver, eventually, KeptFolder, keptIds, openSession, type Window } from '../../support/keptFolder';

/** An unprivileged user; on Linux and macOS alike, any unused id will do. */
const NOBODY = 65_534;

function diskError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: no`), { code });
}

describe('sessions that are kept', () => {
  let folder: KeptFolder;

  beforeEach(async () => {
    folder = await KeptFolder.make();
  });

  afterEach(() => folder.dispose());

  const kept = (window: Window, expected: readonly string[], sessionId = 's1') =>
    eventually(`${expected.join()} to be kept`, async () => {
      const found = await keptIds(window, sessionId);
      return found.join() === expected.join();
    });

  describe('transcripts', () => {
    it('grow with the session, and are there in the next window, for this user alone', async () => {
      const first = await folder.open();
      const session = openSession(first);
      for (const id of range('e', 1, 50)) {
        deliver(session, event(id, 'assistant.message', { messageId: id }));
      }
      session.addNote('warning', 'A note.');
      await kept(first, [...range('e', 1, 50), 'A note.']);
      await folder.close(first);
      const [name = ''] = await folder.transcripts();
      if (process.platform !== 'win32') {
        assert.equal((await stat(folder.locate(name))).mode & 0o777, 0o600);
        assert.equal((await stat(path.join(folder.path, 'transcripts'))).mode & 0o777, 0o700);
      }
      const second = await folder.open();
      const again = second.store.getSession('s1');
      assert.ok(again);
      assert.deepEqual(ids(again.events), range('e', 1, 50));
      assert.deepEqual(
        again.notes.map(({ text, after }) => [text, after?.id]),
        [['A note.', 'e50']],
      );
      assert.equal(second.store.find('s1')?.status, 'disconnected');
      deliver(again, event('e51'));
      await kept(second, [...range('e', 1, 50), 'A note.', 'e51']);
      assert.equal((await folder.transcripts()).length, 1, 'the file was not taken over');
    });

    it('are written anew when something comes to stand before the end', async () => {
      const window = await folder.open();
      const session = openSession(window);
      deliver(session, event('e1', 'a'));
      deliver(session, event('e3', 'c'));
      await kept(window, ['e1', 'e3']);
      await session.absorb({ events: [event('x1', 'a'), event('e2', 'b'), event('x3', 'c')], notes: [] });
      await kept(window, ['e1', 'e2', 'e3']);
    });

    it('keep what can be read of a damaged file, say so, and keep the file aside', async () => {
      const first = await folder.open();
      const session = openSession(first);
      range('e', 1, 3).forEach((id) => deliver(session, event(id, 'assistant.message', { messageId: id })));
      await kept(first, range('e', 1, 3));
      await folder.close(first);
      const [name = ''] = await folder.transcripts();
      const { size } = await stat(folder.locate(name));
      await truncate(folder.locate(name), size - 5);
      await appendFile(folder.locate(name), '\n\0\0\n');
      const second = await folder.open();
      const again = second.store.getSession('s1');
      assert.ok(again);
      assert.deepEqual(ids(again.events), ['e1', 'e2']);
      assert.match(again.notes[0]?.text ?? '', /damaged: 2 lines could not be read/);
      await eventually('the damaged file to be kept', async () =>
        (await folder.transcripts()).some((found) => found.endsWith('.damaged')),
      );
      assert.deepEqual((await keptIds(second)).slice(0, 2), ['e1', 'e2']);
      assert.equal((await second.persistence.transcripts.list())[0]?.damaged, true);
    });

    it('go on in memory while the disk is full, with one warning, and are complete when it is not', async () => {
      let full = false;
      let refused = 0;
      const open = (async (...args: Parameters<Files['open']>) => {
        if (full && args[1] !== 'r') {
          refused++;
          throw diskError('ENOSPC');
        }
        return realFiles.open(...args);
      }) as Files['open'];
      const window = await folder.open({ open });
      const session = openSession(window);
      deliver(session, event('e1'));
      await kept(window, ['e1']);
      full = true;
      deliver(session, event('e2'));
      await eventually('the warning', () => window.disk.length > 0);
      deliver(session, event('e3'));
      void session.send('Not lost').catch(() => undefined);
      await eventually('another try of each file', () => refused > 3);
      assert.deepEqual(window.disk, ['failed ENOSPC']);
      full = false;
      await kept(window, ['e1', 'e2', 'e3', ...session.notes.map(({ text }) => text)]);
      await eventually('the end of the trouble', () => window.disk.length === 2);
      assert.deepEqual(window.disk, ['failed ENOSPC', 'recovered']);
    });

    it('are whole again after a write that failed in its middle', async () => {
      let fail = false;
      const open = (async (...args: Parameters<Files['open']>) => {
        const handle = await realFiles.open(...args);
        if (fail && args[1] !== 'r' && args[1] !== 'w') {
          fail = false;
          const append = handle.appendFile.bind(handle);
          handle.appendFile = async (text) => {
            await append(String(text).slice(0, 20));
            throw diskError('ENOSPC');
          };
        }
        return handle;
      }) as Files['open'];
      const window = await folder.open({ open });
      const session = openSession(window);
      deliver(session, event('e1'));
      await kept(window, ['e1']);
      fail = true;
      deliver(session, event('e2'));
      await eventually('the failure', () => window.disk.length > 0);
      await kept(window, ['e1', 'e2']);
      const [name = ''] = await folder.transcripts();
      assert.equal((await folder.read(name)).split('\n').length, 4);
    });

    it('are written again if somebody deletes them', async () => {
      const window = await folder.open();
      const session = openSession(window);
      deliver(session, event('e1'));
      await kept(window, ['e1']);
      const [name = ''] = await folder.transcripts();
      await unlink(folder.locate(name));
      deliver(session, event('e2'));
      await kept(window, ['e1', 'e2']);
    });

    it('of two windows on one session do not disturb each other, and are one when they are read', async () => {
      const [a, b] = [await folder.open(), await folder.open()];
      const [one, other] = [openSession(a), openSession(b)];
      // The same events, with the ids of two runtimes.
      for (let index = 1; index <= 20; index++) {
        deliver(one, event(`a${index}`, 'assistant.message', { messageId: `m${index}` }));
        deliver(other, event(`b${index}`, 'assistant.message', { messageId: `m${index}` }));
      }
      deliver(other, event('b21', 'assistant.message', { messageId: 'm21' }));
      await eventually('both files', async () => (await keptIds(a)).length === 21);
      assert.equal((await a.persistence.transcripts.list()).length, 1);
      await folder.close(a);
      await folder.close(b);
      const next = await folder.open();
      assert.equal(next.store.getSession('s1')?.events.length, 21);
      await eventually('one file', async () => (await folder.transcripts()).length === 1);
      assert.equal((await keptIds(next)).length, 21);
    });

    it('of a later version are left alone', async () => {
      const first = await folder.open();
      const name = newFileName('s1', 'jsonl').replace(`.${process.pid}-`, '.99999999-');
      const content = headerLine({ sessionId: 's1', startTime: new Date() }).replace('"version":1', '"version":2');
      await writeFile(path.join(folder.path, 'transcripts', name), content).catch(async () => {
        await realFiles.mkdir(path.join(folder.path, 'transcripts'), { recursive: true });
        await writeFile(folder.locate(name), content);
      });
      deliver(openSession(first), event('e1'));
      await kept(first, ['e1']);
      await folder.close(first);
      assert.equal(await folder.read(name), content);
    });
  });

  describe('bounds', () => {
    const DAY = 86_400_000;
    const write = async (sessionId: string, bytes: number, ageDays: number): Promise<void> => {
      await realFiles.mkdir(path.join(folder.path, 'transcripts'), { recursive: true });
      const file = folder.locate(`${sessionId}.99999999-0-0000000${sessionId.length}.jsonl`);
      await writeFile(file, headerLine({ sessionId, startTime: new Date() }) + ' '.repeat(bytes));
      const time = new Date(Date.now() - ageDays * DAY);
      await utimes(file, time, time);
    };
    const left = async (): Promise<string[]> => (await folder.transcripts()).map((name) => name.split('.')[0] ?? '');

    it('delete what is too old', async () => {
      await write('new', 10, 0);
      await write('month', 10, 29);
      await write('older', 10, 31);
      await folder.open();
      assert.deepEqual(await left(), ['month', 'new']);
    });

    it('delete the oldest first where there is too much', async () => {
      await write('a', 600_000, 1);
      await write('b', 600_000, 3);
      await write('c', 600_000, 2);
      await folder.open({}, { maxAgeDays: 30, maxSizeMB: 1.2 });
      assert.deepEqual(await left(), ['a', 'c']);
    });

    it('never delete the transcript of a session that is open', async () => {
      const first = await folder.open();
      deliver(openSession(first), event('e1', 'assistant.message', { content: 'x'.repeat(2_000_000) }));
      await kept(first, ['e1']);
      await folder.open({}, { maxAgeDays: 30, maxSizeMB: 1 });
      assert.deepEqual(await left(), ['s1']);
    });

    it('delete nothing because the clock has jumped ahead', async () => {
      await write('a', 10, 400);
      await write('b', 10, 401);
      await folder.open();
      assert.deepEqual(await left(), ['a', 'b']);
    });
  });

  describe('prompts', () => {
    const pending = ({ store }: Window) =>
      store.getSession('s1')?.outbox.pending.map(({ text, state }) => `${text}: ${state}`);

    it('that are queued are queued in the next window', async () => {
      const first = await folder.open();
      void openSession(first)
        .send('Paint the ship')
        .catch(() => undefined);
      await folder.close(first);
      assert.deepEqual(pending(await folder.open()), ['Paint the ship: queued']);
    });

    it('that were being sent are undelivered, and not sent by themselves', async () => {
      const first = await folder.open();
      openSession(first).outbox.restore([stored('a', 'sending'), stored('b', 'sent'), stored('c', 'failed')]);
      await first.store.beforeSend();
      await folder.close(first);
      const next = await folder.open();
      assert.deepEqual(pending(next), ['a: undelivered', 'b: undelivered', 'c: failed']);
    });

    it('are gone once the session shows them, also in what was kept', async () => {
      const first = await folder.open();
      const session = openSession(first);
      const record = (id: string) => event(id, 'user.message', { content: 'Go', source: `command-${id}` });
      deliver(session, record('u1'));
      // The first message with this text is older than the prompt.
      session.outbox.restore([{ ...stored('Go', 'sent'), recordsBefore: ['command-u1'] }, stored('Stop', 'sent')]);
      await folder.close(first);
      const second = await folder.open();
      assert.deepEqual(pending(second), ['Go: undelivered', 'Stop: undelivered']);
      const again = second.store.getSession('s1');
      assert.ok(again);
      deliver(again, record('u2'));
      assert.deepEqual(pending(second), ['Stop: undelivered']);
      await folder.close(second);
      assert.deepEqual(pending(await folder.open()), ['Stop: undelivered']);
    });

    it('of a session that is no longer watched are kept for when it is', async () => {
      const first = await folder.open();
      openSession(first).outbox.restore([stored('Later', 'failed')]);
      await first.store.disconnect('s1');
      await folder.close(first);
      const second = await folder.open();
      assert.equal(second.store.getSession('s1'), undefined);
      openSession(second);
      assert.deepEqual(pending(second), ['Later: failed']);
    });

    it('that may have been sent while the disk was full are not sent by themselves', async () => {
      let full = false;
      const open = (async (...args: Parameters<Files['open']>) => {
        if (full && args[1] !== 'r') {
          throw diskError('ENOSPC');
        }
        return realFiles.open(...args);
      }) as Files['open'];
      const first = await folder.open({ open });
      const session = openSession(first);
      session.outbox.restore([stored('Once', 'queued')]);
      await first.store.beforeSend();
      full = true;
      session.outbox.restore([stored('Other', 'queued')]);
      await first.store.beforeSend();
      await folder.close(first);
      assert.deepEqual(pending(await folder.open()), ['Once: undelivered']);
    });

    it('of one window are taken over by one other', async () => {
      const first = await folder.open();
      openSession(first).outbox.restore([stored('Once', 'queued')]);
      await folder.close(first);
      const windows = await Promise.all([folder.open(), folder.open(), folder.open()]);
      assert.deepEqual(
        windows.flatMap((window) => pending(window) ?? []),
        ['Once: queued'],
      );
    });
  });

  it('include a creation that was in flight, with its prompt', async () => {
    const first = await folder.open();
    first.store.restore({
      sessions: [],
      creations: [{ options: { cloud: {}, prompt: 'Begin' }, startTime: new Date() }],
      reviews: [],
    });
    await folder.close(first);
    const second = await folder.open();
    const [row] = second.store.rows;
    assert.equal(row?.status, 'failed');
    assert.equal(row.creation?.options.prompt, 'Begin');
    assert.match(row.detail ?? '', /The session may exist/);
  });

  it('are not opened again once they are no longer watched', async () => {
    const first = await folder.open();
    openSession(first);
    await first.store.disconnect('s1');
    await folder.close(first);
    assert.deepEqual((await folder.open()).store.openSessions, []);
  });

  describe('many at once', () => {
    const IDS = range('s', 1, 5);

    /** A runtime that attaches to each session. The test answers the reads of their histories. */
    const reloaded = async () => {
      const first = await folder.open();
      for (const id of IDS) {
        deliver(openSession(first, id), event(`a-${id}`, 'assistant.message', { messageId: 'm1', content: 'Kept.' }));
      }
      await folder.close(first);
      const runtime = new MemoryRuntime();
      runtime.on('sessions.list', ({ id }) => runtime.respond(id, { sessions: [] }));
      runtime.on('sessions.connect', ({ id, params }) => {
        const taskId = String(params['sessionId']);
        runtime.respond(id, { sessionId: taskId.slice('task-'.length), metadata: { resourceId: taskId } });
      });
      runtime.on('session.getMessages', undefined);
      const written: string[] = [];
      const open: Files['open'] = (file, flags, mode) => {
        if (flags === 'w' && String(file).includes('transcripts')) {
          written.push(String(file));
        }
        return realFiles.open(file, flags, mode);
      };
      const window = folder.window({ open });
      window.store.setClient(runtime.client);
      const asked = (): unknown[] => runtime.requestsOf('session.getMessages').map(({ params }) => params['sessionId']);
      const answer = async (index: number): Promise<void> => {
        const { id } = await runtime.received('session.getMessages', index + 1);
        const history = [
          event('b1', 'assistant.message', { messageId: 'm1', content: 'Kept.' }),
          event('b2', 'assistant.message', { messageId: 'm2', content: 'Missed.' }),
        ];
        runtime.respond(id, { events: history });
      };
      return { window, runtime, asked, answer, written };
    };

    it('read a few histories at a time, behind their transcripts, which are not written anew', async () => {
      const { window, runtime, asked, answer, written } = await reloaded();
      await window.persistence.restore();
      await eventually('three to be asked for', () => asked().length === HISTORIES_AT_ONCE);
      await runtime.settle();
      assert.equal(asked().length, HISTORIES_AT_ONCE);
      for (const [index] of IDS.entries()) {
        await answer(index);
      }
      await eventually('all to be caught up', () => window.store.openSessions.every(({ isCaughtUp }) => isCaughtUp));
      assert.deepEqual([...asked()].sort(), IDS);
      for (const session of window.store.openSessions) {
        assert.deepEqual(ids(session.events), [`a-${session.sessionId}`, 'b2']);
      }
      assert.deepEqual(written, []);
      window.store.setClient(undefined);
    });

    it('read the history at once of the one that is given a prompt', async () => {
      const { window, runtime, asked } = await reloaded();
      await window.persistence.restore();
      await eventually('three to be asked for', () => asked().length === HISTORIES_AT_ONCE);
      await eventually('all to be attached', () => window.store.openSessions.every(({ isAttached }) => isAttached));
      const [waiting] = window.store.openSessions.filter(({ sessionId }) => !asked().includes(sessionId));
      waiting?.send('Go on.').catch(() => undefined);
      await eventually('it to be asked for', () => asked().length === HISTORIES_AT_ONCE + 1);
      assert.equal(asked().at(-1), waiting?.sessionId);
      await runtime.settle();
      assert.equal(asked().length, HISTORIES_AT_ONCE + 1);
      window.store.setClient(undefined);
    });
  });

  it('survive a file of theirs that is garbage', async () => {
    const first = await folder.open();
    openSession(first);
    await folder.close(first);
    const windows = path.join(folder.path, 'windows');
    const [name = ''] = await readdir(windows);
    await writeFile(path.join(windows, name), '{"version":1,"sess');
    const second = await folder.open();
    assert.deepEqual(second.store.openSessions, []);
    assert.match(second.warnings.join(), /cannot be read/);
    assert.ok((await readdir(windows)).some((found) => found.endsWith('.damaged')));
  });

  it('go on without a disk that can be written to', async function () {
    if (process.platform === 'win32') {
      this.skip();
    }
    await chmod(folder.path, 0o500);
    const window = await asNobody(folder.path, async () => {
      const opened = await folder.open();
      deliver(openSession(opened), event('e1'));
      await eventually('the warning', () => opened.disk.length > 0);
      return opened;
    });
    assert.deepEqual(window.disk, ['failed EACCES']);
    await chmod(folder.path, 0o700);
  });
});

/** Runs as an unprivileged user, in a folder of that user, because root may write everywhere. */
async function asNobody<T>(folder: string, work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0 || process.seteuid === undefined) {
    return work();
  }
  await chown(folder, NOBODY, NOBODY);
  process.seteuid(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid(0);
  }
}

function stored(text: string, state: 'queued' | 'sending' | 'sent' | 'failed') {
  return { text, mode: 'enqueue', state, transmitted: state !== 'queued', uncertain: false } as const;
}
