import { randomUUID } from 'node:crypto';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Faults, type Fault, type Route } from './faults';
import { Agent, type StoryKind } from './story';
import { Task, type TaskRepository } from './tasks';

export interface MissionControlOptions {
  /** 0, the default: one that is free. */
  readonly port?: number;
  /** Milliseconds that a unit of the agent's time lasts; 0, the default, is as fast as it goes. */
  readonly pace?: number;
  readonly story?: StoryKind;
  /** How long the agent's machine takes to come up, in milliseconds. */
  readonly startDelayMs?: number;
}

/** A request as the service got it; its token is not kept. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

type Handler = (body: Readonly<Record<string, unknown>>, ...ids: string[]) => [status: number, body: unknown];

interface RouteEntry {
  readonly route: Route;
  readonly method: string;
  readonly path: RegExp;
  readonly handle: Handler;
}

/** Runtimes take only tokens of GitHub’s form from the environment; this one signs in to nothing but this service. */
const TOKEN = `gho_${'emulated'.repeat(4)}`;

/**
 * A stand-in for the hosted service behind cloud sessions, on the loopback interface, as the runtime uses it. It is a
 * plain HTTP server with an agent that plays a piece of work, and with faults that can be set for each route.
 *
 * Tests in another process reach it over HTTP: `POST /_emulator/fault {route, fault}`, `POST /_emulator/append
 * {taskId, type, data}`, `POST /_emulator/options {story, pace, startDelayMs, remoteUrl}`, `GET /_emulator/state`.
 */
export class MissionControl {
  readonly tasks: Task[] = [];
  readonly requests: RecordedRequest[] = [];
  readonly faults = new Faults();
  /** The link that new tasks name; a function of the task's id. Tests set what must not be opened. */
  remoteUrl: (taskId: string) => unknown = (taskId) => `https://github.com/copilot/tasks/${taskId}`;
  private readonly agents = new Map<string, Agent>();
  private readonly repositories = new Map<string, number>();
  private readonly server = http.createServer((request, response) => void this.serve(request, response));
  private readonly routes: readonly RouteEntry[];

  private constructor(private options: MissionControlOptions) {
    const route = (route: Route, method: string, path: string, handle: Handler): RouteEntry => ({
      route,
      method,
      path: new RegExp(`^${path}$`),
      handle,
    });
    const id = '([^/]+)';
    this.routes = [
      route('user', 'GET', '/copilot_internal/user', () => [200, this.user()]),
      route('models', 'GET', '/models', () => [200, { data: [] }]),
      route('repository', 'GET', `/repositories/${id}`, (_, number) => this.repository(Number(number))),
      route('create', 'POST', '/agents/tasks', (body) => [200, this.createFromRequest(body).toJson()]),
      route('list', 'GET', '/agents/tasks', () => [200, { tasks: [] }]),
      route('task', 'GET', `/agents/tasks/${id}`, (_, task) => this.onTask(task, (found) => [200, found.toJson()])),
      route('events', 'GET', `/agents/tasks/${id}/events`, (_, task) =>
        this.onTask(task, (found) => [200, { events: found.events }]),
      ),
      route('steer', 'POST', `/agents/tasks/${id}/steer`, (body, task) =>
        this.onTask(task, (found) => this.steer(found, body)),
      ),
      route('rpc', 'POST', `/agents/tasks/${id}/rpc`, (body, task) => this.onTask(task, () => this.rpc(body))),
      route('rpcResult', 'GET', `/agents/tasks/${id}/rpc/${id}`, (_, __, rpcId) => this.rpcResult(rpcId ?? '')),
    ];
  }

