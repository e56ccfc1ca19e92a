import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Outbox } from '../../../../src/core/prompts/outbox';
import { UNANSWERED_AFTER_MS } from '../../../../src/core/prompts/promptSender';
import { ManualTimers } from '../../../support/manualTimers';
import { turn } from '../../../support/memoryRuntime';
import { userMessage } from '../../../support/sessionEvents';
import type { Prompt } from '../../../../src/core/prompts/prompt';

/** An operation on the prompts of one session, in any order. */
type Step =
  | { readonly kind: 'send' | 'close' | 'watch' | 'reload' | 'open' | 'shut' }
  | { readonly kind: 'answer' | 'fail' | 'show' | 'discard' | 'retry'; readonly which: number }
  | { readonly kind: 'pass'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Step>({ kind: 'send' }) },
  fc.constantFrom<Step>({ kind: 'close' }, { kind: 'watch' }, { kind: 'reload' }, { kind: 'open' }, { kind: 'shut' }),
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('answer' as const, 'fail' as const, 'show' as const, 'discard' as const, 'retry' as const),
      which: fc.nat(5),
    }),
  },
  fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1_000, 30_000, UNANSWERED_AFTER_MS, 120_000) }),
);

interface Sent {
  readonly text: string;
  answer(id: string): void;
  fail(error: Error): void;
}

/** A session's outboxes over time, and what the runtime received. */
class Stage {
  readonly timers = new ManualTimers();
  readonly sent: Sent[] = [];
  readonly shown: string[] = [];
  readonly discarded = new Set<string>();
  readonly retried = new Map<string, number>();
  readonly open = new Set<Promise<unknown>>();
  private settled = 0;
  private texts = 0;
  box = this.outbox(true);
  /** The outbox of the session while it is not watched. */
  parked: Outbox | undefined;

  async run(next: Step): Promise<void> {
    const owner = this.parked ?? this.box;
    const pick = (which: number): Prompt | undefined => owner.pending[which % Math.max(1, owner.pending.length)];
    switch (next.kind) {
      case 'send':
        if (this.parked === undefined) {
          this.watchPromise(this.box.send(`prompt ${++this.texts}`, 'enqueue'));
        }
        break;
      case 'close':
        if (this.parked === undefined) {
          this.parked = this.outbox(false);
          this.parked.takeFrom(this.box, Object.assign(new Error('closed'), { code: 'cancelled' }) as never);
          this.box.dispose();
        }
        break;
      case 'watch':
        if (this.parked !== undefined) {
          this.box = this.outbox(true);
          this.box.takeFrom(this.parked);
          this.parked.dispose();
          this.parked = undefined;
          this.box.setOpen(true);
        }
        break;
      case 'reload': {
        const stored = JSON.parse(JSON.stringify(owner.stored)) as typeof owner.stored;
        owner.dispose();
        const next = this.outbox(this.parked === undefined);
        next.restore(stored);
        if (this.parked === undefined) {
          this.box = next;
        } else {
          this.parked = next;
        }
        break;
      }
      case 'open':
      case 'shut':
        this.box.setOpen(next.kind === 'open' && this.parked === undefined);
        break;
      case 'answer':
        this.sent[next.which % Math.max(1, this.sent.length)]?.answer(`m${next.which}`);
        break;
      case 'fail':
        this.sent[next.which % Math.max(1, this.sent.length)]?.fail(new Error('HTTP 502'));
        break;
      case 'show': {
        const text = this.sent[next.which % Math.max(1, this.sent.length)]?.text;
        if (text !== undefined && !this.shown.includes(text)) {
          this.shown.push(text);
          // Events arrive only while the session is watched; otherwise they are in the next history.
          if (this.parked === undefined) {
            this.box.onEvent(userMessage(`u${this.shown.length}`, text));
          }
        }
        break;
      }
      case 'discard': {
        const prompt = pick(next.which);
        if (prompt !== undefined && owner.discard(prompt.id)) {
          this.discarded.add(prompt.text);
        }
        break;
      }
      case 'retry': {
        const prompt = pick(next.which);
        if (prompt !== undefined && owner.retry(prompt.id)) {
          this.retried.set(prompt.text, (this.retried.get(prompt.text) ?? 0) + 1);
        }
        break;
      }
      case 'pass':
        this.timers.advance(next.ms);
        break;
    }
    await turn();
  }

