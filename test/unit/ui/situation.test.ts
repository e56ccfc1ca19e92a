import assert from 'node:assert/strict';
import { CloudSessionsError } from '../../../src/core/errors';
import { emptyReason, listMessage, type Situation } from '../../../src/ui/situation';

const RUNNING: Situation = { state: 'running', error: undefined, signedIn: true, list: { kind: 'loaded' } };
const failed = (code: ConstructorParameters<typeof CloudSessionsError>[0]) => new CloudSessionsError(code, 'It broke.');

describe('what an empty list is about', () => {
  const table: readonly (readonly [string, Situation, ReturnType<typeof emptyReason>])[] = [
    ['starting', { ...RUNNING, state: 'starting' }, 'starting'],
    ['restarting', { ...RUNNING, state: 'restarting' }, 'starting'],
    ['stopped', { ...RUNNING, state: 'stopped' }, 'stopped'],
    ['nothing found', { ...RUNNING, state: 'failed', error: failed('runtime-not-found') }, 'noRuntime'],
    ['crashed', { ...RUNNING, state: 'failed', error: failed('runtime-exited') }, 'failed'],
    ['not signed in', { ...RUNNING, signedIn: false }, 'notSignedIn'],
    ['nobody knows yet who is signed in', { ...RUNNING, signedIn: undefined }, 'noSessions'],
    [
      'list refused for want of a sign-in',
      { ...RUNNING, list: { kind: 'failed', error: failed('not-signed-in') } },
      'notSignedIn',
    ],
    ['list failed', { ...RUNNING, list: { kind: 'failed', error: failed('service-unavailable') } }, 'listFailed'],
    ['not listed yet', { ...RUNNING, list: { kind: 'loading' } }, 'starting'],
    ['nothing there', RUNNING, 'noSessions'],
  ];
  for (const [name, situation, reason] of table) {
    it(`${name}: ${reason}`, () => assert.equal(emptyReason(situation), reason));
  }

  it('says of rows that may be old that they may be, and of others nothing', () => {
    assert.equal(listMessage(RUNNING), undefined);
    assert.match(
      listMessage({ ...RUNNING, state: 'failed', error: failed('runtime-exited') }) ?? '',
      /out of date.*It broke\./,
    );
    assert.match(
      listMessage({ ...RUNNING, list: { kind: 'failed', error: failed('timeout') } }) ?? '',
      /out of date.*It broke\./,
    );
    assert.match(listMessage({ ...RUNNING, signedIn: false }) ?? '', /not signed in/);
  });
});
