import assert from 'node:assert/strict';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import path from 'node:path';
import fc from 'fast-check';
import { TOKEN } from '../../support/missionControl/environment';
import type { Fault } from '../../support/missionControl/faults';
import { HOSTILE_TEXTS, HOSTILE_URLS } from '../../support/missionControl/hostile';
import { MissionControl, type MissionControlOptions } from '../../support/missionControl/missionControl';
import type { Task } from '../../support/missionControl/task';

interface Reply<Body> {
  readonly status: number;
  readonly body: Body;
  readonly headers: Headers;
}

interface ServedEvent {
  readonly id: string;
  readonly timestamp: string;
  readonly parentId: string | null;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const REPOSITORY = { owner: 'octo-org', name: 'harbor' } as const;

describe('the Mission Control emulator', () => {
  let service: MissionControl;

  const startWith = async (options: MissionControlOptions): Promise<void> => {
    await service.dispose();
    service = await MissionControl.start(options);
  };

  /** Sends a request as the runtime does. */
  const ask = async <Body = Record<string, unknown>>(
    method: 'GET' | 'POST',
    route: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = { authorization: `Bearer ${TOKEN}` },
  ): Promise<Reply<Body>> => {
    const response = await fetch(`${service.url}${route}`, {
      method,
      headers: { ...headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Body, headers: response.headers };
  };

  const create = async (): Promise<string> => {
    const { body } = await ask<{ id: string }>('POST', '/agents/tasks', { repositories: [REPOSITORY] });
    return body.id;
  };

  const events = async (taskId: string): Promise<readonly ServedEvent[]> =>
    (await ask<{ events: readonly ServedEvent[] }>('GET', `/agents/tasks/${taskId}/events`)).body.events;

  const steer = async (taskId: string, type: string, content?: unknown, id = 'x-1'): Promise<void> => {
    const text = typeof content === 'object' ? JSON.stringify(content) : content;
    const { status } = await ask('POST', `/agents/tasks/${taskId}/steer`, { type, content: text, external_id: id });
    assert.equal(status, 200);
  };

  /** The first event of a type. Agents at full speed need only a few turns of the event loop. */
  const until = async (taskId: string, type: string, nth = 1): Promise<ServedEvent> => {
    for (let attempt = 0; attempt < 200; attempt++) {
      const found = (await events(taskId)).filter((event) => event.type === type).at(nth - 1);
      if (found !== undefined) {
        return found;
      }
    }
    throw new Error(`no ${type} among ${(await events(taskId)).map((event) => event.type).join(', ')}`);
  };

  const typesAfter = async (taskId: string, type: string): Promise<readonly string[]> => {
    const types = (await events(taskId)).map((event) => event.type);
    return types.slice(types.lastIndexOf(type) + 1);
  };

  const stateOfFirst = (): string | undefined => service.tasks[0]?.state;

  const message = async (taskId: string): Promise<string> =>
    String((await events(taskId)).findLast(({ type }) => type === 'assistant.message')?.data['content']);

  beforeEach(async () => {
    service = await MissionControl.start();
  });

  afterEach(async () => {
    await service.dispose();
  });

  describe('as a server', () => {
    it('listens on the loopback interface alone', () => {
      assert.match(service.url, /^http:\/\/127\.0\.0\.1:\d+$/);
    });

    it('keeps a connection open for minutes that nobody uses', async () => {
      const { headers } = await ask('GET', '/copilot_internal/user');
      assert.equal(headers.get('keep-alive'), 'timeout=600');
    });

    it('says who is signed in, and answers a stranger with 401', async () => {
      await startWith({ login: 'hubot' });
      const { body } = await ask<{ login: string; endpoints: { api: string } }>('GET', '/copilot_internal/user');
      assert.equal(body.login, 'hubot');
      assert.equal(body.endpoints.api, service.url);
      for (const headers of [{}, { authorization: 'Bearer gho_another' }]) {
        assert.equal((await ask('GET', '/copilot_internal/user', undefined, headers)).status, 401);
        assert.equal((await ask('POST', '/agents/tasks', {}, headers)).status, 401);
      }
    });

    it('puts an x-github-request-id on every response, also on refusals', async () => {
      for (const route of ['/models', '/agents/tasks/none', '/nowhere']) {
        assert.match((await ask('GET', route)).headers.get('x-github-request-id') ?? '', /\w/);
      }
      service.faults.set('models', { kind: 'status', status: 500 });
      assert.match((await ask('GET', '/models')).headers.get('x-github-request-id') ?? '', /\w/);
    });

    it('records what was asked, and never a token', async () => {
      await ask('POST', '/agents/tasks', { repositories: [REPOSITORY], note: `my token is ${TOKEN}` });
      await ask('GET', `/models?token=${TOKEN}`);
      assert.deepEqual(service.requests, [
        {
          method: 'POST',
          path: '/agents/tasks',
          route: 'createTask',
          body: { repositories: [REPOSITORY], note: 'my token is ***' },
          status: 201,
        },
        { method: 'GET', path: '/models?token=***', route: 'models', body: undefined, status: 200 },
      ]);
    });

    it('refuses to act as a proxy, and records what was asked for', async () => {
      const { hostname, port } = new URL(service.url);
      const { request } = await import('node:http');
      const connect = request({ hostname, port, method: 'CONNECT', path: 'api.github.com:443' }).end();
      const [response] = (await once(connect, 'connect')) as [{ statusCode: number }];
      assert.equal(response.statusCode, 403);
      assert.deepEqual(service.proxied, ['api.github.com:443']);
    });

    it('keeps a runtime on this machine, and signs it in', () => {
      const environment = service.environment(path.resolve('home'));
      assert.equal(environment['COPILOT_HOME'], path.resolve('home'));
      assert.equal(environment['COPILOT_MC_BASE_URL'], `${service.url}/agents`);
      assert.equal(environment['COPILOT_API_URL'], service.url);
      assert.equal(environment['COPILOT_DEBUG_GITHUB_API_URL'], service.url);
      assert.equal(environment['COPILOT_GITHUB_TOKEN'], TOKEN);
      assert.equal(environment['NO_PROXY'], '127.0.0.1,localhost');
      assert.equal('COPILOT_GITHUB_TOKEN' in service.environment('home', null), false);
    });
  });

  describe('as the service', () => {
    it('creates a task whose repository resolves, and whose first events are all that a runtime needs', async () => {
      const { status, body } = await ask<{ id: string; repository: { id: number } }>('POST', '/agents/tasks', {
        repositories: [REPOSITORY],
      });
      assert.equal(status, 201);
      const [task] = service.tasks;
      assert.ok(task);
      assert.equal(task.id, body.id);
      assert.notEqual(task.id, task.sessionId);
      const start = await until(body.id, 'session.start');
      const { startTime, ...rest } = start.data;
      assert.ok(!Number.isNaN(Date.parse(String(startTime))));
      assert.deepEqual(rest, {
        sessionId: task.sessionId,
        version: 1,
        producer: 'copilot-agent',
        copilotVersion: '1.0.102',
        context: { cwd: '/workspaces/harbor', repository: 'octo-org/harbor', branch: 'main', hostType: 'github' },
      });
      const { data } = await until(body.id, 'session.info');
      assert.equal(data['infoType'], 'remote');
      assert.equal(data['url'], `https://github.com/copilot/tasks/${body.id}`);
      const { body: repository } = await ask<{ id: number; name: string; full_name: string; owner: { login: string } }>(
        'GET',
        `/repositories/${body.repository.id}`,
      );
      const { id, name, full_name: fullName, owner } = repository;
      assert.deepEqual(
        [id, name, fullName, owner.login],
        [body.repository.id, 'harbor', 'octo-org/harbor', 'octo-org'],
      );
      assert.equal((await ask('GET', '/repositories/1')).status, 404);
    });

    it('creates a task without a repository', async () => {
      const { body } = await ask<{ id: string }>('POST', '/agents/tasks', {});
      const { data } = await until(body.id, 'session.start');
      assert.deepEqual(data['context'], { cwd: '/workspaces/scratch' });
    });

    it('refuses a repository without a name', async () => {
      assert.equal((await ask('POST', '/agents/tasks', { repositories: [{ owner: 'octo-org' }] })).status, 422);
      assert.equal(service.tasks.length, 0);
    });

    it('lists the most recent first, a page long, archived ones apart', async () => {
      const old = service.createTask({ name: 'old', beganMsAgo: 60_000 });
      const archived = service.createTask({ name: 'gone', archived: true });
      const recent = service.createTask({ name: 'new' });
      const list = async (query: string) =>
        (await ask<{ tasks: { id: string }[] }>('GET', `/agents/tasks?${query}`)).body.tasks.map(({ id }) => id);
      assert.deepEqual(await list('is_archived=false&per_page=50'), [recent.id, old.id]);
      assert.deepEqual(await list('is_archived=false&per_page=1'), [recent.id]);
      assert.deepEqual(await list('is_archived=true&per_page=50'), [archived.id]);
    });

    it('answers 404 for a task that it does not have', async () => {
      for (const route of ['', '/events', '/rpc/r1']) {
        assert.equal((await ask('GET', `/agents/tasks/none${route}`)).status, 404);
      }
      assert.equal((await ask('POST', '/agents/tasks/none/steer', { type: 'abort' })).status, 404);
    });

    it('answers calls at once, and hands the result out when asked', async () => {
      const taskId = await create();
      const begun = await ask<{ id: string }>('POST', `/agents/tasks/${taskId}/rpc`, {
        rpc_method: 'session.sandbox.getEnforcementStatus',
        params: {},
      });
      assert.equal(begun.status, 202);
      assert.deepEqual((await ask('GET', `/agents/tasks/${taskId}/rpc/${begun.body.id}`)).body, {
        id: begun.body.id,
        state: 'completed',
        result: { required: false, blocked: false },
      });
    });

    it('gives events strictly increasing times, in one chain', () => {
      fc.assert(
        fc.property(fc.array(fc.nat(5), { maxLength: 50 }), (steps) => {
          let now = 1_700_000_000_000;
          const task = service.createTask({ settings: { autoplay: false } });
          task.clock = () => now;
          for (const step of steps) {
            now += step - 2;
            task.append('session.idle', {});
          }
          const served = task.events as readonly ServedEvent[];
          served.forEach((event, index) => {
            assert.equal(event.parentId, served[index - 1]?.id ?? null);
            assert.ok(index === 0 || event.timestamp > (served[index - 1]?.timestamp ?? ''));
          });
        }),
        { numRuns: 50 },
      );
    });

    it('is the same again with the same seed and clock', async () => {
      const tell = async (): Promise<string> => {
        await startWith({ seed: 'one', clock: () => 1_700_000_000_000 });
        const taskId = await create();
        await steer(taskId, 'user_message', 'Count the ships');
        await until(taskId, 'permission.requested');
        return JSON.stringify([service.tasks.map((task) => task.toJson()), await events(taskId)]);
      };
      assert.equal(await tell(), await tell());
    });
  });

  describe('as an agent', () => {
    it('waits for a message, and tells it back with the id that it came with', async () => {
      const taskId = await create();
      assert.equal((await events(taskId)).at(-1)?.type, 'session.info');
      assert.equal(stateOfFirst(), 'idle');
      await steer(taskId, 'user_message', 'Count the ships', 'e-42');
      const { data } = await until(taskId, 'user.message');
      assert.deepEqual(data, { content: 'Count the ships', delivery: 'idle', source: 'command-e-42' });
    });

    it('works until it needs a permission, and goes on once it has it', async () => {
      const taskId = await create();
      await steer(taskId, 'user_message', 'Count the ships');
      const asked = await until(taskId, 'permission.requested');
      const { permissionRequest, requestId } = asked.data as {
        permissionRequest: { toolCallId: string; kind: string; fullCommandText: string };
        requestId: string;
      };
      assert.equal(permissionRequest.kind, 'shell');
      assert.equal(stateOfFirst(), 'waiting_for_user');
      assert.deepEqual(await typesAfter(taskId, 'permission.requested'), [], 'it waits');
      await steer(taskId, 'permission_response', { promptId: 'another', approved: true });
      assert.deepEqual(await typesAfter(taskId, 'permission.requested'), [], 'that was not its question');

      await steer(taskId, 'permission_response', {
        promptId: permissionRequest.toolCallId,
        approved: true,
        scope: 'once',
      });
      await until(taskId, 'session.idle');
      const completed = await until(taskId, 'permission.completed');
      assert.equal(completed.data['requestId'], requestId);
      assert.deepEqual(completed.data['result'], { kind: 'approved' });
      assert.equal(stateOfFirst(), 'completed');
      const told = await events(taskId);
      const ran = told.find(
        ({ type, data }) => type === 'tool.execution_complete' && data['toolCallId'] === permissionRequest.toolCallId,
      );
      assert.equal(ran?.data['success'], true);
      assert.match(await message(taskId), /All tests pass/);
      assert.equal(told.at(-1)?.type, 'session.idle');
      assert.equal(told.filter(({ type }) => type === 'assistant.turn_start').length, 5);
      assert.equal(told.filter(({ type }) => type === 'assistant.turn_end').length, 5);
    });

    it('does without what it may not do', async () => {
      const taskId = await create();
      await steer(taskId, 'user_message', 'Count the ships');
      const { permissionRequest } = (await until(taskId, 'permission.requested')).data as {
        permissionRequest: { toolCallId: string };
      };
      await steer(taskId, 'permission_response', { promptId: permissionRequest.toolCallId, approved: false });
      await until(taskId, 'session.idle');
      assert.deepEqual((await until(taskId, 'permission.completed')).data['result'], {
        kind: 'denied-interactively-by-user',
      });
      const after = await typesAfter(taskId, 'permission.completed');
      assert.equal(after[0], 'tool.execution_complete');
      const told = await events(taskId);
      const refused = told.find(({ data }) => data['error'] !== undefined);
      assert.equal(refused?.data['success'], false);
      assert.ok(!told.some(({ data }) => (data['shellExecution'] as object | undefined) !== undefined), 'nothing ran');
      assert.match(await message(taskId), /Nothing was run/);
    });

    it('does not ask again for what was allowed for the session', async () => {
      const taskId = await create();
      await steer(taskId, 'user_message', 'Count the ships');
      const { requestId } = (await until(taskId, 'permission.requested')).data;
      await steer(taskId, 'permission_response', { promptId: requestId, approved: true, scope: 'session' });
      await until(taskId, 'session.idle');
      await steer(taskId, 'user_message', 'Count them again');
      await until(taskId, 'session.idle', 2);
      assert.equal((await events(taskId)).filter(({ type }) => type === 'permission.requested').length, 1);
    });

    it('stops when it is told to, and forgets what was to come', async () => {
      const taskId = await create();
      await steer(taskId, 'user_message', 'Count the ships');
      const { requestId } = (await until(taskId, 'permission.requested')).data;
      await steer(taskId, 'user_message', 'And name them');
      await steer(taskId, 'abort');
      assert.deepEqual((await events(taskId)).at(-1)?.data, { aborted: true });
      assert.equal(stateOfFirst(), 'idle');
      await steer(taskId, 'permission_response', { promptId: requestId, approved: true });
      assert.deepEqual(await typesAfter(taskId, 'abort'), ['session.idle'], 'it stays stopped');
      await steer(taskId, 'user_message', 'Now something else');
      assert.notEqual((await typesAfter(taskId, 'abort')).indexOf('assistant.turn_start'), -1);
    });

    it('works on one message after the other', async () => {
      await startWith({ story: 'short' });
      const taskId = await create();
      await steer(taskId, 'user_message', 'Count the ships');
      await steer(taskId, 'user_message', 'Name the ships');
      await until(taskId, 'session.idle', 2);
      const told = (await events(taskId)).filter(({ type }) => type === 'assistant.message');
      assert.deepEqual(
        told.map(({ data }) => data['content']),
        ['Done: Count the ships', 'Done: Name the ships'],
      );
    });

    it('says something else to another prompt', async () => {
      const say = async (prompt: string): Promise<string> => {
        const taskId = await create();
        await steer(taskId, 'user_message', prompt);
        await until(taskId, 'permission.requested');
        return JSON.stringify((await events(taskId)).filter(({ type }) => type === 'assistant.message'));
      };
      const [first, second] = [await say('Count the ships'), await say('Paint the pier')];
      assert.match(first, /Count the ships/);
      assert.match(second, /Paint the pier/);
      assert.doesNotMatch(second, /Count the ships/);
    });

    it('tells texts in pieces that make up the whole, unless it is told not to', async () => {
      const taskId = await create();
      await steer(taskId, 'user_message', 'Count  the\nships');
      await until(taskId, 'permission.requested');
      const told = await events(taskId);
      for (const { data } of told.filter(({ type }) => type === 'assistant.message')) {
        const pieces = told.filter(
          (event) => event.type === 'assistant.message_delta' && event.data['messageId'] === data['messageId'],
        );
        assert.ok(pieces.length > 1);
        assert.equal(pieces.map((piece) => String(piece.data['deltaContent'])).join(''), data['content']);
      }
      await startWith({ streaming: false });
      const quiet = await create();
      await steer(quiet, 'user_message', 'Count the ships');
      await until(quiet, 'permission.requested');
      assert.deepEqual(
        (await events(quiet)).filter(({ type }) => /delta|partial/.test(type)),
        [],
      );
    });

    it('asks a question, by steering or by a call', async () => {
      for (const [answer, freeform, said] of [
        ['SQLite', false, /^SQLite it is\.$/],
        ['Clay tablets', true, /^Clay tablets it is, though/],
      ] as const) {
        const taskId = await create();
        await steer(taskId, 'user_message', 'Store the arrivals; ask me how');
        const { requestId } = (await until(taskId, 'user_input.requested')).data;
        const response = { answer, wasFreeform: freeform };
        if (freeform) {
          await ask('POST', `/agents/tasks/${taskId}/rpc`, {
            rpc_method: 'session.ui.handlePendingUserInput',
            params: { requestId, response },
          });
        } else {
          await steer(taskId, 'ask_user_response', { promptId: requestId, ...response });
        }
        await until(taskId, 'session.idle');
        assert.deepEqual((await until(taskId, 'user_input.completed')).data, { requestId, ...response });
        const messages = (await events(taskId)).filter(({ type }) => type === 'assistant.message');
        assert.match(String(messages[1]?.data['content']), said);
      }
    });

    it('proposes a plan, and keeps to what was decided', async () => {
      for (const approved of [true, false]) {
        const taskId = await create();
        await steer(taskId, 'user_message', 'Make a plan for the pier');
        const { requestId } = (await until(taskId, 'exit_plan_mode.requested')).data;
        await ask('POST', `/agents/tasks/${taskId}/rpc`, {
          rpc_method: 'session.ui.handlePendingExitPlanMode',
          params: { requestId, response: { approved, selectedAction: 'interactive', feedback: 'too long' } },
        });
        if (approved) {
          await until(taskId, 'permission.requested');
        } else {
          await until(taskId, 'session.idle');
          assert.match(await message(taskId), /dropped.*“too long”/);
        }
        assert.equal((await until(taskId, 'exit_plan_mode.completed')).data['approved'], approved);
      }
    });

    it('has a form filled in', async () => {
      const taskId = await create();
      await steer(taskId, 'user_message', 'Deploy it, with the form');
      const { requestId } = (await until(taskId, 'elicitation.requested')).data;
      const { body } = await ask<{ id: string }>('POST', `/agents/tasks/${taskId}/rpc`, {
        rpc_method: 'session.ui.handlePendingElicitation',
        params: { requestId, result: { action: 'accept', content: { environment: 'staging' } } },
      });
      assert.deepEqual((await ask('GET', `/agents/tasks/${taskId}/rpc/${body.id}`)).body['result'], { success: true });
      await until(taskId, 'session.idle');
      assert.deepEqual((await until(taskId, 'elicitation.completed')).data, {
        requestId,
        action: 'accept',
        content: { environment: 'staging' },
      });
      const again = await ask<{ id: string }>('POST', `/agents/tasks/${taskId}/rpc`, {
        rpc_method: 'session.ui.handlePendingElicitation',
        params: { requestId, result: { action: 'accept' } },
      });
      assert.deepEqual((await ask('GET', `/agents/tasks/${taskId}/rpc/${again.body.id}`)).body['result'], {
        success: false,
      });
    });

    it('fails as it is told to, and the task with it', async () => {
      const taskId = await create();
      await steer(taskId, 'user_message', 'Try once, then give up');
      await until(taskId, 'session.idle');
      assert.equal((await until(taskId, 'session.error')).data['statusCode'], 429);
      assert.equal(stateOfFirst(), 'failed');
    });

    it('leaves all to the test if it is told to', async () => {
      await startWith({ story: 'none' });
      const idle = await create();
      await steer(idle, 'user_message', 'Count the ships');
      assert.equal((await events(idle)).at(-1)?.type, 'user.message');
      service.configure({ autoplay: false });
      const silent = await create();
      await steer(silent, 'user_message', 'Count the ships', 'e-1');
      assert.deepEqual(await events(silent), []);
      assert.deepEqual(service.tasks[1]?.steers, [
        { type: 'user_message', externalId: 'e-1', content: 'Count the ships' },
      ]);
      service.append(silent, 'session.idle', {});
      assert.deepEqual(
        (await events(silent)).map(({ type }) => type),
        ['session.idle'],
      );
    });

    it('comes up after a while, at a person’s speed', async () => {
      await startWith({ speed: 10, startsAfterMs: 2_000 });
      const taskId = await create();
      assert.deepEqual(
        (await events(taskId)).map(({ type }) => type),
        ['session.requested'],
      );
      assert.equal(stateOfFirst(), 'queued');
      const began = performance.now();
      while (stateOfFirst() === 'queued') {
        await new Promise((resolve) => setTimeout(resolve, 5));
        assert.ok(performance.now() - began < 5_000);
      }
      assert.ok(performance.now() - began > 150);
    });
  });

  describe('for the demo', () => {
    it('has tasks in several states and repositories, each with its past', async () => {
      await startWith({ speed: 'human' });
      const now = Date.now();
      await service.seedDemo();
      const states = service.tasks.map(({ state }) => state);
      for (const state of ['failed', 'completed', 'idle', 'waiting_for_user', 'in_progress', 'queued'] as const) {
        assert.ok(states.includes(state), `${state} among ${states.join(', ')}`);
      }
      assert.equal(new Set(service.tasks.map(({ repository }) => repository?.name)).size, 3);
      for (const task of service.tasks) {
        const times = (task.events as readonly ServedEvent[]).map(({ timestamp }) => Date.parse(timestamp));
        assert.ok(times.every((time, index) => index === 0 || time > times[index - 1]!));
        assert.ok(Math.max(...times) <= Date.now() + 1_000, 'nothing is told that is yet to come');
        assert.ok(task.createdAt.getTime() <= now + 1_000);
      }
    });

    it('goes on in the present once somebody takes part', async () => {
      const task = service.createTask({ prompt: 'Count the ships', beganMsAgo: 3_600_000 });
      const asked = await until(task.id, 'permission.requested');
      assert.ok(Date.now() - Date.parse(asked.timestamp) > 3_000_000);
      await steer(task.id, 'permission_response', { promptId: asked.data['requestId'], approved: true });
      const { timestamp } = await until(task.id, 'permission.completed');
      assert.ok(Date.now() - Date.parse(timestamp) < 60_000);
    });
  });

  describe('with faults', () => {
    const raw = (patienceMs = 5_000): Promise<Response> =>
      fetch(`${service.url}/models`, {
        headers: { authorization: `Bearer ${TOKEN}` },
        signal: AbortSignal.timeout(patienceMs),
      });

    const untilItAnswers = async (): Promise<void> => {
      for (;;) {
        const status = await raw()
          .then((response) => response.status)
          .catch(() => 0);
        if (status === 200) {
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };

    it('refuses with a status and a message, so often as is said, on that route alone', async () => {
      service.faults.set('models', { kind: 'status', status: 429, message: 'Slow down' }, { times: 2 });
      const { status, body } = await ask('GET', '/models');
      assert.deepEqual([status, body], [429, { message: 'Slow down' }]);
      assert.equal((await ask('GET', '/copilot_internal/user')).status, 200);
      assert.equal((await ask('GET', '/models')).status, 429);
      assert.equal((await ask('GET', '/models')).status, 200);
    });

    it('fails everywhere at once, until it is healed', async () => {
      service.faults.set('*', { kind: 'status', status: 503 });
      assert.equal((await ask('POST', '/agents/tasks', {})).status, 503);
      assert.equal(service.tasks.length, 0, 'a refused create creates nothing');
      service.faults.clear();
      assert.equal((await ask('POST', '/agents/tasks', {})).status, 201);
    });

    it('fails for a while', async () => {
      service.faults.set('models', { kind: 'status', status: 500 }, { forMs: 500 });
      assert.equal((await ask('GET', '/models')).status, 500);
      await untilItAnswers();
    });

    const cases: readonly (readonly [fault: Fault, check: () => Promise<void>])[] = [
      [{ kind: 'hang' }, async () => await assert.rejects(raw(300), { name: 'TimeoutError' })],
      [
        { kind: 'reset' },
        async () =>
          await assert.rejects(raw(), ({ cause }: { cause: { code: string } }) => cause.code === 'ECONNRESET'),
      ],
      [
        { kind: 'malformed' },
        async () => {
          await assert.rejects(async () => (await raw()).json(), SyntaxError);
        },
      ],
      [
        { kind: 'answer', body: [null] },
        async () => {
          assert.deepEqual(await (await raw()).json(), [null]);
        },
      ],
      [
        { kind: 'delay', ms: 150 },
        async () => {
          const began = performance.now();
          assert.equal((await raw()).status, 200);
          assert.ok(performance.now() - began >= 145);
        },
      ],
    ];
    for (const [fault, check] of cases) {
      it(`can ${fault.kind}`, async () => {
        service.faults.set('models', fault);
        await check();
        service.faults.clear();
        assert.equal((await raw()).status, 200);
      });
    }

    it('goes down, and comes up at the same address with all that it had', async () => {
      const taskId = await create();
      const { url } = service;
      await service.down();
      await assert.rejects(raw(), ({ cause }: { cause: { code: string } }) =>
        ['ECONNREFUSED', 'ECONNRESET', 'UND_ERR_SOCKET'].includes(cause.code),
      );
      await service.up();
      assert.equal(service.url, url);
      assert.equal((await ask('GET', `/agents/tasks/${taskId}`)).status, 200);
      await service.downFor(500);
      await assert.rejects(raw());
      await untilItAnswers();
    });

    it('serves events that are late, doubled, of the same millisecond, or no events at all', async () => {
      const { id } = service.createTask({ settings: { autoplay: false } });
      const first = service.append(id, 'session.idle', {});
      const same = service.append(id, 'session.idle', {}, { late: 0 });
      const late = service.append(id, 'session.idle', {}, { late: 5 });
      const next = service.append(id, 'session.idle', {}, { id: 'chosen' });
      service.appendRaw(id, first);
      service.appendRaw(id, null);
      service.appendRaw(id, { type: 'no.timestamp' });
      assert.deepEqual(await events(id), [first, same, late, next, first, null, { type: 'no.timestamp' }]);
      assert.equal(same.timestamp, first.timestamp);
      assert.equal(Date.parse(late.timestamp), Date.parse(first.timestamp) - 5);
      assert.ok(next.timestamp > first.timestamp);
      assert.equal(next.id, 'chosen');
    });

    it('serves a burst', async () => {
      const { id } = service.createTask({ settings: { autoplay: false } });
      service.burst(id, 1_000);
      const told = await events(id);
      assert.equal(told.length, 1_000);
      assert.deepEqual(told[999]?.data, { messageId: 'burst-999', content: 'Message 999' });
    });

    it('carries hostile texts and links as they are', async () => {
      for (const text of Object.values(HOSTILE_TEXTS)) {
        const { id } = service.createTask({ settings: { autoplay: false } });
        service.append(id, 'assistant.message', { messageId: 'm', content: text });
        assert.equal((await events(id))[0]?.data['content'], text);
      }
      for (const remoteUrl of HOSTILE_URLS) {
        service.configure({ remoteUrl });
        const id = await create();
        const info = (await events(id)).find(({ type }) => type === 'session.info');
        const told = info?.data['url'];
        const expected = typeof remoteUrl === 'string' ? remoteUrl.replace('{id}', id) : (remoteUrl ?? undefined);
        assert.deepEqual(told, expected);
      }
    });
  });

  describe('from another process', () => {
    const control = <Body = Record<string, unknown>>(command: string, body: unknown): Promise<Reply<Body>> =>
      ask<Body>('POST', `/_emulator/${command}`, body, {});

    it('is told everything that a test can tell it', async () => {
      await control('settings', { story: 'short', remoteUrl: 'file:///etc/passwd' });
      const { body: task } = await control<Pick<Task, 'id' | 'sessionId'>>('tasks', {
        name: 'From afar',
        repository: REPOSITORY,
      });
      await control('append', { taskId: task.id, type: 'session.warning', data: { warningType: 'w', message: 'm' } });
      await control('appendRaw', { taskId: task.id, entry: null });
      assert.deepEqual((await control('burst', { taskId: task.id, count: 3 })).body, { count: 3 });
      await control('faults', { route: 'models', fault: { kind: 'status', status: 418 }, times: 1 });
      assert.equal((await ask('GET', '/models')).status, 418);
      assert.equal((await ask('GET', '/models')).status, 200);
      await control('faults', { route: '*', fault: { kind: 'status', status: 500 } });
      assert.equal((await ask('GET', '/models')).status, 500);
      await control('heal', {});
      assert.equal((await ask('GET', '/models')).status, 200);
      const { body: state } = await ask<{ tasks: Task[]; requests: unknown[]; settings: { story: string } }>(
        'GET',
        '/_emulator/state',
        undefined,
        {},
      );
      assert.equal(state.settings.story, 'short');
      assert.equal(state.requests.length, 4, 'what was asked of the service, not of the emulator');
      const [seen] = state.tasks;
      assert.equal(seen?.sessionId, task.sessionId);
      assert.equal(seen.name, 'From afar');
      assert.deepEqual(
        (seen.events as (ServedEvent | null)[]).map((event) => event?.type),
        [
          ...['session.requested', 'session.start', 'session.info', 'session.warning', undefined],
          ...['assistant.message', 'assistant.message', 'assistant.message'],
        ],
      );
      assert.equal((seen.events as ServedEvent[])[2]?.data['url'], 'file:///etc/passwd');
    });

    it('goes down when told', async () => {
      await control('down', { ms: 600 });
      await new Promise((resolve) => setTimeout(resolve, 50));
      const unreachable = ask('GET', '/models').then(
        () => false,
        () => true,
      );
      assert.ok(await unreachable);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      assert.equal((await ask('GET', '/models')).status, 200);
    });

    it('says what was wrong', async () => {
      assert.match(String((await control('faults', { route: 'nowhere', fault: null })).body['message']), /createTask/);
      assert.equal((await control('append', { taskId: 'none', type: 'x', data: {} })).status, 400);
      assert.equal((await control('nothing', {})).status, 404);
    });

    it('takes no orders from a page in a browser', async () => {
      const response = await fetch(`${service.url}/_emulator/seedDemo`, { method: 'POST', body: '{}' });
      assert.equal(response.status, 400);
      assert.equal(service.tasks.length, 0);
    });

    describe('by its command line', () => {
      let child: ChildProcessWithoutNullStreams;

      beforeEach(() => {
        const main = path.join(import.meta.dirname, '../../support/missionControl/main.ts');
        child = spawn(process.execPath, ['--require', 'tsx/cjs', main, '--demo', '--until-stdin-ends']);
      });

      afterEach(() => {
        child.kill('SIGKILL');
      });

      for (const [how, end] of [
        ['whoever started it', () => child.stdin.end()],
        ['a signal', () => child.kill('SIGTERM')],
      ] as const) {
        it(`is started, says where it is, and ends with ${how}`, async () => {
          const exited = once(child, 'exit');
          const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
          const { url } = JSON.parse(line) as { url: string };
          const { tasks } = (await (await fetch(`${url}/_emulator/state`)).json()) as { tasks: unknown[] };
          assert.ok(tasks.length > 3);
          end();
          assert.deepEqual(await exited, [0, null]);
        });
      }
    });
  });
});
