import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Answer } from '../../../../src/core/questions/answer';
import type { PendingQuestion } from '../../../../src/core/questions/pendingQuestion';
import { turn } from '../../../support/memoryRuntime';
import { asked, decided, questionService } from './questionFixture';

type Step =
  | { readonly do: 'ask'; readonly id: number; readonly text: number; readonly call: number }
  | { readonly do: 'input' | 'request'; readonly id: number; readonly text: number }
  | { readonly do: 'complete'; readonly id: number; readonly approved: boolean }
  | { readonly do: 'cancel'; readonly which: number }
  | { readonly do: 'answer'; readonly which: number; readonly allow: boolean; readonly twice: boolean }
  | { readonly do: 'settle'; readonly which: number; readonly how: 'taken' | 'refused' | 'failed' }
  | { readonly do: 'detach' | 'attach' | 'catchUp' | 'idle' }
  | { readonly do: 'wait'; readonly ms: number };

const small = (max: number) => fc.integer({ min: 0, max });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('ask'), id: small(5), text: small(1), call: small(2) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('input', 'request'), id: small(3), text: small(1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('complete'), id: small(5), approved: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel'), which: small(5) }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('answer'), which: small(4), allow: fc.boolean(), twice: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('settle'),
      which: small(4),
      how: fc.constantFrom('taken', 'refused', 'failed'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('detach', 'attach', 'catchUp', 'idle') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.constantFrom(1, 3_000, 10_000) }) },
);

const TEXTS = ['Which storage?', 'Which port?'];

class Run {
  private readonly requests: { readonly answers: readonly unknown[]; readonly cancel: () => void }[] = [];
  /** Decisions of a person. */
  private readonly decisions = new Set<Answer | undefined>();
  private expectedCalls = 0;

  constructor(private readonly world: Awaited<ReturnType<typeof questionService>>) {}

  async step(step: Step): Promise<void> {
    const { world } = this;
    const { session } = world;
    switch (step.do) {
      case 'ask': {
        const toolCallId = step.call === 0 ? undefined : `call${step.call}`;
        world.deliver(
          asked('permission.requested', `p${step.id}`, {
            permissionRequest: { kind: 'shell', fullCommandText: `echo ${step.text}`, toolCallId },
          }),
        );
        return;
      }
      case 'input':
        world.deliver(asked('user_input.requested', `i${step.id}`, { question: TEXTS[step.text] }));
        return;
      case 'request': {
        const { inbound, answers } = world.request('userInput.request', { question: TEXTS[step.text] });
        this.requests.push({ answers, cancel: () => inbound.cancel() });
        return;
      }
      case 'complete':
        world.deliver(
          decided(`p${step.id}`, step.approved ? 'approved' : 'denied-interactively-by-user'),
          ...(step.approved ? [asked('user_input.completed', `i${step.id}`, { answer: 'x' })] : []),
        );
        return;
      case 'cancel':
        this.requests[step.which]?.cancel();
        return;
      case 'answer': {
        const entries = world.one.list();
        const entry = entries[step.which % Math.max(1, entries.length)];
        if (entry !== undefined) {
          this.answer(entry, step.allow);
          if (step.twice) {
            this.answer(entry, !step.allow);
          }
        }
        return;
      }
      case 'settle': {
        const [call] = world.calls.splice(step.which, 1);
        this.expectedCalls -= call === undefined ? 0 : 1;
        if (step.how === 'failed') {
          call?.fail(new Error('The connection got disposed'));
        } else {
          call?.answer({ success: step.how === 'taken', events: session.events });
        }
        return;
      }
      case 'detach':
        session.detach('gone');
        world.changed();
        return;
      case 'attach':
        if (!session.isAttached) {
          world.attach();
          world.changed();
        }
        return;
      case 'catchUp': {
        if (session.isAttached) {
          const reading = session.readHistory();
          world.calls.pop()?.answer({ events: session.events });
          await reading;
          world.changed();
        }
        return;
      }
      case 'idle':
        world.deliver(asked('session.idle', ''));
        return;
      case 'wait':
        world.timers.advance(step.ms);
    }
  }

  check(): void {
    const { one, session, told, calls } = this.world;
    const list = one.list();
    assert.equal(new Set(told).size, told.length, 'told of once');
    const ids = list.flatMap(({ requestIds }) => requestIds);
    assert.equal(new Set(ids).size, ids.length, 'each question is shown once');
    assert.equal(calls.length, this.expectedCalls, 'only a person’s answer is sent');
    const waiting = this.requests.filter(({ answers }) => answers.length === 0).length;
    assert.ok(
      this.requests.every(({ answers }) => answers.length <= 1),
      'answered once',
    );
    const shown = list.filter(({ source }) => source.kind === 'request');
    assert.equal(shown.length, waiting, 'each request that waits is seen, and no other');
    assert.equal(session.waitsForPerson, waiting > 0);
    if (waiting > 0) {
      assert.equal(session.status, 'needs input');
    }
    const answered = list.filter(({ state }) => state !== 'open' && state !== 'refused');
    assert.ok(
      answered.every(({ answer }) => this.decisions.has(answer)),
      'nothing is answered by itself',
    );
  }

  async end(): Promise<void> {
    const { one, session, timers, unwatch, calls } = this.world;
    unwatch();
    session.dispose();
    for (const call of calls) {
      call.fail(new Error('The connection got disposed'));
    }
    await turn();
    assert.deepEqual(one.list(), []);
    assert.ok(
      this.requests.every(({ answers }) => answers.length === 1),
      'each request is answered in the end',
    );
    const inside = one as unknown as Record<'sessions' | 'byKey', Map<unknown, unknown>>;
    assert.deepEqual([inside.sessions.size, inside.byKey.size, timers.pending], [0, 0, 0], 'nothing is left');
  }

  private answer(entry: PendingQuestion, allow: boolean): void {
    const answer: Answer =
      entry.as === 'input'
        ? { kind: 'input', answer: allow ? 'yes' : 'no', wasFreeform: true }
        : { kind: 'permission', decision: allow ? 'once' : 'deny' };
    const wasAnswerable = this.world.one.get(entry.key) !== undefined && entry.isAnswerable;
    const before = this.world.calls.length;
    this.world.one.answer(entry.key, answer).catch(() => undefined);
    const sent = this.world.calls.slice(before);
    if (wasAnswerable) {
      this.decisions.add(answer);
      const ids = sent.map(({ params }) => params['requestId']);
      assert.equal(new Set(ids).size, ids.length, 'each id gets one answer');
      assert.ok(
        ids.every((id) => typeof id === 'string' && entry.requestIds.includes(id)),
        'the answer reaches the question that was seen',
      );
    } else {
      assert.equal(sent.length, 0, 'the second of two answers is not sent');
    }
    this.expectedCalls += sent.length;
  }
}

describe('QuestionService, whatever comes in whatever order', () => {
  it('answers each request once, shows each question once, approves nothing by itself, and leaves nothing behind', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const run = new Run(await questionService());
        for (const one of steps) {
          await run.step(one);
          await Promise.resolve();
          run.check();
        }
        await run.end();
      }),
      { numRuns: Number(process.env['QUESTION_RUNS'] ?? 400) },
    )).timeout(120_000);
});
