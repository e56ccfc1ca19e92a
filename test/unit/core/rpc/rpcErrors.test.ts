import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ConnectionError, ConnectionErrors, ResponseError } from 'vscode-jsonrpc/node';
import { CloudSessionsError, type ErrorCode } from '../../../../src/core/errors/cloudSessionsError';
import { oversizeData } from '../../../../src/core/frames/oversizedFrame';
import { Rpc } from '../../../../src/core/rpc/methods';
import { connectionClosed, explainRequestError } from '../../../../src/core/rpc/rpcErrors';
import type { RequestSubject } from '../../../../src/core/rpc/requestSubject';
import { asRpcFailure } from '../../../../src/core/rpc/rpcFailure';

const CREATE = Rpc.createSession.method;
const CONNECT = Rpc.connectRemoteSession.method;
const LIST = Rpc.listSessions.method;
const ACCOUNT = Rpc.authStatus.method;
const SEND = Rpc.send.method;
const RENAME = Rpc.setName.method;
const ABORT = Rpc.abort.method;
const HISTORY = Rpc.getMessages.method;
const ANSWER = Rpc.answerPermission.method;
const MODEL = 'session.model.switchTo';

const failed = (reason: string): string => `It failed: ${reason}`;

type Row = readonly [
  method: string,
  code: number,
  data: unknown,
  text: string,
  expected: ErrorCode,
  words: RegExp,
  about?: RequestSubject,
];

const APP: RequestSubject = { repository: 'octo/app' };
const listData = (statusCode: number | null, more: object = {}) => ({
  timedOut: false,
  errorKind: null,
  statusCode,
  ...more,
});

