import assert from 'node:assert/strict';
import { CloudSessionsError } from '../../../../src/core/errors/cloudSessionsError';
import { noteOfPrompt, type PromptHold } from '../../../../src/core/prompts/promptNotes';
import type { Prompt } from '../../../../src/core/prompts/prompt';

function noted(change: Partial<Prompt>, hold: PromptHold = 'earlier prompt'): string | undefined {
  const prompt: Prompt = { id: 1, text: 'go', mode: 'enqueue', state: 'queued', stalled: false, ...change };
  const note = noteOfPrompt(prompt, hold);
  return note && `${note.level}: ${note.text}`;
}

describe('noteOfPrompt', () => {
  it('says why a prompt waits, if it waits for the agent, or for long', () => {
    assert.match(noted({}, 'agent') ?? '', /^info: .*until the agent has started/);
    assert.match(noted({ stalled: true }, 'agent') ?? '', /^warning: The agent has not started/);
    assert.match(noted({ stalled: true }, 'connection') ?? '', /^warning: The session is not connected/);
    assert.match(
      noted({ stalled: true }, 'earlier prompt') ?? '',
      /^warning: The previous prompt has not been answered/,
    );
    assert.equal(noted({}, 'connection'), undefined);
    assert.equal(noted({}), undefined);
  });

  it('says what became of it, with the reason, and that it is kept', () => {
    const error = new CloudSessionsError('rate-limited', 'Too many.');
    assert.match(noted({ state: 'failed', error }) ?? '', /^error: .*Too many\. It is kept/);
    assert.match(noted({ state: 'failed' }) ?? '', /^error: A prompt could not be sent\. It is kept/);
    assert.match(noted({ state: 'undelivered' }) ?? '', /^warning: .*does not show it\. It is kept/);
    assert.match(noted({ state: 'undelivered', error }) ?? '', /^warning: .*not confirmed\. Too many\. It is kept/);
  });

  it('leaves the rest to the events', () => {
    for (const state of ['sending', 'sent', 'delivered'] as const) {
      assert.equal(noted({ state }), undefined);
    }
  });
});
