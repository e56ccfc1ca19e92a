import assert from 'node:assert/strict';
import type { SessionEvent } from '@github/copilot-sdk';
import { ResponseError } from 'vscode-jsonrpc/node';
import { CloudSessionsError } from '../../../../src/core/errors/cloudSessionsError';
import { Outbox } from '../../../../src/core/prompts/outbox';
import { STALLED_AFTER_MS } from '../../../../src/core/prompts/promptList';
import { PromptNotTaken, UNANSWERED_AFTER_MS, UNDELIVERED_AFTER_MS } from '../../../../src/core/prompts/promptSender';
import type { StoredPrompt } from '../../../../src/core/prompts/storedPrompt';
import { RpcFailure } from '../../../../src/core/rpc/rpcFailure';
import { ManualTimers } from '../../../support/manualTimers';
import { turn } from '../../../support/memoryRuntime';
import { event, userMessage } from '../../../support/sessionEvents';
import type { Prompt } from '../../../../src/core/prompts/prompt';

/** An outbox whose calls are answered by the test. */
function outbox({ open = true } = {}) {
  const timers = new ManualTimers();
  const sent: { text: string; mode: string; answer: (id: string) => void; fail: (error: unknown) => void }[] = [];
  const box = new Outbox(
    (text, mode) => new Promise((answer, fail) => sent.push({ text, mode, answer, fail })),
    timers.create,
  );
  const changes: string[] = [];
  box.newConnection();
  box.onDidChange(({ text, state, stalled }) => changes.push(`${text} ${state}${stalled ? ' stalled' : ''}`));
  box.setOpen(open);
  const send = (text: string, mode: 'enqueue' | 'immediate' = 'enqueue') => {
    const result = box.send(text, mode);
    result.catch(() => undefined);
    return result;
  };
  const states = (): string[] => box.pending.map(({ text, state }) => `${text} ${state}`);
  const texts = (): string[] => sent.map(({ text }) => text);
  let seen = 0;
  const see = (text: string): void => box.onEvent(userMessage(`u${seen++}`, text));
  return { box, timers, sent, changes, send, states, texts, see };
}

const only = (box: Outbox): Prompt => {
  assert.equal(box.pending.length, 1);
  return box.pending[0]!;
};

/** A history is read whose events the log knows already. */
function read(box: Outbox, history: readonly SessionEvent[], truncated = false): void {
  box.expect(history, truncated);
  box.prove(history, truncated);
}

/** An outbox with prompts that an earlier window gave to a runtime. */
function restored(...prompts: readonly Partial<StoredPrompt>[]) {
  const all = outbox({ open: false });
  const sent = { text: 'go', mode: 'enqueue', state: 'sent', transmitted: true, uncertain: false } as const;
  all.box.restore(prompts.map((prompt) => ({ ...sent, ...prompt })));
  return all;
}

