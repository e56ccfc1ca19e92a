import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SessionEvent } from '@github/copilot-sdk';
import { event } from '../../sampleSession';
import { linesOf } from '../lines';

const idle = (data: object = {}) => event('session.idle', data);
const autopilotIdle = idle({ mode: 'autopilot' });
const message = event('user.message', { content: 'Go on' });
const IDLE = 'Idle      the agent has finished its turn and waits';
const TURN_OVER = 'Session   the agent has ended its turn · autopilot may go on';
const endings = (...events: readonly SessionEvent[]): readonly string[] =>
  linesOf(...events).filter((line) => /^(Idle|Stopped|Session|Mode|Finished) /.test(line));

describe('the end of a turn', () => {
  it('is said once, however often it comes, until the agent has worked again', () => {
    assert.deepEqual(endings(idle(), idle(), idle()), [IDLE]);
    assert.deepEqual(endings(idle(), event('session.title_changed', { title: 'T' }), idle()), [IDLE]);
    assert.deepEqual(endings(idle(), message, idle(), idle()), [IDLE, IDLE]);
    for (const type of ['assistant.message', 'tool.execution_start', 'subagent.started']) {
      const work = event(type, { messageId: type, content: 'x', toolCallId: type, toolName: 'bash', agentName: 'x' });
      assert.deepEqual(endings(idle(), work, idle()), [IDLE, IDLE], type);
    }
  });

  it('is not the end of the work in autopilot, until autopilot has stopped', () => {
    assert.deepEqual(endings(autopilotIdle, autopilotIdle), [TURN_OVER]);
    assert.deepEqual(endings(autopilotIdle, message, autopilotIdle), [TURN_OVER, TURN_OVER]);
    const stopped = event('session.autopilot_stopped', { reason: 'task_complete' });
    assert.deepEqual(endings(stopped, autopilotIdle), ['Mode      autopilot has stopped · the task is complete', IDLE]);
    assert.deepEqual(endings(stopped, message, autopilotIdle).at(-1), TURN_OVER);
    assert.deepEqual(endings(event('session.task_complete', { success: true }), autopilotIdle).at(-1), IDLE);
    const notYet = event('session.task_complete', { success: false, outcome: 'continue' });
    assert.deepEqual(endings(notYet, autopilotIdle).at(-1), TURN_OVER);
  });

  it('is not the end of the work while anything runs in the background', () => {
    const tasks = { backgroundTasks: { agents: [{ agentId: 'a' }], shells: [] } };
    const goesOn = 'Session   the agent has ended its turn · 1 background task goes on';
    assert.deepEqual(endings(idle(tasks), idle(tasks), idle()), [goesOn, IDLE]);
    for (const odd of [null, 7, 'two', { agents: 1 }, {}, []]) {
      assert.deepEqual(endings(idle({ backgroundTasks: odd })), [IDLE], JSON.stringify(odd));
    }
  });

  it('of a sub-agent is not that of the session', () => {
    const of = { agentId: 'a1' };
    assert.deepEqual(endings(event('session.idle', {}, 0, of), event('assistant.idle', { aborted: true }, 0, of)), []);
    assert.deepEqual(endings(event('abort', { reason: 'user_abort' }, 0, of), idle()), [
      "Stopped   [a1] the agent's turn was stopped by the user",
      IDLE,
    ]);
    const error = event('session.error', { errorType: 'quota', message: 'No credits' }, 0, of);
    assert.deepEqual(linesOf(error), ['Error     [a1] No credits · quota']);
  });

  it('by an abort is said once for each thing that there is to say', () => {
    const abort = event('abort', { reason: 'user_abort' });
    const stopped = ["Stopped   the agent's turn was stopped by the user", 'Stopped   the agent has stopped and waits'];
    const interrupted = event('assistant.idle', { aborted: true });
    assert.deepEqual(endings(abort, interrupted, abort, idle({ aborted: true }), idle({ aborted: true })), stopped);
    assert.deepEqual(endings(interrupted, interrupted), ['Stopped   the agent was interrupted']);
  });

  it('never reads as the end while the last event of it says that something goes on', () => {
    const goesOn = fc.constantFrom<object>(
      { mode: 'autopilot' },
      { backgroundTasks: [{}] },
      { backgroundTasks: { shells: [{}, {}] } },
      { mode: 'autopilot', backgroundTasks: [{}] },
    );
    const others = fc.constantFrom(
      'session.usage_info',
      'session.indexed_search',
      'vendor.new',
      'session.title_changed',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(goesOn, others), { maxLength: 20 }), (steps) => {
        const events = steps.map((step) =>
          typeof step === 'string' ? event(step, { title: 'T' }) : event('session.idle', step),
        );
        const said = linesOf(message, ...events);
        assert.ok(!said.some((line) => /^(Idle|Stopped|Finished|Ended) /.test(line)), said.join('\n'));
        const turns = said.filter((line) => line.includes('has ended its turn'));
        assert.equal(new Set(turns).size, turns.length, 'said twice');
      }),
    );
  });
});
