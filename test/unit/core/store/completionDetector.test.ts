import assert from 'node:assert/strict';
import type { SessionEvent } from '@github/copilot-sdk';
import { CompletionDetector, SETTLE_MS, type Completion } from '../../../../src/core/store/completionDetector';
import { reduceActivity } from '../../../../src/core/activity/activityReducer';
import { ManualTimers } from '../../../support/manualTimers';
import { agentStart, event } from '../../../support/sessionEvents';
import { type SessionStatus, INITIAL_ACTIVITY } from '../../../../src/core/activity/activity';

const turn = (id: string): SessionEvent => event(`${id}-turn`, 'assistant.turn_start');
const work = (id: string): SessionEvent[] => [turn(id), event(`${id}-end`, 'assistant.turn_end')];

/** A session whose events are chosen by the test, and the notifications for it. */
function stage(history: readonly SessionEvent[] = [], { caughtUp = true } = {}) {
  const timers = new ManualTimers();
  const told: Completion[] = [];
  let activity = reduceActivity(INITIAL_ACTIVITY, history);
  let isCaughtUp = caughtUp;
  let listed: SessionStatus | undefined;
  let isOpen = true;
  const watch = new CompletionDetector(
    () => (isOpen ? { status: listed ?? activity.status, session: { activity, isCaughtUp } } : undefined),
    (ending) => told.push(ending),
    timers.create,
  );
  watch.look();
  return {
    watch,
    timers,
    told,
    happen: (...events: SessionEvent[]) => {
      activity = reduceActivity(activity, events);
      watch.look();
    },
    catchUp: (...events: SessionEvent[]) => {
      activity = reduceActivity(activity, events);
      isCaughtUp = true;
      watch.look();
    },
    list: (status: SessionStatus) => {
      listed = status;
      watch.look();
    },
    close: () => {
      isOpen = false;
      watch.look();
    },
    settle: () => timers.advance(SETTLE_MS),
  };
}

describe('CompletionDetector', () => {
  it('tells once that the work has ended, and again of the next work', () => {
    const { happen, settle, told } = stage([agentStart()]);
    happen(turn('a'));
    settle();
    assert.deepEqual(told, []);
    happen(event('a-end', 'assistant.turn_end'));
    happen(event('idle', 'session.idle'));
    happen(event('title', 'session.title_changed', { title: 'x' }));
    settle();
    settle();
    assert.deepEqual(told, ['finished']);
    happen(...work('b'));
    settle();
    assert.deepEqual(told, ['finished', 'finished']);
  });

  it('tells nothing of what had happened before the history was read', () => {
    const { happen, catchUp, settle, told } = stage([agentStart()], { caughtUp: false });
    happen(...work('a'));
    settle();
    catchUp(...work('b'), event('e', 'session.error', { message: 'Quota' }));
    settle();
    assert.deepEqual(told, []);
    happen(...work('c'));
    settle();
    assert.deepEqual(told, ['finished']);
  });

  it('tells of work that began before, and ends now', () => {
    const { happen, settle, told } = stage([agentStart(), turn('a')]);
    happen(event('idle', 'session.idle'));
    settle();
    assert.deepEqual(told, ['finished']);
  });

  it('tells that it has failed, and why that is not twice', () => {
    const { happen, settle, told } = stage([agentStart(), turn('a')]);
    happen(
      event('e', 'session.error', { message: 'Quota' }),
      event('s', 'session.shutdown', { shutdownType: 'error' }),
    );
    settle();
    happen(event('e2', 'session.error', { message: 'Quota' }));
    settle();
    assert.deepEqual(told, ['failed']);
  });

  it('does not tell of a rest between two turns', () => {
    const { happen, settle, told, timers } = stage([agentStart()]);
    happen(...work('a'));
    timers.advance(SETTLE_MS - 1);
    happen(turn('b'));
    settle();
    assert.deepEqual(told, []);
    happen(event('b-end', 'assistant.turn_end'));
    settle();
    assert.deepEqual(told, ['finished']);
  });

  it('does not tell of an abort', () => {
    const { happen, settle, told } = stage([agentStart(), turn('a')]);
    happen(event('abort', 'abort'), event('idle', 'session.idle', { aborted: true }));
    settle();
    assert.deepEqual(told, []);
  });

  it('does not tell of sub-agents', () => {
    const { happen, settle, told } = stage([agentStart(), turn('a')]);
    const ofAgent = { agentId: 'sub' };
    happen(event('i', 'session.idle', {}, ofAgent), event('e', 'session.error', {}, ofAgent));
    happen(event('f', 'subagent.failed', { toolCallId: 't' }), event('c', 'subagent.completed', { toolCallId: 'u' }));
    settle();
    assert.deepEqual(told, []);
  });

  it('tells of an end that only the service knows of', () => {
    for (const [status, ending] of [
      ['done', 'finished'],
      ['failed', 'failed'],
    ] as const) {
      const { list, settle, told } = stage([agentStart(), turn('a')]);
      list(status);
      list(status);
      settle();
      assert.deepEqual(told, [ending]);
    }
  });

  it('tells of an end that was found when the session was attached again', () => {
    const { happen, list, settle, told } = stage([agentStart(), turn('a')]);
    list('disconnected');
    settle();
    assert.deepEqual(told, []);
    happen(event('a-end', 'assistant.turn_end'));
    settle();
    assert.deepEqual(told, ['finished']);
  });

  it('tells nothing of autopilot’s pauses, and once of its end', () => {
    const { happen, settle, told } = stage([agentStart()]);
    for (const id of ['a', 'b', 'c', 'd']) {
      happen(...work(id));
      happen(event(`${id}-idle`, 'session.idle', { mode: 'autopilot' }));
      settle();
    }
    assert.deepEqual(told, []);
    happen(event('stop', 'session.autopilot_stopped', { reason: 'limit' }));
    happen(event('idle', 'session.idle', { mode: 'autopilot' }));
    settle();
    assert.deepEqual(told, ['finished']);
  });

  it('tells of work in the background once it has ended', () => {
    const { happen, settle, told } = stage([agentStart(), turn('a')]);
    happen(event('i', 'session.idle', { backgroundTasks: { shells: [{ shellId: 's' }] } }));
    settle();
    assert.deepEqual(told, []);
    happen(event('n', 'system.notification', { kind: { type: 'shell_completed', shellId: 's' } }));
    happen(event('j', 'session.idle'));
    settle();
    assert.deepEqual(told, ['finished']);
  });

  it('tells of a failure that only the service knows of after the end was told, once', () => {
    const { happen, list, settle, told } = stage([agentStart()]);
    happen(...work('a'));
    settle();
    list('failed');
    settle();
    happen(event('e', 'session.error', { message: 'Quota' }));
    settle();
    assert.deepEqual(told, ['finished', 'failed']);
  });

  it('tells nothing of an old event', () => {
    const { happen, settle, told } = stage([agentStart(), turn('a')]);
    happen(event('i', 'session.idle', {}, { timestamp: '2026-01-02T01:00:00.000Z' }));
    settle();
    assert.deepEqual(told, []);
  });

  it('says nothing of a session that is no longer open, and leaves no timer', () => {
    const closed = stage([agentStart()]);
    closed.happen(...work('a'));
    closed.close();
    closed.settle();
    const disposed = stage([agentStart()]);
    disposed.happen(...work('a'));
    disposed.watch.dispose();
    assert.equal(disposed.timers.pending, 0);
    assert.deepEqual([...closed.told, ...disposed.told], []);
  });
});
