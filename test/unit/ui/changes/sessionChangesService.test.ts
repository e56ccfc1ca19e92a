import assert from 'node:assert/strict';
import '../../../support/vscodeStub';
import { Emitter } from 'vscode-jsonrpc/node';
import type { ChangesSource } from '../../../../src/core/changes/sessionChanges';
import type { CloudSession } from '../../../../src/core/session/session';
import type { SessionRow } from '../../../../src/core/store/sessionRow';
import type { FoundChanges } from '../../../../src/ui/changes/changeSources';
import { SessionChangesService } from '../../../../src/ui/changes/sessionChangesService';
import { ManualTimers } from '../../../support/manualTimers';
import { sessionRow } from '../../../support/sessionRows';

const REFRESH_MS = 5_000;

interface Question {
  readonly key: string;
  readonly fetches: boolean;
  answer(found: FoundChanges): Promise<void>;
  fail(): Promise<void>;
}

/** What callers of the service wait for is done after this. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const found = (path: string, readAt = 0, source: ChangesSource = 'agent'): FoundChanges => ({
  set: {
    changes: {
      ...{ source, base: 'main', readAt: new Date(readAt) },
      files: [{ path, status: 'modified', additions: 1, deletions: 0 }],
    },
    content: () => Promise.resolve({ kind: 'absent' }),
  },
  root: undefined,
});

class FakeSession {
  private readonly events = new Emitter<{ readonly type: string }>();
  readonly onEvent = this.events.event;
  readonly details: { readonly isRemote: boolean };
  isCaughtUp = true;

  constructor(
    readonly sessionId: string,
    isRemote = true,
  ) {
    this.details = { isRemote };
  }

  emit(type: string): void {
    this.events.fire({ type });
  }
}

describe('the changes of sessions', () => {
  let timers: ManualTimers;
  let opened: Emitter<CloudSession>;
  let closed: Emitter<CloudSession>;
  let storeChanges: Emitter<undefined>;
  let rows: Map<string, SessionRow>;
  let questions: Question[];
  let isInView: boolean;
  let announced: string[];
  let service: SessionChangesService;

  const open = (session: FakeSession, key = session.sessionId): FakeSession => {
    rows.set(session.sessionId, sessionRow(key, { sessionId: session.sessionId, session: session as never }));
    opened.fire(session as never);
    return session;
  };
  const rowOf = (key: string): SessionRow => rows.get(key) ?? sessionRow(key);
  const asked = (): string[] => questions.map(({ key, fetches }) => (fetches ? `${key} fetches` : key));
  const question = (index: number): Question => {
    const one = questions[index];
    assert.ok(one !== undefined, `there are ${questions.length} questions`);
    return one;
  };
  const pathsOf = (key: string): string[] => service.filesOf(key).map(({ path }) => path);

  beforeEach(() => {
    timers = new ManualTimers();
    opened = new Emitter();
    closed = new Emitter();
    storeChanges = new Emitter();
    rows = new Map();
    questions = [];
    isInView = true;
    announced = [];
    service = new SessionChangesService(
      {
        find: (key) => rows.get(key),
        openSessions: [],
        onDidOpen: opened.event,
        onDidClose: closed.event,
        onDidChange: storeChanges.event as never,
      },
      {
        read: ({ key }, { fetches }) =>
          new Promise((resolve, reject) => {
            questions.push({
              ...{ key, fetches },
              answer: (value) => (resolve(value), settled()),
              fail: () => (reject(new Error('It was made to fail')), settled()),
            });
          }),
      },
      () => isInView,
      timers.create,
    );
    service.onDidChange((key) => announced.push(key));
  });

  afterEach(() => {
    service.dispose();
    assert.equal(timers.pending, 0);
  });

  describe('on request', () => {
    it('are read, kept and announced', async () => {
      assert.equal(service.get('a'), undefined);
      assert.deepEqual(pathsOf('a'), []);
      const reading = service.read(rowOf('a'), { fetches: true });
      const answer = found('x');
      await question(0).answer(answer);
      assert.equal(await reading, answer);
      assert.equal(service.get('a'), answer);
      assert.deepEqual([asked(), pathsOf('a'), announced], [['a fetches'], ['x'], ['a']]);
    });

    it('are read once for several callers, and again after that', async () => {
      const readings = [1, 2, 3].map(() => service.read(rowOf('a'), { fetches: false }));
      void service.read(rowOf('b'), { fetches: false });
      assert.deepEqual(asked(), ['a', 'b']);
      await question(0).answer(found('x'));
      await Promise.all(readings);
      void service.read(rowOf('a'), { fetches: false });
      assert.deepEqual(asked(), ['a', 'b', 'a']);
    });

    it('that are fetched answer those who need no fetch, and not the other way round', async () => {
      void service.read(rowOf('a'), { fetches: false });
      void service.read(rowOf('a'), { fetches: true });
      const shared = service.read(rowOf('a'), { fetches: false });
      assert.deepEqual(asked(), ['a', 'a fetches']);
      const fetched = found('fetched');
      await question(1).answer(fetched);
      assert.equal(await shared, fetched);
    });

    for (const source of ['git', 'agent'] as const) {
      it(`are not replaced by the late answer of an earlier question (${source})`, async () => {
        const early = service.read(rowOf('a'), { fetches: false });
        void service.read(rowOf('a'), { fetches: true });
        const newer = found('newer', 1_000, 'git');
        await question(1).answer(newer);
        await question(0).answer(found('late', 2_000, source));
        assert.equal(await early, newer);
        assert.deepEqual([pathsOf('a'), announced], [['newer'], ['a']]);
      });
    }

    it('count as newer by their question: the time of a pushed branch is by the agent’s clock', async () => {
      void service.read(rowOf('a'), { fetches: false });
      await question(0).answer(found('pushed', Date.parse('2099-01-01'), 'git'));
      void service.read(rowOf('a'), { fetches: false });
      await question(1).answer(found('now', Date.parse('2026-03-04'), 'agent'));
      assert.deepEqual(pathsOf('a'), ['now']);
    });

    it('that cannot be read leave what was known, and can be asked for again', async () => {
      void service.read(rowOf('a'), { fetches: false });
      await question(0).answer(found('x'));
      const failing = assert.rejects(service.read(rowOf('a'), { fetches: false }), /made to fail/);
      await question(1).fail();
      await failing;
      assert.deepEqual([pathsOf('a'), announced], [['x'], ['a']]);
      void service.read(rowOf('a'), { fetches: false });
      assert.equal(questions.length, 3);
    });
  });

  describe('while somebody looks', () => {
    for (const type of ['tool.execution_complete', 'assistant.turn_end', 'session.idle']) {
      it(`are read once after many events (${type}), some time later, without a fetch`, async () => {
        const session = open(new FakeSession('a'));
        session.emit(type);
        session.emit(type);
        timers.advance(REFRESH_MS - 1);
        assert.deepEqual(asked(), []);
        timers.advance(1);
        assert.deepEqual(asked(), ['a']);
        await question(0).answer(found('x'));
        assert.equal(timers.pending, 0, 'nothing more is planned');
        timers.advance(100 * REFRESH_MS);
        assert.equal(questions.length, 1);
      });
    }

    it('are not read after other events, or for sessions on this machine', () => {
      open(new FakeSession('a')).emit('assistant.message');
      open(new FakeSession('b', false)).emit('session.idle');
      assert.equal(timers.pending, 0);
    });

    it('are read of sessions that were open before', () => {
      const session = new FakeSession('a');
      rows.set('a', sessionRow('a', { session: session as never }));
      const other = new SessionChangesService(
        {
          find: (key) => rows.get(key),
          openSessions: [session as never],
          onDidOpen: opened.event,
          onDidClose: closed.event,
          onDidChange: storeChanges.event as never,
        },
        { read: ({ key }) => (questions.push({ key } as Question), new Promise(() => undefined)) },
        () => true,
        timers.create,
      );
      session.emit('session.idle');
      timers.advance(REFRESH_MS);
      assert.deepEqual(asked(), ['a']);
      other.dispose();
    });

    it('are kept for the row, whose key may be another than the session’s id', async () => {
      open(new FakeSession('a'), 'creation-1').emit('session.idle');
      timers.advance(REFRESH_MS);
      await question(0).answer(found('x'));
      assert.deepEqual([announced, pathsOf('creation-1')], [['creation-1'], ['x']]);
    });

    it('are read of one session after the other, whether or not that fails', async () => {
      const sessions = ['a', 'b', 'c'].map((id) => open(new FakeSession(id)));
      sessions.forEach((session) => session.emit('session.idle'));
      timers.advance(REFRESH_MS);
      assert.deepEqual(asked(), ['a']);
      await question(0).answer(found('x'));
      assert.deepEqual(asked(), ['a', 'b']);
      await question(1).fail();
      assert.deepEqual(asked(), ['a', 'b', 'c']);
      await question(2).answer(found('z'));
      assert.deepEqual([announced, pathsOf('b'), timers.pending], [['a', 'c'], [], 0]);
    });

    it('are read again after what the agent did in the meantime, one reading at a time', async () => {
      const session = open(new FakeSession('a'));
      session.emit('session.idle');
      timers.advance(REFRESH_MS);
      session.emit('session.idle');
      timers.advance(3 * REFRESH_MS);
      assert.deepEqual(asked(), ['a']);
      await question(0).answer(found('x'));
      timers.advance(REFRESH_MS);
      assert.deepEqual(asked(), ['a', 'a']);
      await question(1).answer(found('y'));
      assert.deepEqual([pathsOf('a'), timers.pending], [['y'], 0]);
    });

    it('are read again after a reading on request that was asked before the agent’s change', async () => {
      const session = open(new FakeSession('a'));
      void service.read(rowOf('a'), { fetches: true });
      session.emit('session.idle');
      timers.advance(REFRESH_MS);
      await question(0).answer(found('before'));
      timers.advance(REFRESH_MS);
      assert.deepEqual(asked(), ['a fetches', 'a']);
    });

    it('wait for a session until its history is here', () => {
      const session = open(new FakeSession('a'));
      session.isCaughtUp = false;
      session.emit('session.idle');
      timers.advance(10 * REFRESH_MS);
      assert.deepEqual([asked(), timers.pending], [[], 0]);
      session.isCaughtUp = true;
      storeChanges.fire(undefined);
      timers.advance(REFRESH_MS);
      assert.deepEqual(asked(), ['a']);
    });
  });

  describe('while nobody looks', () => {
    it('are not read, and are when somebody does', () => {
      isInView = false;
      open(new FakeSession('a')).emit('session.idle');
      storeChanges.fire(undefined);
      assert.equal(timers.pending, 0);
      isInView = true;
      service.resume();
      timers.advance(REFRESH_MS);
      assert.deepEqual(asked(), ['a']);
      service.resume();
      assert.equal(timers.pending, 0, 'nothing has happened since');
    });

    it('are not read by a reading that was planned before', () => {
      open(new FakeSession('a')).emit('session.idle');
      isInView = false;
      timers.advance(REFRESH_MS);
      assert.deepEqual([asked(), timers.pending], [[], 0]);
      isInView = true;
      service.resume();
      timers.advance(REFRESH_MS);
      assert.deepEqual(asked(), ['a']);
    });

    it('are not read of further sessions', async () => {
      ['a', 'b'].forEach((id) => open(new FakeSession(id)).emit('session.idle'));
      timers.advance(REFRESH_MS);
      isInView = false;
      await question(0).answer(found('x'));
      assert.deepEqual([asked(), timers.pending], [['a'], 0]);
    });
  });

  it('are not read of a session that was closed, nor after the end', async () => {
    const session = open(new FakeSession('a'));
    session.emit('session.idle');
    closed.fire(session as never);
    timers.advance(REFRESH_MS);
    session.emit('session.idle');
    assert.deepEqual([asked(), timers.pending], [[], 0]);

    ['b', 'c'].forEach((id) => open(new FakeSession(id)).emit('session.idle'));
    timers.advance(REFRESH_MS);
    service.dispose();
    await question(0).answer(found('x'));
    assert.deepEqual([asked(), announced, timers.pending], [['b'], [], 0]);
  });
});
