import { Agent } from './agent';
import { answerOfRpc, answerOfSteer, record, text } from './answers';
import { IdSource, type Clock } from './identity';
import type { StoryChoice } from './stories/choose';
import { Task, type Repository, type TaskState } from './task';
import { Timeline, type Speed } from './timeline';

/** Settings of tasks that are created later. */
export interface Settings {
  readonly speed: Speed;
  readonly story: StoryChoice;
  /** Whether the agents' texts are also sent in pieces while they are written. */
  readonly streaming: boolean;
  /** `false`: there are no agents. Tests append every event themselves, including the first ones. */
  readonly autoplay: boolean;
  /** How long an agent's machine takes to start, in milliseconds at human speed. 0: no `session.requested`. */
  readonly startsAfterMs: number;
  /**
   * The link that a task reports, with `{id}` standing for its id; `null`: none. A value that is not a string is sent
   * unchanged. Tests set links that must never be opened.
   */
  readonly remoteUrl: unknown;
}

export const DEFAULT_SETTINGS: Settings = {
  speed: 'full',
  story: 'full',
  streaming: true,
  autoplay: true,
  startsAfterMs: 2_500,
  remoteUrl: 'https://github.com/copilot/tasks/{id}',
};

/** A task as if it had been started on the web. */
export interface CreateTaskOptions {
  readonly name?: string;
  readonly repository?: Repository;
  readonly archived?: boolean;
  /** The first message. Without one, the agent waits. */
  readonly prompt?: string;
  /** The task was started this many milliseconds ago, and its events since then are there. */
  readonly beganMsAgo?: number;
  /** Whether the agent's earlier questions were answered. Default: it still waits for the answer. */
  readonly approved?: boolean;
  /** The state until the agent changes it. Default: `queued`. */
  readonly state?: TaskState;
  readonly settings?: Partial<Settings>;
}

/** An answer to an HTTP request. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The result of a call: the body of `GET .../rpc/ID`, without the id. */
type RpcOutcome =
  { readonly state: 'completed'; readonly result: unknown } | { readonly state: 'failed'; readonly error: string };

interface AgentModel {
  readonly modelId: string;
  readonly reasoningEffort?: string;
}

/** The models of every agent. The first is the default. */
export const MODELS: readonly string[] = ['claude-sonnet-4.5', 'gpt-5', 'gpt-5-mini'];

const NOT_FOUND: Answer = { status: 404, body: { message: 'Not Found' } };

/** The tasks and their agents: the service without its HTTP. */
export class Service {
  readonly tasks: Task[] = [];
  private readonly agents = new Map<string, Agent>();
  /** Numeric ids of repositories, by `owner/name`. */
  private readonly repositories = new Map<string, number>();
  private readonly rpcResults = new Map<string, RpcOutcome>();
  /** The model that each task's agent uses, by task id. */
  private readonly models = new Map<string, AgentModel>();

  constructor(
    public settings: Settings,
    private readonly clock: Clock,
    private readonly seed: string | undefined,
    private readonly log: (line: string) => void,
  ) {}

  createTask(options: CreateTaskOptions): Task {
    const settings = { ...this.settings, ...options.settings };
    const { repository, prompt } = options;
    const timeline = new Timeline(this.clock, settings.speed, options.beganMsAgo);
    // A source for each task, so that its ids do not depend on other tasks.
    const ids = new IdSource(this.seed === undefined ? undefined : `${this.seed}/${this.tasks.length}`);
    const repositoryId = repository && this.repositoryId(repository);
    const task = new Task(
      {
        name: options.name ?? prompt?.split('\n', 1)[0] ?? 'New session',
        state: options.state ?? 'queued',
        ...(repository === undefined ? {} : { repository }),
        ...(repositoryId === undefined ? {} : { repositoryId }),
        ...(options.archived === undefined ? {} : { archived: options.archived }),
      },
      ids,
      timeline.now,
    );
    this.tasks.push(task);
    this.log(`Task ${task.id}: created${repository ? ` in ${repository.owner}/${repository.name}` : ''}`);
    if (settings.autoplay) {
      const { story, streaming, startsAfterMs } = settings;
      const remoteUrl = linkOf(settings.remoteUrl, task);
      const approvedInThePast = options.approved ?? false;
      const agentOptions = { story, streaming, startsAfterMs, remoteUrl, approvedInThePast };
      const agent = new Agent(task, timeline, ids, agentOptions, this.log);
      this.agents.set(task.id, agent);
      void agent.begin(prompt);
    }
    return task;
  }

  find(taskId: string): Task | undefined {
    return this.tasks.find(({ id }) => id === taskId);
  }

  /** The body of `POST /agents/tasks`: `{repositories: [{owner, name}]}` or `{}`. */
  createFromRequest(body: Readonly<Record<string, unknown>>): Answer {
    const [first] = Array.isArray(body['repositories']) ? (body['repositories'] as unknown[]) : [];
    const owner = text(record(first)?.['owner']);
    const name = text(record(first)?.['name']);
    if (first !== undefined && (owner === '' || name === '')) {
      return { status: 422, body: { message: 'Validation Failed: a repository needs an owner and a name' } };
    }
    const task = this.createTask({
      ...(first === undefined ? {} : { repository: { owner, name }, name: `New session in ${owner}/${name}` }),
    });
    return { status: 201, body: task.toJson() };
  }

