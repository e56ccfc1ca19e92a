import assert from 'node:assert/strict';
import type { SessionEvent } from '@github/copilot-sdk';
import { CloudSession, type SessionConnection } from '../../../../src/core/session/session';
import { readListEntry } from '../../../../src/core/store/listEntries';
import { rowOf, type SessionRow } from '../../../../src/core/store/sessionRow';
import { ManualTimers } from '../../../support/manualTimers';
import { agentStart, event, userMessage } from '../../../support/sessionEvents';

const OPENED = new Date('2026-01-02T03:00:00Z');
/** The time of all events of `support/sessionEvents`. */
const EVENT_TIME = '2026-01-02T03:04:05.678Z';
const connection: SessionConnection = {
  request: () => new Promise(() => undefined),
  handleRequest: () => false,
  warn: () => undefined,
};

function entry(state: string, modifiedTime: string, name = 'Repair the lamp') {
  return readListEntry({ sessionId: 't1', isRemote: true, name, state, modifiedTime });
}

function watched(...events: SessionEvent[]): CloudSession {
  const session = new CloudSession('s1', { isRemote: true, taskId: 't1' }, new ManualTimers().create, () => OPENED);
  session.attach(connection, { items: [], dropped: 0, droppedEvents: [], rejected: 0 });
  for (const one of events) {
    session.deliver({
      kind: 'event',
      notification: { method: 'session.event', params: { sessionId: 's1', event: one } },
    });
  }
  return session;
}

const row = (session: CloudSession | undefined, listed?: ReturnType<typeof entry>, listedAt?: Date): SessionRow =>
  rowOf('k', session, listed, undefined, OPENED, listedAt);
const TURN = event('turn', 'assistant.turn_start');

