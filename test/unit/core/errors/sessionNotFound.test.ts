import assert from 'node:assert/strict';
import { ResponseError } from 'vscode-jsonrpc/node';
import { isSessionNotFound } from '../../../../src/core/errors/sessionNotFound';

describe('isSessionNotFound', () => {
  const ids = ['s1', '3f2b8c1e-0000-4000-8000-1234567890ab', 'a.b+c(d'];
  const says = (text: string, id: string): boolean =>
    isSessionNotFound(new ResponseError(-32603, `Request session.send failed with message: ${text}`), id);

  const texts: readonly string[] = [
    // As measured.
    'Session not found: ID',
    'Session not found for sessionId: ID',
    // Variants of these texts.
    'session not found: ID.',
    'Session not found: "ID"',
    'Error: Session not found: ID',
    'Session not found: ID\n    at dispatch (runtime.js:1:2)',
    'Session ID not found',
    "Session 'ID' was not found",
    'Session with id ID does not exist',
    'Session ID no longer exists',
    'Session ID is not open',
    'Session does not exist: ID',
    'Unknown session: ID',
    'No such session: ID',
    'No session found with id ID',
    'No active session with ID “ID”',
  ];
  for (const text of texts) {
    it(`is so for “${text}”`, () => {
      for (const id of ids) {
        assert.equal(
          says(
            text.replace(/ID(?!.*ID)/s, () => id),
            id,
          ),
          true,
          id,
        );
      }
    });
  }
  for (const text of ['Session not found', 'session not found.', 'native session not found', 'Unknown session']) {
    it(`is so for “${text}”, which names none`, () => assert.equal(says(text, 's1'), true));
  }

  const others: readonly string[] = [
    'Session not found: s2',
    'Session not found: s11',
    'Session not found: xs1',
    'Session not found: s1-2',
    'MCP server said: Session not found',
    'Session file not found: s1',
    'Session s1 has no branch',
    "unknown session skills method 's1'",
    'Unknown session limit “s1”',
    'Cannot send: s1 is busy',
    'No session token for s1 was found in the vault',
    '',
  ];
  for (const text of others) {
    it(`is not so for “${text}”`, () => assert.equal(says(text, 's1'), false));
  }

  it('takes whatever was thrown', () => {
    for (const thrown of [undefined, null, 7, {}, new Error('x')]) {
      assert.equal(isSessionNotFound(thrown, 's1'), false);
    }
  });
});