describe('Outbox', () => {
  it('keeps prompts until it is open, then sends them one after the other, oldest first', async () => {
    const { box, sent, send, states, texts } = outbox({ open: false });
    void send('one');
    void send('two', 'immediate');
    void send('three');
    await turn();
    assert.deepEqual(texts(), []);
    assert.deepEqual(states(), ['one queued', 'two queued', 'three queued']);
    box.setOpen(true);
    await turn();
    assert.deepEqual(texts(), ['one']);
    sent[0]!.answer('m1');
    await turn();
    assert.deepEqual(texts(), ['one', 'two']);
    sent[1]!.answer('m2');
    await turn();
    assert.deepEqual(
      sent.map(({ text, mode }) => [text, mode]),
      [
        ['one', 'enqueue'],
        ['two', 'immediate'],
        ['three', 'enqueue'],
      ],
    );
  });

  it('answers with the message id, and is not delivered by that', async () => {
    const { box, sent, send } = outbox();
    const result = send('one');
    sent[0]!.answer('m1');
    assert.equal(await result, 'm1');
    const { state, messageId } = only(box);
    assert.deepEqual([state, messageId], ['sent', 'm1']);
  });

  it('is delivered by its user.message alone', async () => {
    const { box, sent, changes, send, states, timers } = outbox();
    void send(' one \n');
    sent[0]!.answer('m1');
    await turn();
    box.onEvent(event('e1', 'assistant.message', { content: 'one' }));
    box.onEvent(event('e2', 'user.message', { content: 'another' }));
    box.onEvent(event('e3', 'user.message', {}));
    box.onEvent(event('e4', 'user.message', null));
    assert.deepEqual(states(), [' one \n sent']);
    box.onEvent(userMessage('e5', 'one'));
    assert.deepEqual(states(), []);
    assert.equal(changes.at(-1), ' one \n delivered');
    assert.equal(timers.pending, 0);
  });

  it('may be delivered before the answer comes', async () => {
    const { sent, send, states, see, timers } = outbox();
    const result = send('one');
    see('one');
    assert.deepEqual(states(), ['one delivered']);
    sent[0]!.answer('m1');
    assert.equal(await result, 'm1');
    assert.deepEqual(states(), []);
    assert.equal(timers.pending, 0);
  });

  it('is not undelivered when it was seen before its call failed', async () => {
    const { sent, send, states, see, timers } = outbox();
    void send('one');
    see('one');
    sent[0]!.fail(new Error('reset'));
    await turn();
    assert.deepEqual(states(), []);
    assert.equal(timers.pending, 0);
  });

  it('delivers prompts of the same text one by one', async () => {
    const { sent, send, see, box } = outbox();
    void send('go on');
    sent[0]!.answer('m1');
    await turn();
    void send('go on');
    sent[1]!.answer('m2');
    await turn();
    see('go on');
    assert.equal(only(box).messageId, 'm2');
    see('go on');
    assert.equal(box.pending.length, 0);
  });

  it('does not take a message for one that was not sent yet', async () => {
    const { box, states, send, see } = outbox({ open: false });
    void send('one');
    see('one');
    assert.deepEqual(states(), ['one queued']);
    box.setOpen(true);
    await turn();
    see('two');
    assert.deepEqual(states(), ['one sending']);
  });

  it('is undelivered 30 s after it was sent, kept, and still delivered when it is seen', async () => {
    const { timers, sent, send, states, see } = outbox();
    void send('one');
    timers.advance(UNDELIVERED_AFTER_MS);
    assert.deepEqual(states(), ['one sending']);
    sent[0]!.answer('m1');
    await turn();
    timers.advance(UNDELIVERED_AFTER_MS - 1);
    assert.deepEqual(states(), ['one sent']);
    timers.advance(1);
    assert.deepEqual(states(), ['one undelivered']);
    see('one');
    assert.deepEqual(states(), []);
    assert.equal(UNDELIVERED_AFTER_MS, 30_000);
  });

  it('says that it is stalled when it has waited for 60 s, once', async () => {
    const { box, timers, changes, send } = outbox({ open: false });
    void send('one');
    timers.advance(STALLED_AFTER_MS - 1);
    assert.equal(only(box).stalled, false);
    timers.advance(1);
    assert.equal(only(box).stalled, true);
    timers.advance(1_000_000);
    assert.deepEqual(changes, ['one queued', 'one queued stalled']);
    box.setOpen(true);
    await turn();
    assert.deepEqual([only(box).state, only(box).stalled], ['sending', false]);
    assert.equal(STALLED_AFTER_MS, 60_000);
  });

  it('keeps what was refused, with the reason, and goes on with the next', async () => {
    const { box, sent, send, states, timers } = outbox();
    const result = send('one');
    void send('two');
    sent[0]!.fail(new Error('Request session.send failed with message: 429 Too Many Requests'));
    await assert.rejects(result, { code: 'rate-limited' });
    await turn();
    assert.deepEqual(states(), ['one failed', 'two sending']);
    assert.equal(box.pending[0]!.error?.code, 'rate-limited');
    // The timer of the prompt that is being sent.
    assert.equal(timers.pending, 1);
  });

  it('never sends anything again by itself', async () => {
    const { box, sent, send, texts, timers } = outbox();
    void send('failed');
    sent[0]!.fail(new Error('reset'));
    await turn();
    void send('undelivered');
    sent[1]!.answer('m');
    await turn();
    timers.advance(1_000_000);
    box.setOpen(false);
    box.setOpen(true);
    await turn();
    assert.deepEqual(texts(), ['failed', 'undelivered']);
  });

  it('sends again what the user says, unless it is on its way', async () => {
    const { box, sent, send, states, texts, timers } = outbox();
    void send('one');
    const { id } = only(box);
    box.retry(id);
    await turn();
    assert.deepEqual(texts(), ['one'], 'while it is being sent');
    sent[0]!.fail(new Error('reset'));
    await turn();
    box.retry(id);
    box.retry(id);
    assert.deepEqual([states(), texts()], [['one sending'], ['one', 'one']]);
    assert.equal(only(box).error, undefined);
    sent[1]!.answer('m2');
    await turn();
    box.retry(id);
    assert.deepEqual([states(), texts().length], [['one sent'], 2], 'while its delivery is awaited');
    timers.advance(UNDELIVERED_AFTER_MS);
    box.retry(id);
    assert.deepEqual([states(), texts().length], [['one sending'], 3]);
    box.retry(12345);
  });

  it('does not send again what was delivered and has no answer yet', async () => {
    const { box, send, see, texts } = outbox();
    void send('one');
    see('one');
    box.retry(only(box).id);
    await turn();
    assert.deepEqual(texts(), ['one']);
  });

  it('does not send a retried prompt that turns out to be delivered while it waits', async () => {
    const { box, sent, send, see, texts, timers } = outbox();
    void send('one');
    sent[0]!.fail(new Error('reset'));
    await turn();
    box.setOpen(false);
    box.retry(only(box).id);
    see('one');
    box.setOpen(true);
    await turn();
    assert.deepEqual([texts(), box.pending, timers.pending], [['one'], [], 0]);
  });

  it('believes the session when it shows a prompt whose call had failed', async () => {
    const { sent, send, see, states } = outbox();
    void send('one');
    sent[0]!.fail(new Error('the connection broke'));
    await turn();
    see('one');
    assert.deepEqual(states(), []);
  });

  it('takes a message for the prompt that is under way, before one of the same text that failed', async () => {
    const { sent, send, see, box } = outbox();
    void send('one');
    sent[0]!.fail(new Error('refused'));
    await turn();
    void send('one');
    sent[1]!.answer('m2');
    await turn();
    see('one');
    assert.equal(only(box).state, 'failed');
  });

  it('lets a waiting prompt wait on when it is retried, with a new minute', () => {
    const { box, timers, send, texts } = outbox({ open: false });
    void send('one');
    timers.advance(STALLED_AFTER_MS);
    box.retry(only(box).id);
    assert.deepEqual([only(box).stalled, texts()], [false, []]);
    timers.advance(STALLED_AFTER_MS - 1);
    box.retry(only(box).id);
    timers.advance(STALLED_AFTER_MS - 1);
    assert.equal(only(box).stalled, false);
    timers.advance(1);
    assert.equal(only(box).stalled, true);
  });

  it('discards a prompt in any state, without sending it or speaking of it later', async () => {
    const { box, timers, sent, changes, send, texts } = outbox({ open: false });
    const queued = send('queued');
    box.discard(only(box).id);
    await assert.rejects(queued, { code: 'cancelled' });
    box.setOpen(true);
    const sending = send('sending');
    box.discard(only(box).id);
    await assert.rejects(sending, { code: 'cancelled' });
    const before = changes.length;
    sent[0]!.answer('m1');
    await turn();
    void send('failed');
    sent[1]!.fail(new Error('reset'));
    await turn();
    box.discard(only(box).id);
    box.discard(12345);
    timers.advance(1_000_000);
    assert.deepEqual(texts(), ['sending', 'failed']);
    assert.deepEqual(
      changes.slice(before).filter((change) => change.startsWith('sending')),
      [],
    );
    assert.deepEqual([box.pending, timers.pending], [[], 0]);
  });

  it('refuses an empty prompt', async () => {
    const { box, send } = outbox();
    await assert.rejects(send(' \n\t'), { code: 'invalid-argument' });
    assert.deepEqual(box.pending, []);
  });

  it('rejects what waits when it is disposed, leaves no timer, and takes nothing more', async () => {
    const { box, timers, sent, send } = outbox();
    const results = [send('sending'), send('queued')];
    box.dispose();
    for (const result of results) {
      await assert.rejects(result, (error) => error instanceof CloudSessionsError && error.code === 'cancelled');
    }
    sent[0]!.answer('m1');
    await turn();
    await assert.rejects(send('late'), { code: 'cancelled' });
    assert.deepEqual([sent.length, box.pending, timers.pending], [1, [], 0]);
  });

  describe('over the end of a connection', () => {
    const echo = (id: string, text: string, name = id) =>
      event(id, 'user.message', { content: text, source: `command-${name}` });

    it('takes the service’s echo for no second prompt of the same text', async () => {
      const { box, sent, send, see, states } = outbox();
      void send('go');
      void send('go');
      sent[0]?.answer('m1');
      await turn();
      see('go');
      assert.deepEqual(states(), ['go sending']);
      box.onEvent(echo('e1', 'go'));
      assert.deepEqual(states(), ['go sending']);
      box.onEvent(echo('e2', 'go'));
      sent[1]?.answer('m2');
      await turn();
      assert.deepEqual(states(), []);
    });

    it('brings a prompt back that the runtime showed and the service never had', async () => {
      const { box, sent, send, see, states, changes } = outbox();
      void send('go');
      see('go');
      sent[0]?.answer('m1');
      await turn();
      assert.deepEqual(states(), []);
      box.newConnection();
      read(box, []);
      assert.deepEqual(states(), ['go undelivered']);
      assert.equal(box.pending[0]?.uncertain, true);
      box.announceRestored();
      assert.equal(changes.at(-1), 'go undelivered');
      assert.equal(sent.length, 1);
    });

    it('forgets a prompt that the service has', async () => {
      const { box, sent, send, see, states } = outbox();
      void send('go');
      see('go');
      sent[0]?.answer('m1');
      await turn();
      assert.deepEqual(
        box.stored.map(({ state }) => state),
        ['shown'],
      );
      box.newConnection();
      read(box, [echo('e1', 'go')]);
      assert.deepEqual(states(), []);
      assert.deepEqual(box.stored, []);
    });

    for (const [how, seen] of [
      ['by the history alone', false],
      ['by its event, then by the history', true],
    ] as const) {
      /** "one" is shown and proven before its call is answered; "two" waits behind it. */
      const shownWithoutAnswer = () => {
        const all = outbox();
        const first = all.send('one');
        void all.send('two');
        if (seen) {
          all.see('one');
        }
        all.box.newConnection();
        read(all.box, [echo('e1', 'one')]);
        return { ...all, first };
      };

      it(`lets the next prompt go when one is shown whose answer never comes: ${how}`, async () => {
        const { timers, sent, first, states, texts } = shownWithoutAnswer();
        await turn();
        assert.deepEqual(texts(), ['one'], 'the answer may still come');
        timers.advance(UNANSWERED_AFTER_MS);
        await assert.rejects(first, { code: 'timeout' });
        assert.deepEqual(texts(), ['one', 'two']);
        assert.deepEqual(states(), ['two sending']);
        sent[1]!.answer('m2');
        await turn();
        assert.deepEqual(states(), ['two sent']);
      });

      it(`does not send a prompt again that is shown, and that the runtime says it did not take: ${how}`, async () => {
        const { sent, first, states, texts } = shownWithoutAnswer();
        sent[0]!.fail(new PromptNotTaken(new Error('Session not found: s1')));
        await assert.rejects(first);
        await turn();
        assert.deepEqual(texts(), ['one', 'two']);
        assert.deepEqual(states(), ['two sending']);
      });
    }

    it('still asks before another transmission when one was refused, but not the one before it', async () => {
      const { box, sent, timers, send, see } = outbox();
      void send('go');
      sent[0]!.answer('m1');
      await turn();
      timers.advance(UNDELIVERED_AFTER_MS);
      box.newConnection();
      const { id, uncertain } = only(box);
      assert.equal(uncertain, true);
      box.retry(id);
      await turn();
      sent[1]!.fail(new CloudSessionsError('rate-limited', 'Too many requests'));
      await turn();
      assert.deepEqual([only(box).state, only(box).uncertain], ['failed', true]);
      see('other');
      read(box, [echo('e1', 'go')]);
      assert.deepEqual(box.pending, []);
    });

    it('counts equal texts: a second one is not proven by the only one in the history', () => {
      const { box, states } = restored(
        { text: 'go' },
        { text: 'go', recordsBefore: ['command-e1'] },
        { text: 'stop', recordsBefore: ['command-e2'] },
      );
      read(box, [echo('e1', 'go'), echo('e2', 'stop')]);
      assert.deepEqual(states(), ['go undelivered', 'stop undelivered']);
      assert.equal(box.pending.length, 2);
    });

    it('does not take what this runtime shows, before its first history, for what the service has', async () => {
      const { box, sent } = outbox();
      const sending = box.send('go', 'enqueue');
      sent[0]!.answer('m1');
      await sending;
      box.onEvent(userMessage('a', 'go'));
      box.newConnection();
      read(box, []);
      box.newConnection();
      assert.equal(box.retry(box.pending[0]!.id), true);
      sent[1]!.answer('m2');
      box.onEvent(userMessage('b', 'go'));
      await turn();
      // The runtime's history contains the message that the runtime showed.
      read(box, [userMessage('b', 'go')]);
      box.newConnection();
      read(box, []);
      assert.deepEqual(
        box.pending.map(({ text, state }) => [text, state]),
        [['go', 'undelivered']],
      );
    });

    it('does not take a later prompt of the same text for one whose call failed', async () => {
      const { box, sent, send, see, states } = outbox();
      void send('go');
      sent[0]!.fail(new CloudSessionsError('connection-closed', 'The connection was closed.'));
      await turn();
      box.newConnection();
      read(box, []);
      void send('go');
      see('go');
      sent[1]!.answer('m2');
      await turn();
      assert.deepEqual(states(), ['go failed']);
      // Read again over the same connection: the only one in it is the second prompt.
      read(box, [userMessage('u0', 'go')]);
      assert.deepEqual(states(), ['go failed']);
      // The same under another id: the runtime had released the session unnoticed.
      read(box, [echo('e0', 'go', 'e1')]);
      assert.deepEqual(states(), ['go failed']);
      box.newConnection();
      read(box, [echo('e1', 'go')]);
      assert.deepEqual(states(), ['go failed']);
      box.newConnection();
      read(box, [echo('e1', 'go'), echo('e2', 'go')]);
      assert.deepEqual(states(), []);
    });

    it('takes a copy for the prompt that this runtime was given, not for one that an earlier runtime was', async () => {
      const { box, sent, send, see, states } = outbox();
      box.restore([{ text: 'go', mode: 'enqueue', state: 'sent', transmitted: true, uncertain: false }]);
      read(box, []);
      void send('go');
      see('go');
      sent[0]!.answer('m1');
      await turn();
      assert.deepEqual(states(), ['go undelivered']);
    });

    it('does not take what the service had before for a prompt that was sent before its history was read', async () => {
      const { box, sent, send, states } = outbox();
      void send('go');
      sent[0]!.answer('m1');
      await turn();
      const history = [echo('e1', 'go')];
      box.expect(history);
      history.forEach((one) => box.onEvent(one));
      box.prove(history);
      assert.deepEqual(states(), ['go sent']);
    });

    it('finds in a later history a prompt that no notification showed', async () => {
      const { box, sent, send, states } = outbox();
      read(box, []);
      void send('go');
      sent[0]!.answer('m1');
      await turn();
      const history = [echo('e1', 'go')];
      box.expect(history);
      history.forEach((one) => box.onEvent(one));
      assert.deepEqual(states(), []);
    });

    it('does not take a record for it that a copy in a transcript may have, however late that is read', async () => {
      const { box, sent, send, states } = outbox();
      void send('go');
      const kept = [userMessage('k', 'go')];
      box.expectKept(kept);
      kept.forEach((one) => box.onEvent(one));
      sent[0]!.fail(new CloudSessionsError('connection-closed', 'The connection was closed.'));
      await turn();
      box.newConnection();
      read(box, [echo('e1', 'go')]);
      assert.deepEqual(states(), ['go failed']);
    });

    it('takes from a part of a history what was delivered, and nothing else', () => {
      const { box, states } = restored({ text: 'go' }, { text: 'stop', state: 'shown' });
      read(box, [echo('e1', 'go')], true);
      assert.deepEqual(states(), []);
      read(box, [echo('e1', 'go')]);
      assert.deepEqual(states(), ['stop undelivered']);
    });

    it('takes the only one in the history for the prompt that did not fail', () => {
      const { box, states } = restored({ state: 'failed', uncertain: true }, { state: 'sending', uncertain: true });
      read(box, [echo('e1', 'go')]);
      assert.deepEqual(states(), ['go failed']);
    });

    it('finds an earlier one in the history for a prompt that failed before another was proven', () => {
      const { box, states } = restored(
        { state: 'failed', uncertain: true },
        { state: 'sent', recordsBefore: ['command-e1'], uncertain: true },
      );
      read(box, [echo('e1', 'go'), echo('e2', 'go')]);
      assert.deepEqual(states(), []);
    });

    it('does not take an earlier prompt for one that did not arrive, however often it comes back', () => {
      const { box, states } = restored({ state: 'sent' }, { state: 'sent' });
      read(box, [echo('e1', 'go')]);
      assert.deepEqual(states(), ['go undelivered']);
      box.newConnection();
      read(box, [echo('e1', 'go')]);
      assert.deepEqual(states(), ['go undelivered'], 'the history’s one is the first of the two');
      box.newConnection();
      read(box, [echo('e1', 'go'), echo('e2', 'go')]);
      assert.deepEqual(states(), []);
    });

    it('finds in a later history what a cut one lacked', async () => {
      const { box, sent, send, states } = outbox();
      void send('one');
      sent[0]!.answer('m1');
      await turn();
      box.newConnection();
      read(box, []);
      box.announceRestored();
      assert.deepEqual(states(), ['one sent']);
      box.restore([]);
      const kept = box.stored;
      const { box: next, states: after } = outbox();
      next.restore(kept);
      read(next, []);
      assert.deepEqual(after(), ['one undelivered']);
      read(next, [echo('u', 'one')]);
      assert.deepEqual(after(), []);
    });

    it('stays one that was shown, however often it is kept and restored', () => {
      const { box } = outbox();
      const shown = { text: 'one', mode: 'enqueue', transmitted: true, uncertain: false } as const;
      box.restore([{ ...shown, state: 'shown' }]);
      assert.deepEqual([box.stored[0]?.state, box.isDone, box.isEmpty], ['shown', true, false]);
    });

    it('says what it sends before it sends it', async () => {
      const { box, texts, send, states } = outbox({ open: false });
      let kept: () => void = () => {};
      box.beforeSend = () => new Promise((resolve) => (kept = resolve));
      void send('go');
      box.setOpen(true);
      await turn();
      assert.deepEqual(states(), ['go sending']);
      assert.deepEqual(texts(), []);
      kept();
      await turn();
      assert.deepEqual(texts(), ['go']);
    });
  });

  it('says of a failure whether the prompt may have arrived', async () => {
    for (const [text, uncertain] of [
      ['504 Gateway Timeout', true],
      ['connection closed before message completed', true],
      ['socket hang up', true],
      ['operation timed out', true],
      ['The request is invalid', false],
    ] as const) {
      const { box, sent, send } = outbox();
      const call = assert.rejects(send('Go'));
      sent[0]?.fail(new RpcFailure(new ResponseError(-32603, text), 'session.send', {}));
      await call;
      assert.deepEqual(
        box.pending.map((prompt) => [prompt.state, prompt.uncertain]),
        [['failed', uncertain]],
        text,
      );
      box.dispose();
    }
  });
});