/** Texts of runtimes (1.0.55, 1.0.85, 1.0.102) and of the service, and the error expected for the call. */
const ROWS: readonly Row[] = [
  // The code decides: no text of an unknown method is about a repository or a session.
  [RENAME, -32601, undefined, 'Method not found: session.name.set', 'not-supported', /does not support/],
  [CREATE, -32601, undefined, 'Unhandled method session.create', 'not-supported', /does not support/, APP],
  [ANSWER, -32601, undefined, 'Unhandled method', 'not-supported', /does not support/],
  [LIST, -32601, undefined, 'HTTP 404 Not Found', 'not-supported', /does not support/],
  [RENAME, -32603, undefined, 'Method not found: session.name.set', 'not-supported', /does not support/],
  ['sessions.open', -32603, undefined, 'Unsupported native server host request', 'not-supported', /does not support/],
  [RENAME, -32603, undefined, 'session.name.set is not implemented', 'not-supported', /does not support/],
  [RENAME, -32602, undefined, 'line 512 is too long', 'invalid-argument', /does not accept.*line 512/],
  [CREATE, -32602, undefined, 'Repository not found', 'invalid-argument', /does not accept/],
  [SEND, -32600, undefined, 'Unauthorized', 'invalid-argument', /does not accept/],
  [SEND, -32800, undefined, 'Request cancelled', 'cancelled', /runtime cancelled/],
  [LIST, -32097, undefined, 'HTTP 500', 'connection-closed', /connection .* closed/],
  [LIST, -32099, undefined, 'write EPIPE', 'connection-closed', /connection .* closed/],
  // Structured data takes precedence over the text.
  [LIST, -32603, listData(429), 'Remote session listing failed (429): Too Many Requests', 'rate-limited', /how often/],
  [LIST, -32603, listData(429), 'Forbidden', 'rate-limited', /how often the sessions may be read/],
  [LIST, -32603, listData(401), 'Remote session listing failed (401): Unauthorized', 'not-signed-in', /sign-in/],
  [LIST, -32603, listData(402), 'x', 'forbidden', /no Copilot plan/],
  [LIST, -32603, listData(403), 'failed (403): Forbidden: disabled by policy', 'forbidden', /does not allow/],
  [LIST, -32603, listData(403), 'failed (403): Forbidden: SSO is needed', 'forbidden', /no access/],
  [LIST, -32603, listData(403), 'You have exceeded a secondary rate limit', 'rate-limited', /how often/],
  [LIST, -32603, listData(404), 'Remote session listing failed (404): Not found: Not Found', 'forbidden', /no access/],
  [LIST, -32603, listData(500), 'Internal server error: policy', 'service-unavailable', /cannot be reached/],
  [LIST, -32603, listData(400), 'HTTP 500: Not Found', 'request-failed', /HTTP 500/],
  [LIST, -32603, listData(null, { errorKind: 'transport' }), 'no policy', 'service-unavailable', /cannot be reached/],
  [LIST, -32603, listData(null, { timedOut: true }), 'not found', 'service-unavailable', /in time/],
  [LIST, -32603, listData(504), 'x', 'service-unavailable', /in time/],
  [SEND, -32603, { statusCode: 404 }, 'Repository not found', 'session-not-found', /session no longer exists/],
  [CREATE, -32603, { statusCode: 404 }, 'x', 'repository-not-found', /no repository octo\/app/, APP],
  [CREATE, -32603, { statusCode: 429 }, 'x', 'rate-limited', /how many sessions may be started/],
  [LIST, -32603, { statusCode: 'many' }, 'x', 'request-failed', /x$/],
  [
    HISTORY,
    -32098,
    oversizeData({ bytes: 71 * 1024 * 1024, limitBytes: 64 * 1024 * 1024 }),
    'x',
    'response-too-large',
    /answer has 71 MB, more than the limit of 64 MB/,
  ],
  // Create: there is only the service's text.
  [
    CREATE,
    -32603,
    undefined,
    'Repository not found: octo/app',
    'repository-not-found',
    /GitHub has no repository octo\/app that this account/,
    APP,
  ],
  [
    CREATE,
    -32603,
    undefined,
    'Not Found',
    'repository-not-found',
    /acme\.ghe\.com has no repository octo\/app that the account mona can read/,
    { ...APP, account: 'mona', host: 'acme.ghe.com' },
  ],
  [CREATE, -32603, undefined, 'Not Found', 'repository-not-found', /the repository was not found/],
  [CREATE, -32603, undefined, 'Failed to create session: Repository not found: a/b', 'repository-not-found', /a\/b/],
  [CREATE, -32603, undefined, "Could not resolve to a Repository with the name 'a/b'.", 'repository-not-found', /a\/b/],
  [CREATE, -32603, undefined, 'HTTP 404', 'repository-not-found', /not found/],
  [CREATE, -32603, undefined, 'the service said 404', 'repository-not-found', /not found/],
  [
    CREATE,
    -32603,
    undefined,
    'Branch not found: topic/512',
    'branch-not-found',
    /branch topic\/512 was not found in octo\/app/,
    { ...APP, branch: 'topic/512' },
  ],
  [CREATE, -32603, undefined, 'No commit found for the ref main', 'branch-not-found', /branch was not found/],
  [CREATE, -32603, undefined, 'Model gpt-9 not found', 'invalid-argument', /model gpt-9/, { model: 'gpt-9' }],
  [CREATE, -32603, undefined, "model 'x' is not available", 'invalid-argument', /model cannot be used/],
  [CREATE, -32603, undefined, 'session.create cloud requires authentication', 'not-signed-in', /nobody is signed in/],
  [CREATE, -32603, undefined, 'Bad credentials', 'not-signed-in', /sign-in of mona/, { account: 'mona' }],
  [CREATE, -32603, undefined, 'Cloud agent is disabled by your organization policy', 'forbidden', /for octo\/app/, APP],
  [CREATE, -32603, undefined, 'status 403', 'forbidden', /does not allow/],
  [CREATE, -32603, undefined, 'Forbidden', 'forbidden', /does not allow/],
  [CREATE, -32603, undefined, 'Copilot cloud agent is not enabled for this repository', 'forbidden', /not allow/],
  [CREATE, -32603, undefined, 'This account has no Copilot license', 'forbidden', /no Copilot plan/],
  [
    CREATE,
    -32603,
    undefined,
    'Resource protected by organization SAML enforcement.',
    'forbidden',
    /the account mona has no access to octo\/app/,
    { ...APP, account: 'mona' },
  ],
  [CREATE, -32603, undefined, 'API rate limit exceeded', 'rate-limited', /may be started/],
  [CREATE, -32603, undefined, 'Forbidden: rate limit reached', 'rate-limited', /may be started/],
  [CREATE, -32603, undefined, 'No remaining quota for premium requests', 'rate-limited', /may be started/],
  [CREATE, -32603, undefined, '429 Too Many Requests', 'rate-limited', /may be started/],
  [CREATE, -32603, undefined, '500 Internal Server Error', 'service-unavailable', /cannot be reached/],
  [
    CREATE,
    -32603,
    undefined,
    'error sending request for url (https://api.githubcopilot.com/agents/tasks)',
    'service-unavailable',
    /cannot be reached/,
  ],
  [
    CREATE,
    -32603,
    undefined,
    'HTTP status server error (503 Service Unavailable) for url (https://x/404)',
    'service-unavailable',
    /cannot be reached/,
  ],
  [CREATE, -32603, undefined, 'The request timed out', 'service-unavailable', /in time/],
  [
    CREATE,
    -32603,
    undefined,
    'Timed out waiting for the remote sandbox to start. The cloud session was created but its CLI host did not connect in time.',
    'session-not-ready',
    /session was created/,
  ],
  // As clients of GitHub's API word it.
  [CREATE, -32603, undefined, 'TypeError: fetch failed', 'service-unavailable', /cannot be reached/],
  [CREATE, -32603, undefined, 'AxiosError: Request failed with status code 502', 'service-unavailable', /reached/],
  [CREATE, -32603, undefined, 'Request failed with status code 404', 'repository-not-found', /octo\/app/, APP],
  [CREATE, -32603, undefined, 'HttpError: Not Found', 'repository-not-found', /octo\/app/, APP],
  [CREATE, -32603, undefined, 'HttpError: Bad credentials', 'not-signed-in', /sign-in/],
  [
    CREATE,
    -32603,
    undefined,
    'GraphQL: Could not resolve to a Repository with the name octo/app. (repository)',
    'repository-not-found',
    /octo\/app/,
    APP,
  ],
  [
    CREATE,
    -32603,
    undefined,
    'Remote branch dev not found in upstream origin',
    'branch-not-found',
    /branch dev/,
    { ...APP, branch: 'dev' },
  ],
  [CREATE, -32603, undefined, 'Error: line 404', 'request-failed', /line 404/],
  // Answers that are cut off or unexpected: the request may have been executed.
  [CREATE, -32603, undefined, 'error decoding response body', 'response-invalid', /cannot read what the service/],
  [CREATE, -32603, undefined, 'cloud task metadata omitted its session id', 'response-invalid', /cannot read/],
  [CREATE, -32603, undefined, 'Unexpected token < in JSON at position 0', 'response-invalid', /cannot read/],
  [CREATE, -32603, undefined, 'SyntaxError: Unexpected end of JSON input', 'response-invalid', /cannot read/],
  [LIST, -32603, undefined, 'expected value at line 1 column 1', 'response-invalid', /cannot read/],
  [CREATE, -32603, undefined, 'connection closed before message completed', 'service-unavailable', /reached/],
  [CREATE, -32603, undefined, 'request or response body error', 'service-unavailable', /reached/],
  [CREATE, -32603, undefined, 'operation timed out', 'service-unavailable', /in time/],
  // Limits other than of requests, and operations that the operating system denies.
  [CREATE, -32603, undefined, '413 Payload Too Large: body size limit exceeded', 'request-failed', /size limit/],
  [CREATE, -32603, undefined, 'memory limit exceeded on the host', 'request-failed', /memory limit/],
  [CREATE, -32603, undefined, '500 Internal Server Error: quota exceeded', 'service-unavailable', /cannot be reached/],
  [CREATE, -32603, undefined, 'No space left on device: disk quota exceeded', 'request-failed', /disk quota/],
  [CREATE, -32603, undefined, 'EDQUOT: quota exceeded, write', 'request-failed', /EDQUOT/],
  [LIST, -32603, undefined, 'EPERM: operation not permitted, open /x', 'request-failed', /EPERM/],
  [LIST, -32603, undefined, 'Operation not permitted (os error 1)', 'request-failed', /os error 1/],
  [LIST, -32603, undefined, 'Unexpected token < in JSON: invalid', 'response-invalid', /Unexpected token/],
  [ACCOUNT, -32603, undefined, 'Unexpected token < in JSON: invalid', 'request-failed', /Unexpected token/],
  // "Not found" about a part of what was requested.
  [CREATE, -32603, undefined, 'Repository config not found', 'request-failed', /config/],
  [CREATE, -32603, undefined, 'Branch protection not found', 'request-failed', /protection/],
  [CREATE, -32603, undefined, 'Model provider not found', 'request-failed', /provider/],
  ['session.delete', -32603, undefined, 'Session file not found: x', 'request-failed', /Session file/],
  // From the runtime's native part (1.0.85).
  [SEND, -32603, undefined, "unknown session skills method 'list'", 'not-supported', /does not support/],
  [MODEL, -32603, undefined, "unknown session model method 'switchTo'", 'not-supported', /does not support/],
  [SEND, -32603, undefined, 'native session not found', 'session-not-found', /no longer exists/],
  // Texts with a word or number of another reason.
  [CREATE, -32603, undefined, 'line 512 is too long', 'request-failed', /line 512/],
  [CREATE, -32603, undefined, 'exit code: 500', 'request-failed', /exit code/],
  [CREATE, -32603, undefined, 'Repository not found: octo/policy', 'repository-not-found', /octo\/policy/],
  [
    CREATE,
    -32603,
    undefined,
    'octo/rate-limit is archived',
    'request-failed',
    /archived/,
    { repository: 'octo/rate-limit' },
  ],
  [CREATE, -32603, undefined, 'The branch “quota” is protected', 'request-failed', /protected/],
  [CREATE, -32603, undefined, 'Failed assigning the task', 'request-failed', /assigning/],
  [SEND, -32603, undefined, 'line 512 is too long', 'request-failed', /line 512/],
  [SEND, -32603, undefined, 'Invalid prompt: HTTP 404', 'request-failed', /Invalid prompt/],
  [SEND, -32603, undefined, 'Prompt refused: fix the 429 Too Many Requests', 'request-failed', /refused/],
  [SEND, -32603, undefined, 'The prompt "Repository not found" was refused by policy', 'request-failed', /prompt/],
  [RENAME, -32603, undefined, 'Repository not found', 'request-failed', /Repository not found/],
  [RENAME, -32603, undefined, 'took 12345 steps', 'request-failed', /steps/],
  [RENAME, -32603, undefined, '', 'request-failed', /: the Copilot runtime gave no reason\.$/],
  // Calls on a session.
  [SEND, -32603, undefined, 'Session not found: 0a78d84c', 'session-not-found', /no longer exists/],
  [SEND, -32603, undefined, 'Session not found for sessionId: 404', 'session-not-found', /no longer exists/],
  [CONNECT, -32603, undefined, "Failed to connect to remote session 'x': Task was not found", 'session-not-found', /x/],
  [CONNECT, -32603, undefined, 'No events found for task 0a78d84c', 'session-not-ready', /not started yet/],
  [CONNECT, -32603, undefined, 'sessions.connect requires authentication', 'not-signed-in', /nobody/],
  [SEND, -32603, undefined, 'Failed to steer remote task: HTTP 503', 'service-unavailable', /cannot be reached/],
  [ABORT, -32603, undefined, 'Failed to abort session: 500', 'service-unavailable', /cannot be reached/],
  [ABORT, -32603, undefined, 'Failed to abort: Mission Control returned 403', 'forbidden', /no access to this session/],
  [SEND, -32603, undefined, 'HTTP 429', 'rate-limited', /how many requests/],
  [SEND, -32603, undefined, "Timed out waiting for this session's Copilot CLI to answer.", 'timeout', /machine/],
  [MODEL, -32603, undefined, 'Model gpt-9 is not supported', 'invalid-argument', /model cannot be used/],
  [SEND, -32603, undefined, 'Model gpt-9 is not supported', 'request-failed', /gpt-9/],
  [ACCOUNT, -32603, undefined, 'HTTP 503', 'service-unavailable', /cannot be reached/],
  [ACCOUNT, -32603, undefined, 'connect ECONNREFUSED 127.0.0.1:1', 'service-unavailable', /cannot be reached/],
  [LIST, -32603, undefined, 'Not authenticated. Please authenticate first.', 'not-signed-in', /nobody/],
];

