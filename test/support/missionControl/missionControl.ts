import type * as http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { record } from './answers';
import { control, PREFIX } from './control';
import { seedDemo } from './demo';
import { DeviceSignIn } from './deviceSignIn';
import { Faults } from './faults';
import { runtimeEnvironment, TOKEN } from './environment';
import { misbehave, readJson } from './exchange';
import type { AgentMachine } from './github/agentMachine';
import type { GitHost } from './github/gitHost';
import { GitHubApi } from './github/rest/gitHubApi';
import type { Clock } from './identity';
import { LoopbackServer } from './loopbackServer';
import { RequestLog, type RecordedRequest } from './requestLog';
import { routesOf, type Route } from './routes';
import { Service } from './service';
import { DEFAULT_SETTINGS, type CreateTaskOptions, type Settings } from './settings';
import type { AppendOptions, EventData, Task, TaskEvent } from './task';

/** The settings apply to tasks created later. See {@link MissionControl.configure} for changing them. */
export interface MissionControlOptions extends Partial<Settings> {
  /** Default: 0, a free port. */
  readonly port?: number;
  /** The login of the account that belongs to the token of {@link MissionControl.environment}. */
  readonly login?: string;
  readonly log?: (line: string) => void;
  /** With the same seed and clock, the same requests have the same answers. Default: new ids every time. */
  readonly seed?: string;
  readonly clock?: Clock;
}

/**
 * An emulator of Mission Control, the hosted service behind cloud sessions, as the Copilot runtime uses it: a plain
 * HTTP server on 127.0.0.1, with agents that work and with faults that can be set. It also answers for GitHub's API and
 * Copilot's API, so that a runtime with the variables of {@link environment} reaches nothing else.
 *
 * Other processes control it over HTTP: see `control.ts`.
 */
export class MissionControl {
  readonly faults = new Faults();
  /** VS Code's sign-in to this service as a GitHub Enterprise Server. */
  readonly deviceSignIn = new DeviceSignIn(TOKEN);
  /** GitHub's REST API: what tests set there, and what it counts. */
  readonly gitHubApi: GitHubApi;
  /** Hosts of requests that used this server as a proxy. None was reached. */
  readonly proxied: string[] = [];
  private readonly log: (line: string) => void;
  private readonly service: Service;
  private readonly routes: readonly Route[];
  private readonly requestLog = new RequestLog();
  private server!: LoopbackServer;
  private answered = 0;
  private disposed = false;

  private constructor({ port: _port, login, log, seed, clock, ...settings }: MissionControlOptions) {
    this.log = log ?? (() => undefined);
    this.service = new Service({ ...DEFAULT_SETTINGS, ...settings }, clock ?? Date.now, seed, this.log);
    const account = login ?? 'octocat';
    this.gitHubApi = new GitHubApi({
      host: this.service.github,
      url: () => this.url,
      login: account,
      now: clock ?? Date.now,
      tasks: () => this.tasks,
    });
    this.routes = routesOf(this.service, this.gitHubApi, {
      login: account,
      url: () => this.url,
      deviceSignIn: this.deviceSignIn,
    });
  }

  static async start(options: MissionControlOptions = {}): Promise<MissionControl> {
    const emulator = new MissionControl(options);
    emulator.server = await LoopbackServer.start(
      (request, response) => void emulator.serve(request, response),
      options.port ?? 0,
      (host) => {
        emulator.proxied.push(host);
        emulator.log(`Refused to reach ${host}`);
      },
    );
    return emulator;
  }

  /** `http://127.0.0.1:PORT` */
  get url(): string {
    return this.server.url;
  }

  /** Oldest first. */
  get tasks(): readonly Task[] {
    return this.service.tasks;
  }

  /** Oldest first; at most the last 10,000. */
  get requests(): readonly RecordedRequest[] {
    return this.requestLog.entries;
  }

  /** The Git side of GitHub: the repositories that tasks are in. */
  get github(): GitHost {
    return this.service.github;
  }

  /**
   * The machine of a task's agent, to act as the agent: edit files, commit, push.
   * @throws if there is no such task, or it has no repository
   */
  agentFiles(taskId: string): AgentMachine {
    const machine = this.github.machine(this.task(taskId));
    if (machine === undefined) {
      throw new Error(`Task ${taskId} has no repository`);
    }
    return machine;
  }

  get settings(): Settings {
    return this.service.settings;
  }

  /** Changes the settings of tasks created from now on. */
  configure(settings: Partial<Settings>): void {
    this.service.settings = { ...this.service.settings, ...settings };
  }

