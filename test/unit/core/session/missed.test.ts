import assert from 'node:assert/strict';
import type { SessionEvent } from '@github/copilot-sdk';
import { ActivityProjection } from '../../../../src/core/activity/activityProjection';
import { SessionHistory } from '../../../../src/core/session/sessionHistory';
import { agentStart, event, ids, userMessage } from '../../../support/sessionEvents';

/*
 * The state of a session that was not observed all the time: a connection was lost, a window was closed, a transcript
 * is read after the history or before it.
 */

const NOW = new Date('2026-01-02T03:04:05Z');
const fail = (error: unknown): void => {
  throw error;
};

function session() {
  const history = new SessionHistory(() => NOW, fail);
  const activity = new ActivityProjection(history.log, () => NOW);
  return {
    history,
    status: () => activity.current.status,
    live: (...events: SessionEvent[]) => events.forEach((one) => history.add(one)),
  };
}

/** The same events, under the ids of another connection. */
const again = (...events: SessionEvent[]): SessionEvent[] => events.map((one) => ({ ...one, id: `again-${one.id}` }));
/** The service's own record of a prompt. */
const record = (id: string, content: string): SessionEvent =>
  event(id, 'user.message', { content, source: 'command-7' });
const turn = (id: string): SessionEvent => event(id, 'assistant.turn_start', { turnId: id });
const turnEnd = (id: string): SessionEvent => event(id, 'assistant.turn_end', { turnId: id });
const pause = (id: string, data: object = { mode: 'autopilot' }): SessionEvent =>
  event(id, 'session.idle', data, { ephemeral: true });
const at = (second: number, one: SessionEvent): SessionEvent => ({
  ...one,
  timestamp: new Date(NOW.getTime() + second * 1_000).toISOString(),
});

describe('a prompt that a runtime showed, and that the service does not have', () => {
  const requested = event('r', 'session.requested');

  it('is no work once the next history shows that, whichever comes first: the history or what was kept', async () => {
    const seen = [requested, agentStart(), userMessage('p', 'Go')];
    const fresh = again(requested, agentStart());
    const crashed = session();
    crashed.live(...seen);
    assert.equal(crashed.status(), 'working');
    crashed.history.beginConnection();
    await crashed.history.merge(fresh);
    assert.equal(crashed.status(), 'idle');
    assert.equal(crashed.history.events.length, 3, 'the log keeps what was shown');

    const keptFirst = session();
    await keptFirst.history.absorb(seen, []);
    keptFirst.history.beginConnection();
    await keptFirst.history.merge(fresh);
    assert.equal(keptFirst.status(), 'idle');

    const keptLast = session();
    keptLast.history.beginConnection();
    await keptLast.history.merge(fresh);
    await keptLast.history.absorb(seen, []);
    assert.equal(keptLast.status(), 'idle');
  });

  it('is work again where a later history has it, and where a prompt of the same words arrived', async () => {
    const late = session();
    late.live(requested, agentStart(), userMessage('p', 'Go'));
    late.history.beginConnection();
    await late.history.merge(again(requested, agentStart()));
    assert.equal(late.status(), 'idle');
    await late.history.merge(again(requested, agentStart(), record('p', 'Go')));
    assert.equal(late.status(), 'working');

    const both = session();
    both.live(requested, agentStart(), userMessage('p', 'Go'), record('echo', 'Go'));
    both.history.beginConnection();
    await both.history.merge(again(requested, agentStart(), record('echo', 'Go')));
    assert.equal(both.status(), 'working');
  });

  it('is not refuted by a history that was cut before it, or that has nothing of what is known', async () => {
    for (const cut of [[], again(event('other', 'session.info'))]) {
      const one = session();
      one.live(requested, agentStart(), userMessage('p', 'Go'));
      one.history.beginConnection();
      await one.history.merge(cut, cut.length > 0);
      assert.equal(one.status(), 'working');
    }
  });

  it('is no proof against the service’s own record', async () => {
    const one = session();
    one.live(requested, agentStart(), record('p', 'Go'));
    one.history.beginConnection();
    await one.history.merge(again(requested, agentStart()));
    assert.equal(one.status(), 'working');
  });
});

describe('the end of what only ephemeral events tell of', () => {
  const begun = [agentStart(), userMessage('p', 'Go'), turn('t1')];
  const pauses: Readonly<Record<string, object>> = {
    autopilot: { mode: 'autopilot' },
    'background tasks': { backgroundTasks: { agents: [{ agentId: 'a' }], shells: [] } },
  };

  for (const [what, data] of Object.entries(pauses)) {
    it(`is taken for missed where the connection was away while it rested (${what})`, async () => {
      const one = session();
      one.live(...begun, turnEnd('e1'), pause('i', data));
      assert.equal(one.status(), 'working');
      one.history.beginConnection();
      await one.history.merge(again(...begun, turnEnd('e1')));
      assert.equal(one.status(), 'idle', 'nothing will tell of the end');
      one.live(turn('t2'));
      assert.equal(one.status(), 'working', 'it goes on');
      one.live(turnEnd('e2'), pause('j', data));
      assert.equal(one.status(), 'working', 'that is seen live');
    });

    it(`is taken for missed where a whole round was missed, and where the transcript comes last (${what})`, async () => {
      const missed = [turn('t2'), turnEnd('e2')];
      const one = session();
      one.live(...begun, turnEnd('e1'), pause('i', data));
      one.history.beginConnection();
      await one.history.merge(again(...begun, turnEnd('e1'), ...missed));
      assert.equal(one.status(), 'idle');

      const restored = session();
      restored.history.beginConnection();
      await restored.history.merge(again(...begun, turnEnd('e1')));
      await restored.history.absorb([...begun, turnEnd('e1'), pause('i', data)], []);
      assert.equal(restored.status(), 'idle');
    });
  }

  it('changes nothing while the agent works or waits for a person', async () => {
    const ask = event('q', 'permission.requested', { requestId: 'q1', permissionRequest: { kind: 'shell' } });
    for (const [last, status] of [
      [turn('t9'), 'working'],
      [ask, 'needs input'],
    ] as const) {
      const one = session();
      one.live(...begun, turnEnd('e1'), pause('i'), last);
      one.history.beginConnection();
      await one.history.merge(again(...begun, turnEnd('e1'), last));
      assert.equal(one.status(), status);
    }
  });
});

describe('the place of what was missed', () => {
  it('is by its time where a transcript has more than the history, and the other way round', async () => {
    const [a, b, c, d] = [1, 2, 3, 4].map((second) => at(second, turn(`t${second}`))) as [
      SessionEvent,
      SessionEvent,
      SessionEvent,
      SessionEvent,
    ];
    const one = session();
    one.history.beginConnection();
    await one.history.merge(again(a, b));
    await one.history.absorb([a, c], []);
    await one.history.merge(again(a, b, c, d));
    assert.deepEqual(ids(one.history.events), ['again-t1', 'again-t2', 't3', 'again-t4']);
  });

  it('is behind what a history that was cut names as the event before it', async () => {
    const one = session();
    one.live(event('r', 'session.requested'));
    await one.history.merge([event('s', 'session.start', { producer: 'copilot-agent' }, { parentId: 'r' })], true);
    assert.deepEqual(ids(one.history.events), ['r', 's']);
  });
});