  /** One page, the most recent first. */
  list(archived: boolean, perPage: number): Answer {
    const tasks = this.tasks
      .filter((task) => task.archived === archived)
      .sort((a, b) => b.updatedAt.getTime() - a.updatedAt.getTime())
      .slice(0, perPage);
    return { status: 200, body: { tasks: tasks.map((task) => task.toJson()) } };
  }

  get(taskId: string): Answer {
    return this.on(taskId, (task) => task.toJson());
  }

  events(taskId: string): Answer {
    return this.on(taskId, (task) => ({ events: task.events }));
  }

  repository(number: number): Answer {
    for (const [fullName, id] of this.repositories) {
      if (id === number) {
        const [owner = '', name = ''] = fullName.split('/');
        return { status: 200, body: { id, name, full_name: fullName, owner: { login: owner } } };
      }
    }
    return NOT_FOUND;
  }

  steer(taskId: string, body: Readonly<Record<string, unknown>>): Answer {
    const type = text(body['type']);
    const externalId = typeof body['external_id'] === 'string' ? body['external_id'] : undefined;
    const content = typeof body['content'] === 'string' ? body['content'] : undefined;
    return this.on(taskId, (task) => {
      task.steers.push({ type, externalId, content });
      this.log(`Task ${task.id}: steered: ${type}`);
      const agent = this.agents.get(task.id);
      const answer = answerOfSteer(type, content);
      if (type === 'user_message') {
        this.nameAfter(task, content ?? '');
        agent?.message(content ?? '', externalId);
      } else if (type === 'abort') {
        agent?.abort();
      } else if (answer !== undefined) {
        agent?.answer(answer);
      }
      return {};
    });
  }

  /** Starts a call. Its result is there at once, but has to be fetched. */
  rpc(taskId: string, body: Readonly<Record<string, unknown>>): Answer {
    return this.on(
      taskId,
      (task) => {
        const id = `r${this.rpcResults.size + 1}`;
        this.rpcResults.set(id, this.call(task, text(body['rpc_method']), record(body['params']) ?? {}));
        return { id };
      },
      202,
    );
  }

  rpcResult(taskId: string, rpcId: string): Answer {
    return this.rpcResults.has(rpcId)
      ? this.on(taskId, () => ({ id: rpcId, ...this.rpcResults.get(rpcId) }))
      : NOT_FOUND;
  }

  dispose(): void {
    this.agents.forEach((agent) => agent.dispose());
  }

  private call(task: Task, method: string, params: Readonly<Record<string, unknown>>): RpcOutcome {
    this.log(`Task ${task.id}: called: ${method}`);
    const answer = answerOfRpc(method, params);
    const completed = (result: unknown): RpcOutcome => ({ state: 'completed', result });
    if (answer !== undefined) {
      return completed({ success: this.agents.get(task.id)?.answer(answer) ?? true });
    }
    const modelId = text(params['modelId']);
    if (method === 'session.model.switchTo' && !MODELS.includes(modelId)) {
      return { state: 'failed', error: `Model ${modelId} is not available` };
    }
    return completed(this.resultOf(task, method, params));
  }

  private resultOf(task: Task, method: string, params: Readonly<Record<string, unknown>>): unknown {
    switch (method) {
      case 'session.sandbox.getEnforcementStatus':
        return { required: false, blocked: false };
      case 'session.name.set':
        task.name = text(params['name']);
        task.append('session.title_changed', { title: task.name });
        return { success: true };
      case 'session.model.list':
        return { list: MODELS.map((id) => ({ id, name: id })) };
      case 'session.model.getCurrent':
        return this.modelOf(task);
      case 'session.model.switchTo':
        return this.switchModel(task, params);
      default:
        return { success: true };
    }
  }

  private modelOf({ id }: Task): AgentModel {
    return this.models.get(id) ?? { modelId: MODELS[0] ?? '' };
  }

  /** Answers as an agent's machine does, with the model in use now (the SDK's type `ModelSwitchToResult`). */
  private switchModel(task: Task, params: Readonly<Record<string, unknown>>): unknown {
    const { modelId: previousModel } = this.modelOf(task);
    const effort = text(params['reasoningEffort']);
    const model = { modelId: text(params['modelId']), ...(effort === '' ? {} : { reasoningEffort: effort }) };
    this.models.set(task.id, model);
    task.append('session.model_change', {
      previousModel,
      newModel: model.modelId,
      ...(effort === '' ? {} : { reasoningEffort: effort }),
      source: 'sdk',
    });
    return { modelId: model.modelId, modelState: model };
  }

  /** Names a session that was created without a prompt after its first prompt. */
  private nameAfter(task: Task, prompt: string): void {
    const line = prompt.trim().split('\n', 1)[0] ?? '';
    if (task.name.startsWith('New session') && line !== '') {
      task.name = line.length > 80 ? `${line.slice(0, 79)}…` : line;
    }
  }

  private on(taskId: string, act: (task: Task) => unknown, status = 200): Answer {
    const task = this.find(taskId);
    return task === undefined ? NOT_FOUND : { status, body: act(task) };
  }

  private repositoryId({ owner, name }: Repository): number {
    const fullName = `${owner}/${name}`;
    const id = this.repositories.get(fullName) ?? 1_001 + this.repositories.size;
    this.repositories.set(fullName, id);
    return id;
  }
}

function linkOf(remoteUrl: unknown, task: Task): unknown {
  return typeof remoteUrl === 'string' ? remoteUrl.replaceAll('{id}', task.id) : (remoteUrl ?? undefined);
}