  /**
   * The variables with which a runtime uses only this service, and is signed in without the user.
   *
   * @param copilotHome absolute path of a folder for the runtime, which creates it if it is missing
   * @param token any token other than the default is refused with 401; `null`: none, nobody is signed in
   */
  environment(copilotHome: string, token: string | null = TOKEN): Record<string, string> {
    return runtimeEnvironment(this.url, copilotHome, token);
  }

  /** Creates a task as if it had been started on the web. */
  createTask(options: CreateTaskOptions = {}): Task {
    return this.service.createTask(options);
  }

  /** Creates tasks in different states and repositories, for a list with content. */
  seedDemo(): Promise<void> {
    return seedDemo((options) => this.createTask(options));
  }

  /** Appends an event, by default at least a millisecond later than all before. */
  append<Type extends string>(taskId: string, type: Type, data: EventData<Type>, options?: AppendOptions): TaskEvent {
    return this.task(taskId).append(type, data, options);
  }

  /** Appends anything to the list of events: `null`, an event without a timestamp, a duplicate. */
  appendRaw(taskId: string, entry: unknown): void {
    this.task(taskId).appendRaw(entry);
  }

  /** Appends this many short messages of the agent at once, numbered from 0. */
  burst(taskId: string, count: number): readonly TaskEvent[] {
    const task = this.task(taskId);
    return Array.from({ length: count }, (_, index) =>
      task.append('assistant.message', { messageId: `burst-${index}`, content: `Message ${index}` }),
    );
  }

  /** Goes down: refuses connections and resets the open ones. */
  async down(): Promise<void> {
    await this.server.down();
  }

  async up(): Promise<void> {
    await this.server.up();
  }

  /** Goes down, and up again after this many milliseconds. */
  async downFor(milliseconds: number): Promise<void> {
    await this.server.downFor(milliseconds);
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    await this.server.dispose();
    await this.service.dispose();
  }

  /** @throws if there is no such task */
  private task(taskId: string): Task {
    const task = this.service.find(taskId);
    if (task === undefined) {
      throw new Error(`There is no task ${taskId}`);
    }
    return task;
  }

  private async serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    try {
      const url = new URL(request.url ?? '/', this.url);
      const body = await readJson(request);
      if (url.pathname.startsWith(PREFIX)) {
        await control(this, request, url.pathname, record(body) ?? {}, (status, answer) =>
          this.send(response, status, answer),
        );
      } else {
        await this.answer(request, response, url, body);
      }
    } catch (error) {
      // Either the client has disconnected, which needs no answer, or this is a fault of the emulator, which must be
      // seen.
      this.log(`${request.method ?? ''} ${request.url ?? ''}: ${String(error)}`);
      if (!response.headersSent) {
        this.send(response, 500, { message: String(error) });
      }
    }
  }

  private async answer(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    url: URL,
    body: unknown,
  ): Promise<void> {
    const method = request.method ?? '';
    const pathname = this.gitHubApi.named(url.pathname);
    const route = this.routes.find((each) => each.method === method && each.path.test(pathname));
    const entry = this.requestLog.add({
      method,
      path: `${url.pathname}${url.search}`,
      route: route?.name,
      body,
      status: undefined,
    });
    const send = (status: number, answer: unknown, headers: Readonly<Record<string, string>> = {}): void => {
      entry.status = status;
      this.send(response, status, answer, headers);
    };
    if (route === undefined) {
      this.log(`Not known: ${method} ${entry.path}`);
      send(404, { message: 'Not Found' });
      return;
    }
    const fault = this.faults.take(route.name);
    if (fault !== undefined) {
      this.log(`Fault: ${method} ${entry.path}: ${fault.kind}`);
    }
    if (fault?.kind === 'delay') {
      await delay(fault.ms, undefined, { ref: false });
    }
    if (this.disposed || misbehave(fault, request, send)) {
      return;
    }
    // Most requests say `Bearer`, some `bearer`; VS Code says `token`.
    if (route.secured && request.headers.authorization?.replace(/^(bearer|token) /i, '') !== TOKEN) {
      send(401, { message: 'Bad credentials' });
      return;
    }
    const answer = await route.handle({
      method: route.method,
      pathname: url.pathname,
      headers: request.headers,
      // A group that did not take part has no text.
      ids: [...(route.path.exec(pathname) ?? [])]
        .slice(1)
        .map((id: string | undefined) => decodeURIComponent(id ?? '')),
      query: url.searchParams,
      body: record(body) ?? {},
    });
    send(answer.status, answer.body, answer.headers);
  }

  private send(
    response: http.ServerResponse,
    status: number,
    answer: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): void {
    response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      // Without this header, newer runtimes do not accept an error as GitHub's.
      'x-github-request-id': `EMUL:${(++this.answered).toString(16).toUpperCase().padStart(4, '0')}`,
      ...headers,
    });
    response.end(Buffer.isBuffer(answer) ? answer : JSON.stringify(answer));
  }
}