describe('rowOf', () => {
  it('has the list’s state of a session that is not watched, and says when that was read', () => {
    const { status, seenAt, stop, workingSince } = row(undefined, entry('in_progress', EVENT_TIME), OPENED);
    assert.deepEqual([status, seenAt, stop, workingSince], ['working', OPENED, 'none', undefined]);
  });

  it('has the events’ state of one that is watched, whatever the list says of its work', () => {
    for (const [events, state, status] of [
      [[agentStart(), TURN], 'queued', 'working'],
      [[agentStart(), TURN], 'idle', 'working'],
      [[agentStart()], 'in_progress', 'idle'],
      [[agentStart(), event('q', 'permission.requested', { requestId: 'r' })], 'in_progress', 'needs input'],
      [[agentStart(), event('d', 'session.task_complete')], 'failed', 'done'],
    ] as const) {
      const shown = row(watched(...events), entry(state, '2026-01-02T09:00:00Z'));
      assert.deepEqual([shown.status, shown.seenAt], [status, undefined], state);
    }
  });

  it('is at its end when the service says so after the last event: no event tells of that', () => {
    const session = watched(agentStart(), TURN);
    assert.equal(row(session, entry('completed', EVENT_TIME)).status, 'done');
    assert.equal(row(session, entry('failed', '2026-01-02T09:00:00Z')).status, 'failed');
    assert.equal(row(session, entry('completed', '2026-01-02T03:00:00Z')).status, 'working');
    assert.equal(
      row(watched(event('x', 'y', {}, { timestamp: 'never' })), entry('failed', EVENT_TIME)).status,
      'queued',
    );
  });

  it('is what the list says once it is known that there are no events', async () => {
    const session = new CloudSession('s1', { isRemote: true }, new ManualTimers().create);
    session.attach(
      { ...connection, request: async (method) => Promise.resolve(method.read({ events: [] })) },
      { items: [], dropped: 0, droppedEvents: [], rejected: 0 },
    );
    assert.equal(row(session, entry('in_progress', EVENT_TIME)).status, 'queued');
    await session.reconcile();
    assert.equal(row(session, entry('in_progress', EVENT_TIME)).status, 'working');
  });

  it('is disconnected without the runtime, and keeps what it was and when that was seen', () => {
    const session = watched(agentStart(), TURN);
    session.detach('gone');
    const shown = row(session, entry('completed', '2026-01-02T09:00:00Z'));
    assert.deepEqual([shown.status, shown.lastStatus, shown.seenAt], ['disconnected', 'working', OPENED]);
    assert.equal(shown.workingSince, undefined);
  });

  it('says since when the agent works, and what it does', () => {
    const session = watched(
      agentStart(),
      TURN,
      event('t1', 'tool.execution_start', { toolCallId: '1', toolName: 'view' }),
      event('t2', 'tool.execution_start', { toolCallId: '2', toolName: 'bash' }),
    );
    assert.deepEqual([row(session).workingSince, row(session).detail], [new Date(EVENT_TIME), 'bash']);
    const intends = watched(agentStart(), TURN, event('i', 'assistant.intent', { intent: 'Reading' }));
    assert.equal(row(intends).detail, 'Reading');
    const failed = watched(agentStart(), TURN, event('e', 'session.error', { message: 'Quota' }));
    assert.deepEqual([row(failed).workingSince, row(failed).detail], [undefined, 'Quota']);
  });

  it('is called by the agent’s title, the first prompt, the list’s name, in this order', () => {
    const listed = entry('idle', EVENT_TIME);
    assert.equal(row(watched(), listed).title, 'Repair the lamp');
    const prompted = [agentStart(), userMessage('u1', '\n First \nmore'), userMessage('u2', 'Second')];
    assert.equal(row(watched(...prompted), listed).title, 'First');
    const titled = [...prompted, event('t', 'session.title_changed', { title: 'Lamp' })];
    assert.equal(row(watched(...titled), listed).title, 'Lamp');
    assert.equal(row(watched()).title, 'Session s1');
  });

  it('is called by the list’s name, and not by the prompt, if it was in the list before its id was known', () => {
    const session = watched(agentStart(), userMessage('u1', 'First'));
    for (const key of ['s1', 't1']) {
      const shown = rowOf(key, session, entry('idle', EVENT_TIME), undefined, OPENED);
      assert.equal(shown.title, 'Repair the lamp', key);
    }
  });

  it('is a session on a machine that mirrors it, and stale once nothing was heard of it in time', () => {
    const listed = (staleAt: string) =>
      row(
        undefined,
        readListEntry({
          ...{ sessionId: 't1', isRemote: true, state: 'in_progress', taskType: 'cli', staleAt },
          ...{ hostStatus: 'working', hostActivity: 'Running tests' },
        }),
        OPENED,
      );
    const heard = listed('2026-01-02T03:01:00Z');
    assert.deepEqual([heard.runsOn, heard.status, heard.detail], ['machine', 'working', 'Running tests']);
    const stale = listed('2026-01-02T02:59:00Z');
    assert.deepEqual([stale.status, stale.lastStatus, stale.detail], ['disconnected', 'working', undefined]);
    assert.deepEqual(stale.staleSince, new Date('2026-01-02T02:59:00Z'));
  });

  it('is stale while it is watched, too, unless its events are newer', () => {
    const listed = (staleAt: string) =>
      readListEntry({ sessionId: 't1', isRemote: true, state: 'in_progress', taskType: 'cli', staleAt });
    const session = watched(agentStart(), TURN);
    const readAt = new Date('2026-01-02T05:00:00Z');
    assert.equal(row(session, listed('2026-01-02T04:00:00Z'), readAt).status, 'disconnected');
    assert.equal(row(session, listed('2026-01-02T03:00:00Z'), readAt).status, 'working');
    assert.equal(row(session, listed('2026-01-02T06:00:00Z'), readAt).status, 'working');
  });

  it('has the branch and repository that the agent says, else the list’s, else those chosen, and says the difference', () => {
    const context = { cwd: '/w', repository: 'octo/real', branch: 'main' };
    const start = event('start', 'session.start', { producer: 'copilot-agent', context });
    const listed = readListEntry({
      ...{ sessionId: 't1', isRemote: true, repository: { owner: 'octo', name: 'listed', branch: 'pushed' } },
    });
    const chosen = (...events: SessionEvent[]): CloudSession => {
      const session = watched(...events);
      session.update({ repository: 'octo/chosen', branch: 'wanted' });
      return session;
    };
    const said = ({ repository, branch, chosenBranch }: SessionRow) => [repository, branch, chosenBranch];
    assert.deepEqual(said(row(chosen(start), listed)), ['octo/real', 'main', 'wanted']);
    assert.deepEqual(said(row(chosen(), listed)), ['octo/listed', 'pushed', 'wanted']);
    assert.deepEqual(said(row(chosen())), ['octo/chosen', 'wanted', undefined]);
    assert.deepEqual(said(row(watched(start))), ['octo/real', 'main', undefined]);
  });

  it('has the pushed branch and the pull request of the service’s list, and no branch that the agent only started from', () => {
    const start = event('start', 'session.start', { producer: 'copilot-agent', context: { branch: 'main' } });
    const listed = (branch: string, pullRequestNumber?: unknown, isRemote = true) =>
      readListEntry({
        ...{ sessionId: 't1', isRemote, repository: { owner: 'octo', name: 'app', branch } },
        ...({ pullRequestNumber } as object),
      });
    const of = ({ listedBranch, listedPullRequest }: SessionRow) => [listedBranch, listedPullRequest];
    assert.deepEqual(of(row(watched(start))), [undefined, undefined]);
    assert.deepEqual(of(row(watched(start), listed(''))), [undefined, undefined]);
    assert.deepEqual(of(row(watched(start), listed('copilot/pier', 12))), ['copilot/pier', 12]);
    assert.deepEqual(of(row(undefined, listed('topic', 'twelve', false))), [undefined, undefined]);
  });

  it('goes with a note in the log, once, when the agent starts on another branch than the one that was chosen', () => {
    const start = (id: string, branch: string) =>
      event(id, 'session.start', { producer: 'copilot-agent', context: { branch } });
    const notesOf = (...events: SessionEvent[]): readonly string[] => {
      const session = watched();
      session.update({ branch: 'wanted' });
      for (const one of events) {
        session.deliver({ kind: 'event', notification: { method: 'session.event', params: { event: one } } });
      }
      return session.notes.map(({ text }) => text);
    };
    const said = notesOf(start('a', 'main'), start('b', 'main'));
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', /on the branch main, not on wanted/);
    assert.deepEqual(notesOf(start('a', 'wanted')), []);
  });

  it('is no longer at work in an autopilot’s pause when the service says later that it is idle', () => {
    const session = watched(agentStart(), TURN, event('i', 'session.idle', { mode: 'autopilot' }));
    assert.equal(row(session, entry('in_progress', EVENT_TIME)).status, 'working');
    assert.equal(row(session, entry('idle', EVENT_TIME)).status, 'idle');
    assert.equal(row(session, entry('idle', '2026-01-02T03:00:00Z')).status, 'working');
  });
});
