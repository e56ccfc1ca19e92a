import assert from 'node:assert/strict';
import { resetVscode, shown } from '../../../support/vscodeStub';
import { CloudSessionsError } from '../../../../src/core/errors/cloudSessionsError';
import type { RuntimeLog } from '../../../../src/ui/common/runtimeLog';
import { RuntimeNotifications } from '../../../../src/ui/runtime/runtimeNotifications';

describe('notifications of the runtime', () => {
  let notifications: RuntimeNotifications;
  let log: string[];

  beforeEach(() => {
    resetVscode();
    log = [];
    const write = (message: string): void => void log.push(message);
    notifications = new RuntimeNotifications({ info: write, warn: write, error: write } as RuntimeLog);
  });

  const error = (code: 'runtime-not-found' | 'runtime-exited' | 'server-unreachable') =>
    new CloudSessionsError(code, `It is ${code}.`, { details: 'The details.' });

  it('show a failure once, with its details in the log', () => {
    notifications.onState({ state: 'failed', error: error('runtime-exited') });
    assert.equal(shown.length, 1);
    assert.ok(log.some((line) => line.includes('It is runtime-exited.') && line.includes('The details.')));
  });

  it('show nothing for a runtime that is not installed: the welcome view does', () => {
    notifications.onState({ state: 'failed', error: error('runtime-not-found') });
    assert.equal(shown.length, 0);
    assert.ok(log.some((line) => line.includes('It is runtime-not-found.')));
  });

  it('show a server that is away once, until it was there again', () => {
    const away = {
      state: 'restarting',
      error: error('server-unreachable'),
      restartDelayMs: 1_000,
      isAway: true,
    } as const;
    notifications.onState({ ...away, restartDelayMs: 0 });
    assert.equal(shown.length, 0, 'a connection that was lost, and may be there at once');
    notifications.onState(away);
    notifications.onState(away);
    assert.equal(shown.length, 1);
    notifications.onState({ state: 'running' });
    // Another error, because identical messages are deduplicated elsewhere.
    notifications.onState({ ...away, error: error('runtime-exited') });
    assert.equal(shown.length, 2);
  });

  it('show a version that is too old, and no other', () => {
    notifications.onVersion('1.0.102');
    notifications.onVersion(undefined);
    assert.equal(shown.length, 0);
    notifications.onVersion('0.0.1');
    assert.equal(shown.length, 1);
    assert.match(shown[0]!.text, /0\.0\.1 is too old/);
  });
});
