import assert from 'node:assert/strict';
import { CloudSessionsError } from '../../../src/core/errors';
import type { Prompt } from '../../../src/core/outbox';
import { noteOfPrompt } from '../../../src/core/promptNotes';

function noted(change: Partial<Prompt>, agentStarted = true): string | undefined {
  const prompt: Prompt = { id: 1, text: 'go', mode: 'enqueue', state: 'queued', stalled: false, ...change };
  const note = noteOfPrompt(prompt, agentStarted);
  return note && `${note.level}: ${note.text}`;
}

describe('noteOfPrompt', () => {
  it('says why a prompt waits, if it waits for the agent, or for long', () => {
    assert.match(noted({}, false) ?? '', /^info: .*until the agent has started/);
    assert.match(noted({ stalled: true }, false) ?? '', /^warning: The agent has not started/);
    assert.match(noted({ stalled: true }, true) ?? '', /^warning: .*not connected, or the prompt before it/);
    assert.equal(noted({}, true), undefined);
  });

  it('says what became of it, with the reason, and that it is kept', () => {
    const error = new CloudSessionsError('rate-limited', 'Too many.');
    assert.match(noted({ state: 'failed', error }) ?? '', /^error: .*Too many\. It is kept/);
    assert.match(noted({ state: 'failed' }) ?? '', /no reason was given/);
    assert.match(noted({ state: 'undelivered' }) ?? '', /^warning: .*It is kept/);
  });

  it('leaves the rest to the events', () => {
    for (const state of ['sending', 'sent', 'delivered'] as const) {
      assert.equal(noted({ state }), undefined);
    }
  });
});
