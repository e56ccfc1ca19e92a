import assert from 'node:assert/strict';
import { ConnectionError, ConnectionErrors, ResponseError } from 'vscode-jsonrpc/node';
import { CloudSessionsError, type ErrorCode } from '../../../src/core/errors';
import { connectionClosed, explainRequestError } from '../../../src/core/requestErrors';

describe('explainRequestError', () => {
  const texts: Readonly<Partial<Record<ErrorCode, readonly string[]>>> = {
    'not-signed-in': [
      'HTTP 401',
      'Unauthorized',
      'Not authenticated',
      'Bad credentials',
      'You must sign in to use Copilot',
      'Please signin first',
      'Login required',
      'Authentication failed',
    ],
    'rate-limited': [
      '429 Too Many Requests',
      'API rate limit exceeded',
      'monthly quota used up',
      'Session limit reached',
    ],
    forbidden: [
      'status 403',
      'Forbidden',
      'blocked by policy',
      'Your organization’s policies do not allow this',
      'Copilot cloud agent is not enabled for this repository',
      'Disabled by your administrator',
    ],
    'session-not-ready': ['No events found for task 0a78d84c-fba8-4e64-889e-33c9afe911f7'],
    'session-not-found': [
      'Session not found: 123',
      'session 123 not found',
      'Task was not found',
      'No such task',
      'unknown session abc',
      'The session does not exist',
    ],
    'invalid-argument': ['Model gpt-9 not found', 'The model is not supported', "model 'x' is not available"],
    'repository-not-found': [
      'HTTP 404',
      'Not Found',
      'Repository not found: a/b',
      'Failed to create session: Repository not found: a/b',
      "Could not resolve to a Repository with the name 'a/b'.",
    ],
    'service-unavailable': [
      '500 Internal Server Error',
      'HTTP 502',
      'Bad Gateway',
      'Service Unavailable',
      'connect ECONNREFUSED 127.0.0.1:1',
      'getaddrinfo ENOTFOUND api.github.com',
      'EAI_AGAIN',
      'Could not resolve host: api.github.com',
      'fetch failed',
      'The request timed out',
      'Timeout while waiting for session.start',
      'error sending request for url (https://api)',
      'socket hang up',
    ],
    'request-failed': [
      'Something else',
      'Failed assigning the task',
      'designing things',
      'Could not assign in time',
      'exit code 5',
      'took 12345 steps',
      '',
    ],
  };
  for (const [code, messages] of Object.entries(texts)) {
    for (const message of messages) {
      it(`is ${code} for “${message}”`, () => {
        const wrapped = new ResponseError(-32603, `Request session.create failed with message: ${message}`);
        const error = explainRequestError('create the cloud session', wrapped);
        assert.equal(error.code, code);
        // It says what was being done and what the runtime said, without the wrapping, and what to do.
        assert.match(error.message, /^Could not create the cloud session: /);
        assert.ok(error.message.includes(message));
        assert.doesNotMatch(error.message, /failed with message/);
        assert.ok((error.nextStep ?? '').length > 0);
        assert.equal(error.cause, wrapped);
      });
    }
  }

  it('is connection-closed for what vscode-jsonrpc rejects with when the connection ends', () => {
    for (const lost of [
      new ResponseError(-32097, 'Pending response rejected since connection got disposed'),
      new ResponseError(-32099, 'write EPIPE'),
      new ConnectionError(ConnectionErrors.Closed, 'Connection is closed.'),
      new ConnectionError(ConnectionErrors.Disposed, 'Connection is disposed.'),
    ]) {
      const error = explainRequestError('send the prompt', lost);
      assert.equal(error.code, 'connection-closed');
      assert.equal(error.cause, lost);
      assert.match(error.message, /^Could not send the prompt: /);
    }
    assert.equal(connectionClosed('call x').code, 'connection-closed');
  });

  it('leaves our own errors as they are, and takes anything else that was thrown', () => {
    const own = new CloudSessionsError('cancelled', 'Cancelled.');
    assert.equal(explainRequestError('x', own), own);
    for (const thrown of ['text', 5, null, undefined, { message: 'no error' }]) {
      assert.equal(explainRequestError('x', thrown).code, 'request-failed');
    }
  });
});
