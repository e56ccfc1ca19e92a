import assert from 'node:assert/strict';
import '../../../support/vscodeStub';
import { Emitter } from 'vscode-jsonrpc/node';
import { CloudSessionsError } from '../../../../src/core/errors/cloudSessionsError';
import type { RuntimeStateDetail } from '../../../../src/runtime/supervisor';
import type { RuntimeState } from '../../../../src/api';
import { toVSCodeEvent } from '../../../../src/ui/common/vscodeEvents';
import { ViewState } from '../../../../src/ui/runtime/viewState';

describe('the state that views show', () => {
  const error = new CloudSessionsError('runtime-exited', 'It has ended.');

  const viewOf = (detail: RuntimeStateDetail, version?: string) => {
    const states = new Emitter<RuntimeState>();
    const signIns = new Emitter<void>();
    const quotas = new Emitter<void>();
    const view = new ViewState(
      {
        detail,
        handshake: version === undefined ? undefined : { protocolVersion: 3, version },
        onDidChangeState: toVSCodeEvent(states.event),
      },
      { signIn: { kind: 'signed-in', login: 'octo' }, onDidChange: toVSCodeEvent(signIns.event) },
      { list: { kind: 'unknown' } },
      { current: undefined, onDidChange: toVSCodeEvent(quotas.event) },
    );
    return { view, states, signIns, quotas };
  };

  it('has the error of a runtime that has failed, or of a server that is away, and of no other', () => {
    assert.equal(viewOf({ state: 'failed', error }).view.situation.error, error);
    assert.equal(viewOf({ state: 'restarting', error, isAway: true }).view.situation.error, error);
    assert.equal(viewOf({ state: 'restarting', error }).view.situation.error, undefined);
  });

  it('names the version of a runtime that cannot list cloud sessions', () => {
    assert.equal(viewOf({ state: 'running' }, '0.0.1').view.situation.cannotList, '0.0.1');
    assert.equal(viewOf({ state: 'running' }, '1.0.102').view.situation.cannotList, undefined);
  });

  it('changes with the runtime, the sign-in and the quota, until it is disposed', () => {
    const { view, states, signIns, quotas } = viewOf({ state: 'running' });
    let changes = 0;
    view.onDidChange(() => changes++);
    states.fire('running');
    signIns.fire();
    quotas.fire();
    assert.equal(changes, 3);
    view.dispose();
    states.fire('stopped');
    signIns.fire();
    quotas.fire();
    assert.equal(changes, 3);
  });
});
