import assert from 'node:assert/strict';
import { StopRequest, UNCONFIRMED_AFTER_MS, type StopState } from '../../../../src/core/session/stopRequest';
import { ManualTimers } from '../../../support/manualTimers';
import { turn } from '../../../support/memoryRuntime';
import { event } from '../../../support/sessionEvents';
import { INITIAL_ACTIVITY, type SessionActivity } from '../../../../src/core/activity/activity';

function stage(status: SessionActivity['status'] = 'working') {
  const timers = new ManualTimers();
  const states: StopState[] = [];
  const calls: { answer: () => void; fail: (error: unknown) => void }[] = [];
  let activity: SessionActivity = { ...INITIAL_ACTIVITY, status };
  const request = new StopRequest(
    () => new Promise<void>((answer, fail) => calls.push({ answer, fail })),
    () => activity,
    timers.create,
    (state) => states.push(state),
  );
  const become = (next: SessionActivity['status']): void => {
    activity = { ...activity, status: next };
  };
  const heardAt = (time: string): void => {
    activity = { ...activity, lastEventTime: new Date(time) };
  };
  return { request, timers, states, calls, become, heardAt };
}

describe('StopRequest', () => {
  it('is stopping at once, before the runtime has answered', () => {
    const { request, states } = stage();
    void request.run();
    assert.deepEqual([request.state, states], ['stopping', ['stopping']]);
  });

  for (const type of ['abort', 'session.idle', 'session.task_complete', 'session.error']) {
    it(`is over when ${type} was seen, with or without an answer`, async () => {
      const { request, timers, states, calls } = stage();
      const running = request.run();
      request.observe(event('a', type));
      calls[0]!.answer();
      await running;
      timers.advance(60_000);
      assert.deepEqual([request.state, states, timers.pending], ['none', ['stopping', 'none'], 0]);
    });
  }

  for (const type of ['abort', 'session.idle', 'session.task_complete', 'session.error']) {
    it(`is not over because of a late ${type} from before it was asked for`, () => {
      const { request, heardAt } = stage();
      heardAt('2026-01-02T03:00:00Z');
      void request.run();
      request.observe(event('old', type, {}, { timestamp: '2026-01-02T02:59:59.999Z' }));
      assert.equal(request.state, 'stopping');
      heardAt('2026-01-02T03:00:10Z');
      request.observe(event('new', type, {}, { timestamp: '2026-01-02T03:00:00.000Z' }));
      assert.equal(request.state, 'none');
    });
  }

  it('is not over because of other events, or a sub-agent’s', () => {
    const { request } = stage();
    void request.run();
    request.observe(event('a', 'assistant.message'));
    request.observe(event('b', 'session.idle', {}, { agentId: 'sub' }));
    assert.equal(request.state, 'stopping');
  });

  it('is unconfirmed after 10 s, also when the call hangs, and over when the end is seen later', async () => {
    for (const hangs of [true, false]) {
      const { request, timers, states, calls } = stage();
      void request.run();
      if (!hangs) {
        calls[0]!.answer();
        await turn();
      }
      timers.advance(UNCONFIRMED_AFTER_MS - 1);
      assert.equal(request.state, 'stopping');
      timers.advance(1);
      assert.equal(request.state, 'unconfirmed');
      request.observe(event('a', 'abort'));
      assert.deepEqual(states, ['stopping', 'unconfirmed', 'none']);
    }
  });

  it('is not unconfirmed if the agent rests by then, whatever said so', () => {
    const { request, timers, become } = stage();
    void request.run();
    become('idle');
    timers.advance(UNCONFIRMED_AFTER_MS);
    assert.equal(request.state, 'none');
  });

  it('waits for nothing of an agent that rests, and asks all the same', () => {
    for (const status of ['idle', 'done', 'failed'] as const) {
      const { request, timers, calls } = stage(status);
      void request.run();
      assert.deepEqual([request.state, calls.length, timers.pending], ['none', 1, 0]);
    }
    const queued = stage('queued');
    void queued.request.run();
    assert.equal(queued.request.state, 'stopping');
  });

  it('rejects with the refusal, and is no longer stopping', async () => {
    const { request, timers, calls, states } = stage();
    const running = request.run();
    calls[0]!.fail(new Error('HTTP 500'));
    await assert.rejects(running, /HTTP 500/);
    assert.deepEqual([states, timers.pending], [['stopping', 'none'], 0]);
  });

  it('asks once for two clicks, and again for a later one', async () => {
    const { request, timers, calls } = stage();
    const both = [request.run(), request.run()];
    assert.equal(calls.length, 1);
    calls[0]!.answer();
    await Promise.all(both);
    timers.advance(UNCONFIRMED_AFTER_MS);
    void request.run();
    assert.deepEqual([calls.length, request.state], [2, 'stopping']);
    timers.advance(UNCONFIRMED_AFTER_MS);
    assert.equal(request.state, 'unconfirmed');
  });

  it('leaves no timer and says nothing once it is disposed', () => {
    const { request, timers, states } = stage();
    void request.run();
    request.dispose();
    request.observe(event('a', 'abort'));
    assert.deepEqual([timers.pending, states], [0, ['stopping']]);
  });
});
