import assert from 'node:assert/strict';
import type { SessionEvent } from '@github/copilot-sdk';
import { event } from '../../sampleSession';
import { linesOf } from '../lines';

const permission = (requestId: string, command = 'rm x', toolCallId = 't') =>
  event('permission.requested', {
    requestId,
    permissionRequest: { kind: 'shell', fullCommandText: command, toolCallId },
  });
const decided = (requestId: string, kind: string) => event('permission.completed', { requestId, result: { kind } });
const asksOf = (...events: readonly SessionEvent[]): readonly string[] =>
  linesOf(...events).filter((line) => /^(Asks|Answer|Info)/.test(line));

describe('a request', () => {
  it('that comes again under its id is shown once; under another one, as asked again', () => {
    assert.deepEqual(asksOf(permission('p'), permission('p')), ['Asks      Permission to run a shell command']);
    assert.deepEqual(asksOf(permission('p'), permission('q')), [
      'Asks      Permission to run a shell command',
      'Asks      Permission to run a shell command · asked again',
    ]);
  });

  it('that is another one is shown, whatever its id', () => {
    const ask = 'Asks      Permission to run a shell command';
    assert.deepEqual(asksOf(permission('p'), permission('p', 'rm y')), [ask, ask]);
    assert.deepEqual(asksOf(permission('p'), permission('q', 'rm x', 'u')), [ask, ask]);
    assert.deepEqual(asksOf(permission(''), permission('', 'rm x', '')), [ask, ask]);
  });

  it('that a hook has decided asks nobody', () => {
    const line = 'Info      Permission to run a shell command · decided by a hook';
    const request = { kind: 'shell', fullCommandText: 'ls' };
    assert.deepEqual(
      asksOf(event('permission.requested', { requestId: 'p', resolvedByHook: true, permissionRequest: request })),
      [line],
    );
  });
});

describe('an answer', () => {
  const recorded = event('human_response.recorded', {
    requestId: 'q',
    actor: 'human_response',
    response: { responseKind: 'user_input', question: 'Which?', answer: 'red', wasFreeform: false },
  });
  const completed = (answer?: string) => event('user_input.completed', { requestId: 'q', answer });

  it('that two events tell of is shown once, whichever comes first', () => {
    assert.deepEqual(asksOf(completed('red'), recorded, completed('red')), ['Answer    red · to: request q']);
    assert.deepEqual(asksOf(recorded, completed('red'), completed(), recorded), ['Answer    red · to: Which?']);
  });

  it('that only the second one has in words is shown', () => {
    assert.deepEqual(asksOf(completed(), recorded), ['Answer    None · to: request q', 'Answer    red · to: Which?']);
  });

  it('that differs from the first one is shown, too', () => {
    assert.deepEqual(asksOf(decided('p', 'approved'), decided('p', 'approved'), decided('p', 'reject')), [
      'Answer    Allowed · to: request p',
      'Answer    Denied · to: request p',
    ]);
    assert.deepEqual(asksOf(decided('', 'approved'), decided('', 'approved')).length, 2);
  });
});
