import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SessionEvent } from '@github/copilot-sdk';
import { EventLog } from '../../../../src/core/eventLog/eventLog';
import { UsageProjection } from '../../../../src/core/usage/usageProjection';
import { UsageTotals, type SessionUsage } from '../../../../src/core/usage/usageTotals';
import { event } from '../../../support/sessionEvents';

let count = 0;
const of = (type: string, data: unknown = {}, more: object = {}): SessionEvent =>
  event(`e${++count}`, type, data, { ...more });
const START = of('session.start', { producer: 'copilot-agent' });

/** A call of the model: 100 tokens read, 10 written, 2 credits, and a premium request if a person began it. */
const call = (data: object = {}, more: object = {}): SessionEvent =>
  of(
    'assistant.usage',
    {
      model: 'm',
      apiCallId: `call-${++count}`,
      inputTokens: 100,
      outputTokens: 10,
      cost: 1.5,
      copilotUsage: { totalNanoAiu: 2e9 },
      ...data,
    },
    more,
  );
const turn = (...events: readonly SessionEvent[]): readonly SessionEvent[] => [
  of('assistant.turn_start'),
  ...events,
  of('assistant.turn_end'),
];
const checkpoint = (credits: number, premium?: number): SessionEvent =>
  of('session.usage_checkpoint', { totalNanoAiu: credits * 1e9, totalPremiumRequests: premium });
const shutdown = (tokens: number, credits: number): SessionEvent =>
  of('session.shutdown', {
    shutdownType: 'routine',
    totalNanoAiu: credits * 1e9,
    totalPremiumRequests: 3,
    modelMetrics: {
      a: { usage: { inputTokens: tokens, outputTokens: 1 } },
      b: { usage: { inputTokens: tokens, outputTokens: 2 } },
    },
  });

function usage(events: readonly SessionEvent[], isWhole = true): SessionUsage {
  const totals = new UsageTotals();
  events.forEach((each) => totals.add(each));
  return totals.figures(isWhole);
}

/** `5` for a total of 5, `5+` for a part. */
function shown(events: readonly SessionEvent[], isWhole = true): readonly (string | undefined)[] {
  const { inputTokens, outputTokens, credits, premiumRequests } = usage(events, isWhole);
  return [inputTokens, outputTokens, credits, premiumRequests].map(
    (figure) => figure && `${figure.value}${figure.isTotal ? '' : '+'}`,
  );
}

