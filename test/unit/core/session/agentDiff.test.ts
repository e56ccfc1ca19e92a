import assert from 'node:assert/strict';
import { CloudSessionsError } from '../../../../src/core/errors/cloudSessionsError';
import { readAgentDiff } from '../../../../src/core/session/agentDiff';
import type { CloudSession } from '../../../../src/core/session/session';
import { MemoryRuntime } from '../../../support/memoryRuntime';

const DIFF = 'session.workspaces.diff';
const ANSWER = {
  ...{ requestedMode: 'branch', mode: 'branch', baseBranch: 'main', isFallback: false },
  changes: [{ path: 'a', changeType: 'added', diff: '@@ -0,0 +1 @@\n+a\n' }],
};

describe('the question what the agent’s machine has changed', () => {
  let runtime: MemoryRuntime;
  let session: CloudSession;

  const open = async (version: string | undefined, result: unknown): Promise<void> => {
    runtime = new MemoryRuntime();
    runtime.onCreate(({ id }) => runtime.respond(id, { sessionId: 's1' }));
    runtime.on(DIFF, ({ id }) => runtime.respond(id, result));
    if (version !== undefined) {
      runtime.on('connect', ({ id }) => runtime.respond(id, { ok: true, protocolVersion: 3, version }));
      await runtime.client.handshake();
    }
    session = await runtime.client.createCloudSession({ cloud: {} });
  };

  afterEach(() => {
    session.dispose();
    runtime.client.dispose();
  });

  const refusal = async (): Promise<CloudSessionsError> => {
    const error = await readAgentDiff(session).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof CloudSessionsError);
    assert.ok((error.nextStep ?? '') !== '');
    return error;
  };

  for (const version of ['1.0.102', '1.0.85', '1.0.60', '0.0.1', undefined]) {
    it(`is asked for the branch, of runtime ${version ?? 'without a version'}`, async () => {
      await open(version, ANSWER);
      const diff = await readAgentDiff(session);
      assert.deepEqual([diff.baseBranch, diff.files.map(({ path }) => path)], ['main', ['a']]);
      assert.deepEqual(
        runtime.requestsOf(DIFF).map(({ params }) => params),
        [{ sessionId: 's1', mode: 'branch' }],
      );
    });
  }

  it('is not asked of a runtime that answers about this machine, whatever it would say', async () => {
    await open('1.0.55', ANSWER);
    const { code, message } = await refusal();
    assert.equal(code, 'not-supported');
    assert.match(message, /1\.0\.55/);
    assert.deepEqual(runtime.requestsOf(DIFF), []);
  });

  const results: readonly unknown[] = [{ ...ANSWER, isFallback: true }, {}, null, { changes: [] }];
  for (const result of results) {
    it(`has no answer that is about something else, or is none: ${JSON.stringify(result)}`, async () => {
      await open('1.0.85', result);
      assert.equal((await refusal()).code, 'not-supported');
    });
  }

  it('waits until the session is watched', async () => {
    await open('1.0.102', ANSWER);
    runtime.client.dispose();
    session.detach('The runtime has ended.');
    assert.equal((await refusal()).code, 'session-not-ready');
    assert.deepEqual(runtime.requestsOf(DIFF), []);
  });
});