/** The codes that any text may lead to, by method. Repeated here on purpose, independently of the code under test. */
const ANY: readonly ErrorCode[] = [
  'request-failed',
  'not-supported',
  'rate-limited',
  'not-signed-in',
  'forbidden',
  'service-unavailable',
];
const ALLOWED: Readonly<Record<string, readonly ErrorCode[]>> = {
  [CREATE]: [
    ...ANY,
    'response-invalid',
    'repository-not-found',
    'branch-not-found',
    'invalid-argument',
    'session-not-ready',
  ],
  [CONNECT]: [...ANY, 'response-invalid', 'session-not-found', 'session-not-ready', 'timeout'],
  [LIST]: [...ANY, 'response-invalid'],
  [ACCOUNT]: ANY,
  connect: ['request-failed'],
  ping: ['request-failed'],
  'runtime.shutdown': ['request-failed'],
};
const OF_SESSION: readonly ErrorCode[] = [...ANY, 'session-not-found', 'session-not-ready', 'timeout'];

function explained([method, code, data, text, , , about]: Row): CloudSessionsError {
  const failure = new ResponseError(code, `Request ${method} failed with message: ${text}`, data);
  return explainRequestError(failed, failure, { method, ...(about === undefined ? {} : { about }) });
}

describe('explainRequestError', () => {
  for (const row of ROWS) {
    const [method, code, data, text, expected, words] = row;
    it(`is ${expected} for ${method}, ${code}, ${data === undefined ? 'no data' : JSON.stringify(data)}, “${text}”`, () => {
      const error = explained(row);
      assert.equal(error.code, expected);
      assert.match(error.message, words);
      assert.match(error.message, /^It failed: /);
      assert.doesNotMatch(error.message, /failed with message/);
      assert.ok((error.nextStep ?? '').length > 0);
      assert.ok(error.cause instanceof ResponseError);
    });
  }

  it('is tested with at least 60 texts', () => assert.ok(ROWS.length >= 60));

  const methods = [...Object.values(Rpc).map(({ method }) => method), MODEL];
  const texts = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 200 }),
    fc
      .array(fc.constantFrom(...ROWS.map(([, , , text]) => text), ...[404, 429, 500, 401, 512].map(String)), {
        minLength: 1,
        maxLength: 4,
      })
      .chain((parts) => fc.constantFrom(': ', '. ', ' ', '\n', '“', '"').map((joint) => parts.join(joint))),
  );
  const statuses = fc.constantFrom(400, 401, 402, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504);

  it('takes from a text only what the method and an internal error allow', () => {
    fc.assert(
      fc.property(fc.constantFrom(...methods), texts, (method, text) => {
        const { code } = explainRequestError(failed, new ResponseError(-32603, text), { method });
        const allowed =
          ALLOWED[method] ?? (method.startsWith('session.model.') ? [...OF_SESSION, 'invalid-argument'] : OF_SESSION);
        assert.ok(allowed.includes(code), `${method}: ${code}`);
      }),
      { numRuns: 3_000 },
    );
  });

  it('takes nothing from a text where the JSON-RPC code, or the structured data, says it', () => {
    const codes = fc.constantFrom(-32601, -32602, -32600, -32800, -32097, -32099);
    fc.assert(
      fc.property(fc.constantFrom(...methods), codes, texts, (method, code, text) => {
        const one = explainRequestError(failed, new ResponseError(code, text), { method });
        const other = explainRequestError(failed, new ResponseError(code, 'x'), { method });
        assert.equal(one.code, other.code);
      }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...methods), statuses, texts, (method, statusCode, text) => {
        const one = explainRequestError(failed, new ResponseError(-32603, text, { statusCode }), { method });
        const other = explainRequestError(failed, new ResponseError(-32603, 'x', { statusCode }), { method });
        // A 403 may be a rate limit; only the text tells.
        assert.ok(one.code === other.code || (statusCode === 403 && one.code === 'rate-limited'), one.code);
      }),
    );
  });

  it('takes no number, and no quotation, for a reason', () => {
    const harmless = fc.constantFrom('line', 'step', 'exit code', 'the prompt', 'port', 'took', 'version');
    const quotes = fc.constantFrom(['“', '”'], ['"', '"'], ['`', '`'], ["'", "'"], ['«', '»']);
    fc.assert(
      fc.property(fc.constantFrom(...methods), harmless, statuses, (method, word, status) => {
        for (const text of [`${word} ${status} is too long`, `${word} ${status}`, `${word}: ${status} of ${status}`]) {
          const { code } = explainRequestError(failed, new ResponseError(-32603, text), { method });
          assert.equal(code, 'request-failed', text);
        }
      }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...methods), quotes, fc.constantFrom(...ROWS), (method, [open, close], row) => {
        fc.pre(!/[“”"`'«»]/.test(row[3]));
        const text = `${open}${row[3]}${close} cannot be taken`;
        const { code } = explainRequestError(failed, new ResponseError(-32603, text), { method });
        assert.equal(code, 'request-failed', text);
      }),
    );
  });

  it('takes no name that the call is about for a reason', () => {
    const words = fc.constantFrom('policy', 'quota', 'not-enabled', 'rate-limit', 'forbidden', 'license', 'HTTP-404');
    fc.assert(
      fc.property(words, words, (owner, name) => {
        const repository = `${owner}/${name}`;
        for (const text of [
          `${repository} is archived`,
          `Cannot use ${repository}`,
          `Repository ${repository} moved`,
        ]) {
          const failure = new ResponseError(-32603, text);
          const error = explainRequestError(failed, failure, { method: CREATE, about: { repository } });
          assert.equal(error.code, 'request-failed', text);
        }
      }),
    );
  });

  it('without a method, claims nothing about repositories, sessions or models', () => {
    for (const [, , , text] of ROWS) {
      const { code } = explainRequestError(failed, new ResponseError(-32603, text));
      assert.ok(ANY.includes(code), `${code} for ${text}`);
    }
  });

  it('reads method and subject from the error that carries them, and from the caller first', () => {
    const params = { cloud: { repository: { owner: 'octo', name: 'app', branch: 'topic' } }, model: 'm' };
    const failure = asRpcFailure(new ResponseError(-32603, 'Not Found'), CREATE, params, { account: 'mona' });
    assert.ok(failure instanceof ResponseError);
    assert.match(
      explainRequestError(failed, failure).message,
      /no repository octo\/app that the account mona can read/,
    );
    const named = explainRequestError(failed, failure, { about: { account: 'lisa' } });
    assert.match(named.message, /no repository octo\/app that the account lisa can read/);
    assert.equal(explainRequestError(failed, failure, { method: SEND }).code, 'request-failed');
    const branch = asRpcFailure(new ResponseError(-32603, 'Branch topic does not exist'), CREATE, params);
    assert.match(explainRequestError(failed, branch).message, /the branch topic was not found in octo\/app/);
  });

  it('is connection-closed for what vscode-jsonrpc rejects with when the connection ends', () => {
    for (const lost of [
      new ResponseError(-32097, 'Pending response rejected since connection got disposed'),
      new ResponseError(-32099, 'write EPIPE'),
      new ConnectionError(ConnectionErrors.Closed, 'Connection is closed.'),
      new ConnectionError(ConnectionErrors.Disposed, 'Connection is disposed.'),
    ]) {
      const error = explainRequestError(failed, lost);
      assert.equal(error.code, 'connection-closed');
      assert.equal(error.cause, lost);
      assert.match(error.message, /^It failed: the connection to the Copilot runtime was closed\.$/);
    }
    assert.equal(connectionClosed(failed).code, 'connection-closed');
  });

  it('leaves our own errors as they are, and takes anything else that was thrown', () => {
    const own = new CloudSessionsError('cancelled', 'Cancelled.');
    assert.equal(explainRequestError(failed, own), own);
    for (const thrown of ['text', 5, null, undefined, { message: 'no error' }]) {
      assert.equal(explainRequestError(failed, thrown).code, 'request-failed');
    }
  });
});