describe('what a session has used', () => {
  it('is unknown, and not 0, while no event says it', () => {
    assert.deepEqual(shown([]), [undefined, undefined, undefined, undefined]);
    assert.deepEqual(shown([START, ...turn()]), [undefined, undefined, undefined, undefined]);
    const nothing = { totalNanoAiu: 0, totalPremiumRequests: 0, modelMetrics: {} };
    const events = [START, ...turn(), of('session.usage_checkpoint', nothing), of('session.shutdown', nothing)];
    assert.deepEqual(shown(events), [undefined, undefined, undefined, undefined]);
  });

  it('is the sum of its calls; a premium request is one that a person began', () => {
    const events = [START, ...turn(call({ initiator: 'user' })), ...turn(call({ initiator: 'agent' }), call())];
    assert.deepEqual(shown(events), ['300', '30', '6', '1.5']);
  });

  it('counts a call once, whatever ids its event has', () => {
    const again = call({ apiCallId: 'same' });
    const events = [START, ...turn(again, { ...again, id: 'other' }, call())];
    assert.deepEqual(shown(events).slice(0, 2), ['200', '20']);
    const unnamed = call({ apiCallId: undefined });
    assert.deepEqual(shown([START, ...turn(unnamed, unnamed)]).slice(0, 2), ['100', '10']);
  });

  it('is a part where events are missing, or the beginning, or the usage of a turn', () => {
    const part = ['100+', '10+', '2+', undefined];
    assert.deepEqual(shown([START, ...turn(call())]), ['100', '10', '2', undefined]);
    assert.deepEqual(shown([START, ...turn(call())], false), part);
    assert.deepEqual(shown(turn(call())), part);
    assert.deepEqual(shown([START, ...turn(call()), ...turn()]), part);
    assert.deepEqual(shown([START, ...turn(), ...turn(call())]), part);
  });

  it('is the total so far while a turn runs, and a part if that turn ends without a usage', () => {
    const running = [START, ...turn(call()), of('assistant.turn_start')];
    assert.equal(shown(running)[0], '100');
    for (const type of ['abort', 'session.idle', 'session.error', 'assistant.turn_end', 'assistant.turn_start']) {
      assert.equal(shown([...running, of(type)])[0], '100+', type);
    }
  });

  it('has a usage for each turn of each agent; a call beside the turns stands for none', () => {
    const by = { agentId: 'helper' };
    const helper = [of('assistant.turn_start', {}, by), of('assistant.turn_end', {}, by)];
    assert.equal(shown([START, ...turn(call(), call()), ...helper])[0], '200+');
    assert.equal(shown([START, ...turn(call()), ...helper, call({}, by)])[0], '200');
    const beside = call({ interactionType: 'conversation-compaction' });
    assert.equal(shown([START, ...turn(call()), ...turn(), beside])[0], '200+');
  });

  it('has no total of credits if a call does not say its price', () => {
    const events = [START, ...turn(call()), ...turn(call({ copilotUsage: undefined }))];
    assert.deepEqual(shown(events), ['200', '20', '2+', undefined]);
  });

  it('takes the agent’s own sums where they say more, as a total until it goes on', () => {
    const events = [START, ...turn(), checkpoint(7, 4)];
    assert.deepEqual(shown(events), [undefined, undefined, '7', '4']);
    assert.deepEqual(shown([...events, ...turn()]), [undefined, undefined, '7+', '4+']);
    assert.deepEqual(shown([...events, ...turn(call({ initiator: 'user' }))]), ['100+', '10+', '7+', '4+']);
    assert.deepEqual(shown([START, ...turn(call({ initiator: 'user' })), checkpoint(1, 1)]), ['100', '10', '2', '1.5']);
    assert.deepEqual(shown([START, checkpoint(7), checkpoint(3)])[2], '7');
  });

  it('takes the sums of a shutdown only if nothing else says anything: a runtime on this machine makes one, too', () => {
    assert.deepEqual(shown([START, ...turn(), shutdown(50, 9)]), ['100', '3', '9', '3']);
    assert.deepEqual(shown([START, ...turn(call({ initiator: 'user' })), shutdown(50, 9)]), ['100', '10', '2', '1.5']);
    assert.deepEqual(shown([START, ...turn(), shutdown(50, 9), ...turn()]), ['100+', '3+', '9+', '3+']);
    assert.deepEqual(shown([START, shutdown(50, 9), shutdown(40, 9)]), ['100+', '3+', '9+', '3+']);
  });

  it('ignores what is no amount', () => {
    for (const inputTokens of [-1, Number.NaN, Number.POSITIVE_INFINITY, '100', null, {}]) {
      assert.equal(shown([START, ...turn(call({ inputTokens }))])[0], undefined);
    }
    for (const data of [undefined, null, 5, 'text', []]) {
      assert.deepEqual(shown([START, of('assistant.usage', data), of('session.shutdown', data)])[0], undefined);
      assert.deepEqual(shown([START, of('session.shutdown', { modelMetrics: { a: data } })])[0], undefined);
    }
  });
});

const SESSION: readonly SessionEvent[] = [
  START,
  ...turn(call({ initiator: 'user' })),
  ...turn(call({ apiCallId: undefined, inputTokens: 7 })),
  checkpoint(3, 1),
  ...turn(call({}, { agentId: 'helper' }), call()),
  ...turn(call({ copilotUsage: { totalNanoAiu: 5e8 } })),
  of('session.idle'),
];

describe('what the session of a log has used', () => {
  it('is the same for the same events, in any pieces, looked at at any time, with any of them sent again', () => {
    const expected = usage(SESSION);
    assert.equal(expected.inputTokens?.isTotal, true);
    fc.assert(
      fc.property(
        fc.array(fc.record({ again: fc.nat(SESSION.length - 1), look: fc.boolean(), merge: fc.boolean() }), {
          minLength: SESSION.length,
          maxLength: SESSION.length,
        }),
        fc.boolean(),
        (steps, hasNewIds) => {
          const log = new EventLog((error) => assert.fail(String(error)));
          const used = new UsageProjection(log);
          SESSION.forEach((each, index) => {
            const { again = 0, look, merge } = steps[index] ?? {};
            log.append(each);
            if (merge === true) {
              log.merge(SESSION.slice(0, again + 1));
            } else {
              log.append(SESSION[Math.min(again, index)] ?? each);
            }
            if (look === true) {
              used.current(true);
            }
          });
          log.beginConnection();
          // As over another connection: the whole history once more.
          log.merge(
            SESSION.map((each) => (hasNewIds ? { ...each, id: `${each.id}-again`, parentId: null } : each)),
            { recognised: 'earlier', isHistory: true },
          );
          assert.deepEqual(used.current(true), expected);
          log.dispose();
        },
      ),
    );
  });

  it('has what a history adds before its end', () => {
    const log = new EventLog((error) => assert.fail(String(error)));
    const used = new UsageProjection(log);
    SESSION.slice(6).forEach((each) => log.append(each));
    assert.notDeepEqual(used.current(true), usage(SESSION));
    log.merge(SESSION);
    assert.deepEqual(used.current(true), usage(SESSION));
    log.dispose();
  });
});
