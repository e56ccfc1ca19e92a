import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { MissionControlOptions } from '../../support/missionControl/missionControl';
import { MissionControl } from '../../support/missionControl/missionControl';
import type { Task } from '../../support/missionControl/task';
import { RawRuntime, type RawEvent } from '../../support/rawRuntime';
import { installedRuntimes } from '../../support/runtimes';

/*
 * Tests of what the product is built on: the real runtimes with the emulated service, without any of our own code in
 * between. They check that a runtime accepts the emulator as the service, and that it behaves as the client expects.
 */

const REPOSITORY = { owner: 'octo-org', name: 'harbor' } as const;
const CLOUD = { cloud: { repository: REPOSITORY } } as const;

for (const { name, version, executable } of installedRuntimes(path.resolve(import.meta.dirname, '../../..'))) {
  describe(`the ${name} runtime, ${version}, with the emulated service`, () => {
    let home: string;
    let service: MissionControl;
    let runtime: RawRuntime;

    /** Each test has its own service and runtime, so that nothing is left over from the test before. */
    const start = async (
      options: MissionControlOptions = {},
      { token, args = [] }: { token?: string | null; args?: readonly string[] } = {},
    ): Promise<void> => {
      service = await MissionControl.start({ streaming: false, ...options });
      const env = service.environment(path.join(home, 'copilot'), ...(token === undefined ? [] : [token]));
      runtime = await RawRuntime.start({ command: executable, env, cwd: home, args });
      const { protocolVersion } = await runtime.connect();
      assert.equal(protocolVersion, 3);
    };

    beforeEach(async () => {
      home = await mkdtemp(path.join(tmpdir(), 'runtime-'));
    });

    afterEach(async () => {
      await runtime.stop();
      await service.dispose();
      assert.deepEqual(service.proxied, [], 'nothing but the emulator was to be reached');
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    });

    const create = async (): Promise<{ sessionId: string; task: Task }> => {
      const { sessionId } = await runtime.request<{ sessionId: string }>('session.create', CLOUD);
      return { sessionId, task: service.tasks.at(-1)! };
    };

    const send = (sessionId: string, prompt: string) =>
      runtime.request<{ messageId: string }>('session.send', { sessionId, prompt });

    const requested = (route: string) => service.requests.filter((request) => request.route === route);

    const text = (event: RawEvent | undefined): string => String(event?.data['content']);

    describe('signing in', () => {
      it('is done by the environment', async () => {
        await start();
        assert.deepEqual(await runtime.request('auth.getStatus', {}), {
          isAuthenticated: true,
          authType: 'env',
          host: 'https://github.com',
          statusMessage: 'octocat (via COPILOT_GITHUB_TOKEN)',
          login: 'octocat',
        });
      });

      it('is missing without a token', async () => {
        await start({}, { token: null, args: ['--no-auto-login'] });
        assert.deepEqual(await runtime.request('auth.getStatus', {}), {
          isAuthenticated: false,
          statusMessage: 'Not authenticated',
        });
        await assert.rejects(runtime.request('session.create', CLOUD), {
          code: -32603,
          message: 'Request session.create failed with message: session.create cloud requires authentication',
        });
        await assert.rejects(runtime.request('sessions.list', { source: 'remote', throwOnError: true }), {
          code: -32603,
          message: 'Request sessions.list failed with message: Not authenticated. Please authenticate first.',
        });
        assert.deepEqual(service.requests, []);
      });

      it('seems done with a token that the service refuses: only the login is empty', async () => {
        await start({}, { token: `gho_${'refused'.repeat(5)}x` });
        assert.deepEqual(await runtime.request('auth.getStatus', {}), {
          isAuthenticated: true,
          authType: 'env',
          host: 'https://github.com',
          statusMessage: 'https://github.com (via COPILOT_GITHUB_TOKEN, server-to-server)',
          login: '',
        });
        await assert.rejects(runtime.request('session.create', CLOUD), {
          message: 'Request session.create failed with message: Bad credentials',
        });
      });
    });

    describe('a session', () => {
      it('is created with the repository alone, and has the service’s id, beginning and link', async () => {
        await start();
        const { sessionId, task } = await create();
        assert.deepEqual(
          requested('createTask').map(({ body }) => body),
          [{ repositories: [REPOSITORY] }],
        );
        assert.equal(sessionId, task.sessionId);
        const messages = await runtime.messages(sessionId);
        assert.equal(messages[0]?.type, 'session.start');
        const link = messages.find(({ type }) => type === 'session.info');
        assert.equal(link?.data['url'], `https://github.com/copilot/tasks/${task.id}`);
      });

      it('has the task’s id if its agent comes up late', async () => {
        await start({ speed: 'human', startsAfterMs: 1_500 });
        const { sessionId, task } = await create();
        assert.equal(sessionId, task.id);
        const began = (await runtime.messages(sessionId)).find(({ type }) => type === 'session.start');
        assert.equal(began?.data['sessionId'], task.sessionId);
      });

      it('takes a prompt, waits for a permission, and goes on once it is given', async () => {
        await start({ streaming: true });
        const { sessionId, task } = await create();
        await send(sessionId, 'Count the ships');
        const asked = await runtime.waitForEvent(sessionId, 'permission.requested');
        assert.deepEqual(
          await runtime.request('session.permissions.handlePendingPermissionRequest', {
            sessionId,
            requestId: asked.data['requestId'],
            result: { kind: 'approve-once' },
          }),
          { success: true },
        );
        await runtime.waitForEvent(sessionId, 'session.idle');
        assert.deepEqual(
          task.steers.map(({ type }) => type),
          ['user_message', 'permission_response'],
        );
        assert.equal(task.state, 'completed');
        // All events of the service, each once and in order.
        const told = (task.events as readonly RawEvent[]).slice(3);
        const seen = runtime.events(sessionId).filter(({ type }) => !NOT_OF_THE_SERVICE.test(type));
        assert.deepEqual(
          seen
            .filter(({ type }) => type !== 'user.message')
            // The newest one adds its own count to the usage of each call.
            .map(({ type, data: { accounting: _, ...data } }) => ({ type, data })),
          told.filter(({ type }) => type !== 'user.message').map(({ type, data }) => ({ type, data })),
        );
        assert.deepEqual(
          seen.filter(({ type }) => type === 'user.message').map(({ data }) => data['content']),
          ['Count the ships'],
          'the echo of the service is not told a second time',
        );
        assert.deepEqual(runtime.inboundRequests, []);
      });

      it('adapts when a permission is refused, and stops when it is told to', async () => {
        await start();
        const { sessionId, task } = await create();
        await send(sessionId, 'Count the ships');
        const asked = await runtime.waitForEvent(sessionId, 'permission.requested');
        await runtime.request('session.permissions.handlePendingPermissionRequest', {
          sessionId,
          requestId: asked.data['requestId'],
          result: { kind: 'reject', feedback: 'too slow' },
        });
        await runtime.waitForEvent(sessionId, 'session.idle');
        const last = runtime.events(sessionId).findLast(({ type }) => type === 'assistant.message');
        assert.match(text(last), /Nothing was run/);
        assert.equal(task.steers[1]?.content?.includes('too slow'), false, 'the reason stays here');

        await send(sessionId, 'Then paint the pier');
        await runtime.waitForEvent(sessionId, (event) => asksAgain(event, asked));
        assert.deepEqual(await runtime.request('session.abort', { sessionId }), { success: true });
        await runtime.waitForEvent(sessionId, ({ data }) => data['aborted'] === true);
        assert.equal(runtime.events(sessionId).filter(({ type }) => type === 'abort').length, 1);
        assert.equal(task.state, 'idle');
      });

      it('asks, has a plan approved and a form filled in', async () => {
        await start();
        const { sessionId, task } = await create();
        const answer = async (asked: RawEvent, method: string, params: object): Promise<void> => {
          const { requestId } = asked.data;
          const result = await runtime.request(method, { sessionId, requestId, ...params });
          assert.deepEqual(result, { success: true });
        };
        await send(sessionId, 'Store the arrivals, but ask me how');
        await answer(
          await runtime.waitForEvent(sessionId, 'user_input.requested'),
          'session.ui.handlePendingUserInput',
          { response: { answer: 'SQLite', wasFreeform: false } },
        );
        await send(sessionId, 'Deploy it with the form');
        await answer(
          await runtime.waitForEvent(sessionId, 'elicitation.requested'),
          'session.ui.handlePendingElicitation',
          { result: { action: 'accept', content: { environment: 'staging', reason: 'a test' } } },
        );
        await send(sessionId, 'Make a plan');
        await answer(
          await runtime.waitForEvent(sessionId, 'exit_plan_mode.requested'),
          'session.ui.handlePendingExitPlanMode',
          { response: { approved: false, feedback: 'no' } },
        );
        await runtime.waitForEvent(sessionId, (event) => text(event).includes('The plan is dropped'));
        const completed = (task.events as readonly RawEvent[]).filter(({ type }) => type.endsWith('.completed'));
        assert.deepEqual(
          completed.map(({ type, data }) => [type, data['answer'] ?? data['action'] ?? data['approved']]),
          [
            ['user_input.completed', 'SQLite'],
            ['elicitation.completed', 'accept'],
            ['exit_plan_mode.completed', false],
          ],
        );
      });
    });

    describe('sessions that were begun elsewhere', () => {
      it('are listed with the task’s id and connected to by it; the history has the service’s own ids', async () => {
        await start();
        const past = { prompt: 'Paint the pier', beganMsAgo: 3_600_000, approved: true };
        const task = service.createTask({ repository: REPOSITORY, ...past });
        service.createTask({ name: 'Scrap the pier', archived: true });
        const { sessions } = await runtime.request<{ sessions: readonly { name: string }[] }>('sessions.list', {
          source: 'remote',
          throwOnError: true,
        });
        assert.deepEqual(sessions.map((session) => session.name).sort(), ['Paint the pier', 'Scrap the pier']);
        assert.deepEqual(
          sessions.find((session) => session.name === 'Paint the pier'),
          {
            sessionId: task.id,
            resourceId: task.id,
            remoteSessionIds: [],
            isRemote: true,
            taskType: 'cli',
            state: 'completed',
            name: 'Paint the pier',
            summary: 'Paint the pier',
            startTime: task.createdAt.toISOString(),
            modifiedTime: task.updatedAt.toISOString(),
            context: { cwd: '', repository: 'octo-org/harbor', branch: task.branch },
            repository: { ...REPOSITORY, branch: task.branch },
          },
        );

        const { sessionId } = await runtime.request<{ sessionId: string }>('sessions.connect', { sessionId: task.id });
        assert.equal(sessionId, task.sessionId);
        const ids = (events: readonly RawEvent[]) => events.map(({ id }) => id).sort();
        const history = (await runtime.messages(sessionId)).filter(({ type }) => type !== 'session.indexed_search');
        assert.deepEqual(ids(history), ids(task.events as readonly RawEvent[]));
        const live = task.append('session.warning', { warningType: 'test', message: 'live' });
        const seen = await runtime.waitForEvent(sessionId, 'session.warning');
        assert.notEqual(seen.id, live.id, 'what comes live gets another id');

        await runtime.request('session.destroy', { sessionId });
        await runtime.waitForEvent(sessionId, 'session.shutdown');
        assert.ok(!task.events.some((event) => (event as RawEvent).type === 'session.shutdown'), 'the agent goes on');
        await runtime.request('sessions.connect', { sessionId: task.id });
        const again = (await runtime.messages(sessionId)).find(({ type }) => type === 'session.warning');
        assert.equal(again?.id, live.id, 'and after connecting again, the service’s');
      });
    });

    describe('a service that refuses or fails', () => {
      it('has its message passed on; the status of a refused list only with `throwOnError`', async () => {
        await start();
        for (const [status, message] of [
          [401, 'Bad credentials'],
          [403, 'Copilot cloud agent is disabled by your organization.'],
          [404, 'Not Found'],
          [429, 'You have exceeded a rate limit.'],
          [500, 'Internal Server Error'],
        ] as const) {
          service.faults.set('createTask', { kind: 'status', status, message });
          await assert.rejects(runtime.request('session.create', CLOUD), {
            code: -32603,
            message: `Request session.create failed with message: ${message}`,
            data: undefined,
          });
        }
        assert.equal(requested('createTask').length, 5, 'none is tried again');
        assert.equal(service.tasks.length, 0);

        service.faults.set('listTasks', { kind: 'status', status: 403, message: 'SSO is needed' });
        await assert.rejects(runtime.request('sessions.list', { source: 'remote', throwOnError: true }), {
          code: -32603,
          message: 'Remote session listing failed (403): Forbidden: SSO is needed',
          data: { timedOut: false, statusCode: 403, errorKind: null, errorPayload: { message: 'SSO is needed' } },
        });
        assert.deepEqual(await runtime.request('sessions.list', { source: 'remote' }), { sessions: [] });
      });

      it('makes creating fail while it is down; open sessions go on when it is back', async () => {
        await start({ story: 'none' });
        const { sessionId, task } = await create();
        task.append('session.warning', { warningType: 'test', message: 'before' });
        await runtime.waitForEvent(sessionId, 'session.warning');
        const before = runtime.events(sessionId).length;
        await service.down();
        task.append('session.warning', { warningType: 'test', message: 'meanwhile' });
        await assert.rejects(runtime.request('session.create', CLOUD), {
          message: `Request session.create failed with message: error sending request for url (${service.url}/agents/tasks)`,
        });
        assert.equal(runtime.events(sessionId).length, before, 'a session says nothing of it');
        await service.up();
        await runtime.waitForEvent(sessionId, ({ data }) => data['message'] === 'meanwhile');
        assert.ok((await create()).sessionId);
      });
    });
  });
}

function asksAgain(event: RawEvent, before: RawEvent): boolean {
  return event.type === 'permission.requested' && event.data['requestId'] !== before.data['requestId'];
}

/** The runtime's own events. It reports them for cloud sessions too, at times that depend on the other requests. */
const NOT_OF_THE_SERVICE = /^session\.(start|requested|info|indexed_search)$/;