  static async start(options: MissionControlOptions = {}): Promise<MissionControl> {
    const service = new MissionControl(options);
    await new Promise<void>((resolve, reject) => {
      service.server.once('error', reject);
      service.server.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The environment in which a runtime uses this service, and nothing else, without the user's own sign-in. */
  environment(copilotHome: string): Record<string, string> {
    return {
      COPILOT_HOME: copilotHome,
      COPILOT_MC_BASE_URL: `${this.url}/agents`,
      COPILOT_API_URL: this.url,
      COPILOT_DEBUG_GITHUB_API_URL: this.url,
      COPILOT_GITHUB_TOKEN: TOKEN,
      GITHUB_COPILOT_INTEGRATION_ID: 'copilot-developer-sandbox',
      NO_PROXY: '127.0.0.1,localhost',
    };
  }

  configure(options: MissionControlOptions): void {
    this.options = { ...this.options, ...options };
  }

  /** A task as if it had been begun elsewhere, on the web say. */
  createTask(repository: TaskRepository | undefined, name: string): Task {
    const task = new Task(repository, this.repositoryId(repository), name);
    this.tasks.push(task);
    const agent = new Agent(task, this.options.pace ?? 0, this.options.story ?? 'full');
    this.agents.set(task.id, agent);
    void agent.begin(this.options.startDelayMs ?? 0).then(() => {
      const url = this.remoteUrl(task.id);
      if (url !== undefined) {
        task.append('session.info', { infoType: 'remote', message: 'Follow this session on the web.', url });
      }
    });
    return task;
  }

  async dispose(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    const body = await readJson(request);
    const send = (status: number, value: unknown): void => {
      // Without this header the newer runtimes do not believe that an error is GitHub's.
      response.writeHead(status, { 'content-type': 'application/json', 'x-github-request-id': randomUUID() });
      response.end(typeof value === 'string' ? value : JSON.stringify(value));
    };
    if (pathname.startsWith('/_emulator/')) {
      const [status, answer] = this.control(pathname.slice('/_emulator/'.length), body);
      send(status, answer);
      return;
    }
    this.requests.push({ method: request.method ?? '', path: request.url ?? '', body });
    const entry = this.routes.find(({ method, path }) => method === request.method && path.test(pathname));
    if (entry === undefined) {
      send(404, { message: `Not Found: ${request.method ?? ''} ${pathname}` });
      return;
    }
    const fault = this.faults.take(entry.route);
    if (fault?.hang === true) {
      return;
    }
    if (fault?.reset === true) {
      request.socket.destroy();
      return;
    }
    if (fault?.delayMs !== undefined) {
      await delay(fault.delayMs, undefined, { ref: false });
    }
    if (fault?.malformed === true) {
      send(200, '{"tasks": [');
      return;
    }
    if (fault?.status !== undefined) {
      send(fault.status, { message: fault.message ?? http.STATUS_CODES[fault.status] ?? 'Error' });
      return;
    }
    if (request.headers.authorization?.includes(TOKEN) !== true && entry.route !== 'user') {
      send(401, { message: 'Bad credentials' });
      return;
    }
    if (entry.route === 'list') {
      const archived = searchParams.get('is_archived') === 'true';
      send(200, { tasks: archived ? [] : this.tasks.map((task) => task.toJson()) });
      return;
    }
    const [status, answer] = entry.handle(body, ...(entry.path.exec(pathname)?.slice(1) ?? []));
    send(status, answer);
  }

  private control(command: string, body: Readonly<Record<string, unknown>>): [number, unknown] {
    switch (command) {
      case 'fault':
        this.faults.set(body['route'] as Route, (body['fault'] ?? undefined) as Fault | undefined);
        return [200, {}];
      case 'append':
        return this.onTask(String(body['taskId']), (task) => [
          200,
          task.append(String(body['type']), (body['data'] ?? {}) as Record<string, unknown>),
        ]);
      case 'options': {
        const { remoteUrl, ...options } = body;
        this.configure(options as MissionControlOptions);
        if ('remoteUrl' in body) {
          this.remoteUrl = () => remoteUrl;
        }
        return [200, {}];
      }
      case 'state':
        return [
          200,
          {
            tasks: this.tasks.map((task) => ({ ...task.toJson(), sessionId: task.sessionId, events: task.events })),
            requests: this.requests,
          },
        ];
      default:
        return [404, { message: `No such command: ${command}` }];
    }
  }

  private user(): unknown {
    return {
      login: 'octocat',
      copilot_plan: 'individual_pro',
      chat_enabled: true,
      is_mcp_enabled: true,
      cli_remote_control_enabled: true,
      endpoints: { api: this.url, telemetry: 'http://127.0.0.1:1/telemetry' },
      analytics_tracking_id: 'emulator',
    };
  }

  private repository(number: number): [number, unknown] {
    for (const [fullName, id] of this.repositories) {
      if (id === number) {
        const [owner, name] = fullName.split('/');
        return [200, { id, name, full_name: fullName, owner: { login: owner } }];
      }
    }
    return [404, { message: 'Not Found' }];
  }

  private repositoryId(repository: TaskRepository | undefined): number {
    if (repository === undefined) {
      return 0;
    }
    const fullName = `${repository.owner}/${repository.name}`;
    const id = this.repositories.get(fullName) ?? 1_000 + this.repositories.size;
    this.repositories.set(fullName, id);
    return id;
  }

  private createFromRequest(body: Readonly<Record<string, unknown>>): Task {
    const [repository] = Array.isArray(body['repositories']) ? (body['repositories'] as TaskRepository[]) : [];
    return this.createTask(
      repository,
      repository === undefined ? 'New task' : `Task in ${repository.owner}/${repository.name}`,
    );
  }

  private onTask(taskId: string | undefined, act: (task: Task) => [number, unknown]): [number, unknown] {
    const task = this.tasks.find(({ id }) => id === taskId);
    return task === undefined ? [404, { message: 'Not Found' }] : act(task);
  }

  private steer(task: Task, body: Readonly<Record<string, unknown>>): [number, unknown] {
    const agent = this.agents.get(task.id);
    const content = String(body['content'] ?? '');
    switch (body['type']) {
      case 'user_message':
        agent?.message(content, String(body['external_id']));
        break;
      case 'abort':
        agent?.abort();
        break;
      default: {
        const answer = JSON.parse(content || '{}') as Record<string, unknown>;
        agent?.answer({ promptId: String(answer['promptId']), content: answer });
      }
    }
    return [202, {}];
  }

  private readonly rpcResults = new Map<string, unknown>();

  private rpc(body: Readonly<Record<string, unknown>>): [number, unknown] {
    const id = `r${this.rpcResults.size + 1}`;
    const result =
      body['rpc_method'] === 'session.sandbox.getEnforcementStatus'
        ? { required: false, blocked: false }
        : { success: true };
    this.rpcResults.set(id, result);
    return [202, { id }];
  }

  private rpcResult(id: string): [number, unknown] {
    return this.rpcResults.has(id)
      ? [200, { id, state: 'completed', result: this.rpcResults.get(id) }]
      : [404, { message: 'Not Found' }];
  }
}

async function readJson(request: http.IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}');
    return (value ?? {}) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}
