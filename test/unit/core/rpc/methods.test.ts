import assert from 'node:assert/strict';
import { Rpc } from '../../../../src/core/rpc/methods';

const NOTHING: readonly unknown[] = [undefined, null, 5, 'text', [], {}];
const unusable = { code: 'response-invalid' };

describe('Rpc', () => {
  it('names the methods as the runtime does', () => {
    assert.deepEqual(
      Object.values(Rpc)
        .map(({ method }) => method)
        .sort(),
      [
        'account.getQuota',
        'auth.getStatus',
        'connect',
        'ping',
        'runtime.shutdown',
        'session.abort',
        'session.create',
        'session.delete',
        'session.destroy',
        'session.getMessages',
        'session.metadata.snapshot',
        'session.model.getCurrent',
        'session.model.switchTo',
        'session.name.set',
        'session.permissions.handlePendingPermissionRequest',
        'session.permissions.pendingRequests',
        'session.send',
        'session.ui.handlePendingAutoModeSwitch',
        'session.ui.handlePendingElicitation',
        'session.ui.handlePendingExitPlanMode',
        'session.ui.handlePendingSessionLimitsExhausted',
        'session.ui.handlePendingUserInput',
        'session.workspaces.diff',
        'sessions.connect',
        'sessions.list',
      ],
    );
  });

  it('reads the version of a handshake, or that there is none', () => {
    for (const { read } of [Rpc.connect, Rpc.ping]) {
      assert.deepEqual(read({ ok: true, protocolVersion: 3, version: '1.0.102' }), {
        protocolVersion: 3,
        version: '1.0.102',
      });
      for (const value of [...NOTHING, { protocolVersion: '3', version: 3 }]) {
        assert.deepEqual(read(value), { protocolVersion: undefined, version: undefined });
      }
    }
  });

  it('wants an id of a created session, and passes its link on as it is', () => {
    assert.deepEqual(Rpc.createSession.read({ sessionId: 's', remoteUrl: 5, more: 1 }), {
      sessionId: 's',
      remoteUrl: 5,
    });
    for (const value of [...NOTHING, { sessionId: '' }, { sessionId: ' ' }, { sessionId: 7 }, { sessionId: null }]) {
      assert.throws(() => Rpc.createSession.read(value), unusable);
      assert.throws(() => Rpc.connectRemoteSession.read(value), unusable);
    }
  });

  it('reads the task of a session that was connected to', () => {
    assert.deepEqual(Rpc.connectRemoteSession.read({ sessionId: 's', metadata: { resourceId: 't' } }), {
      sessionId: 's',
      taskId: 't',
    });
    assert.deepEqual(Rpc.connectRemoteSession.read({ sessionId: 's' }), { sessionId: 's', taskId: undefined });
  });

  it('keeps of a list what has an id, and of a history what is an object', () => {
    assert.deepEqual(Rpc.listSessions.read({ sessions: [{ sessionId: 's', x: 1 }, {}, null, 's', { sessionId: 5 }] }), [
      { sessionId: 's', x: 1 },
    ]);
    assert.deepEqual(Rpc.getMessages.read({ events: [{ id: 'e' }, null, 'e', {}] }), {
      events: [{ id: 'e' }, {}],
      truncated: false,
    });
    assert.equal(Rpc.getMessages.read({ events: [], truncated: true }).truncated, true);
    for (const value of [...NOTHING, { sessions: {}, events: 'none' }]) {
      assert.throws(() => Rpc.listSessions.read(value), unusable);
      assert.throws(() => Rpc.getMessages.read(value), unusable);
    }
  });

  it('wants a message id, and an answer to who is signed in', () => {
    assert.equal(Rpc.send.read({ messageId: 'm' }), 'm');
    assert.equal(Rpc.authStatus.read({ isAuthenticated: false }).isAuthenticated, false);
    for (const value of [...NOTHING, { messageId: '', isAuthenticated: 'yes' }]) {
      assert.throws(() => Rpc.send.read(value), unusable);
      assert.throws(() => Rpc.authStatus.read(value), unusable);
    }
  });

  it('takes a result that reports a failure for an error answer, to be explained like one', () => {
    for (const { read } of [Rpc.abort, Rpc.deleteSession]) {
      for (const value of [...NOTHING, { success: true }]) {
        assert.doesNotThrow(() => read(value));
      }
      assert.throws(() => read({ success: false, error: 'It is busy.' }), {
        code: -32603,
        message: 'It is busy.',
      });
      assert.throws(() => read({ success: false }), { code: -32603, message: '' });
    }
  });

  it('reads the task and the repository of a snapshot, as far as they are there', () => {
    const { read } = Rpc.metadataSnapshot;
    assert.deepEqual(read({ remoteMetadata: { owner: 'o', name: 'n', resourceId: 't' } }), {
      taskId: 't',
      repository: 'o/n',
    });
    assert.deepEqual(read({ remoteMetadata: { owner: 'o', resourceId: 5 } }), {});
    for (const value of NOTHING) {
      assert.deepEqual(read(value), {});
    }
  });

  it('ignores what says nothing', () => {
    for (const { read } of [Rpc.shutdown, Rpc.destroySession]) {
      assert.doesNotThrow(() => read({ success: false }));
    }
  });
});