  check(): void {
    const owner = this.parked ?? this.box;
    const pending = owner.pending.map(({ text }) => text);
    assert.equal(new Set(pending).size, pending.length, 'a prompt is in the outbox once');
    if (this.parked !== undefined) {
      assert.deepEqual(this.box.pending, [], 'a prompt is in one outbox');
    }
    for (let text = 1; text <= this.texts; text++) {
      const name = `prompt ${text}`;
      const times = this.sent.filter((one) => one.text === name).length;
      assert.ok(times <= 1 + (this.retried.get(name) ?? 0), `${name} went out ${times} times`);
      const isKnown = pending.includes(name) || this.shown.includes(name) || this.discarded.has(name);
      assert.ok(isKnown, `${name} is neither pending, nor shown, nor discarded`);
    }
  }

  async end(): Promise<void> {
    (this.parked ?? this.box).dispose();
    this.box.dispose();
    await turn();
    assert.equal(this.settled, this.open.size, 'every promise that was given out has settled');
    assert.equal(this.timers.pending, 0);
  }

  private outbox(isWatched: boolean): Outbox {
    const transmit = (text: string): Promise<string> =>
      new Promise((answer, fail) => this.sent.push({ text, answer, fail }));
    return new Outbox(isWatched ? transmit : undefined, this.timers.create);
  }

  private watchPromise(promise: Promise<unknown>): void {
    this.open.add(promise);
    const settle = (): void => {
      this.settled++;
    };
    promise.then(settle, settle);
  }
}

describe('Outbox, whatever happens to its session', () => {
  it('has each prompt once, sends none twice by itself, loses none, and settles every promise', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const stage = new Stage();
        for (const next of steps) {
          await stage.run(next);
          stage.check();
        }
        await stage.end();
      }),
      { numRuns: 300 },
    );
  });

  it('goes on with those behind a prompt that is never answered, and says so of that one', async () => {
    const timers = new ManualTimers();
    const texts: string[] = [];
    const box = new Outbox((text) => {
      texts.push(text);
      return new Promise(() => undefined);
    }, timers.create);
    box.setOpen(true);
    const results = ['one', 'two', 'three'].map((text) =>
      assert.rejects(box.send(text, 'enqueue'), { code: 'timeout' }),
    );
    await turn();
    assert.deepEqual(texts, ['one']);
    timers.advance(UNANSWERED_AFTER_MS);
    await turn();
    assert.deepEqual(texts, ['one', 'two']);
    const [first] = box.pending;
    assert.deepEqual([first?.state, first?.uncertain, first?.error?.code], ['undelivered', true, 'timeout']);
    timers.advance(2 * UNANSWERED_AFTER_MS);
    await Promise.all(results);
  });

  it('frees the queue when the prompt that is being sent is discarded', async () => {
    const timers = new ManualTimers();
    const texts: string[] = [];
    const box = new Outbox((text) => {
      texts.push(text);
      return new Promise(() => undefined);
    }, timers.create);
    box.setOpen(true);
    const results = ['one', 'two', 'three'].map((text) => box.send(text, 'enqueue'));
    const [one] = box.pending;
    assert.equal(box.discard(one!.id), true);
    await assert.rejects(results[0]!, { code: 'cancelled' });
    await turn();
    assert.deepEqual(texts, ['one', 'two']);
    assert.equal(box.discard(one!.id), false);
    box.dispose();
    await Promise.all(results.slice(1).map((result) => assert.rejects(result, { code: 'cancelled' })));
  });

  it('takes over as shown what the session showed before its call was answered', async () => {
    const timers = new ManualTimers();
    const box = new Outbox(() => new Promise(() => undefined), timers.create);
    box.setOpen(true);
    const result = assert.rejects(box.send('one', 'enqueue'));
    await turn();
    box.onEvent(userMessage('u', 'one'));
    const parked = new Outbox(undefined, timers.create);
    parked.takeFrom(box);
    await result;
    assert.deepEqual([parked.pending, parked.stored[0]?.state, box.isEmpty], [[], 'shown', true]);
  });

  it('does not take a late answer to the first sending for one to the second', async () => {
    const timers = new ManualTimers();
    const sent: { answer: (id: string) => void; fail: (error: Error) => void }[] = [];
    const box = new Outbox(() => new Promise((answer, fail) => sent.push({ answer, fail })), timers.create);
    box.setOpen(true);
    void box.send('one', 'enqueue').catch(() => undefined);
    timers.advance(UNANSWERED_AFTER_MS);
    box.retry(box.pending[0]!.id);
    await turn();
    sent[0]!.fail(new Error('HTTP 502'));
    await turn();
    assert.equal(box.pending[0]!.state, 'sending');
    sent[1]!.answer('m2');
    await turn();
    assert.deepEqual([box.pending[0]!.state, box.pending[0]!.messageId], ['sent', 'm2']);
    box.dispose();
  });
});
