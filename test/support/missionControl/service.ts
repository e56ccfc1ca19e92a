import { Agent } from './agent';
import { answerOfRpc, answerOfSteer, record, text } from './answers';
import { GitHost } from './github/gitHost';
import { noWorkspaceDiff, truncate, type DiffMode } from './github/workspaceDiff';
import { NOT_FOUND, type Answer } from './httpAnswer';
import { IdSource, type Clock } from './identity';
import type { CreateTaskOptions, Settings } from './settings';
import { Task } from './task';
import { Timeline } from './timeline';

/** The result of a call: the body of `GET .../rpc/ID`, without the id. */
type RpcOutcome =
  | { readonly state: 'completed'; readonly result: unknown }
  | { readonly state: 'failed'; readonly error: string }
  | { readonly state: 'pending' };

interface AgentModel {
  readonly modelId: string;
  readonly reasoningEffort?: string;
}

/** The models of every agent. The first is the default. */
export const MODELS: readonly string[] = ['claude-sonnet-4.5', 'gpt-5', 'gpt-5-mini'];

/** The tasks and their agents: the service without its HTTP. */
export class Service {
  readonly tasks: Task[] = [];
  private readonly agents = new Map<string, Agent>();
  readonly github: GitHost;
  private readonly rpcResults = new Map<string, RpcOutcome | Promise<RpcOutcome>>();
  /** The model that each task's agent uses, by task id. */
  private readonly models = new Map<string, AgentModel>();

  constructor(
    public settings: Settings,
    private readonly clock: Clock,
    private readonly seed: string | undefined,
    private readonly log: (line: string) => void,
  ) {
    this.github = new GitHost(log);
  }

  createTask(options: CreateTaskOptions): Task {
    const settings = { ...this.settings, ...options.settings };
    const { repository, prompt } = options;
    const timeline = new Timeline(this.clock, settings.speed, options.beganMsAgo);
    // A source for each task, so that its ids do not depend on other tasks.
    const ids = new IdSource(this.seed === undefined ? undefined : `${this.seed}/${this.tasks.length}`);
    const hosted = repository && this.github.repository(repository.owner, repository.name);
    const task = new Task(
      {
        name: options.name ?? prompt?.split('\n', 1)[0] ?? 'New session',
        state: options.state ?? 'queued',
        ...(repository === undefined ? {} : { repository }),
        ...(hosted === undefined
          ? {}
          : { repositoryId: hosted.id, baseBranch: repository?.branch ?? hosted.defaultBranch }),
        ...(options.archived === undefined ? {} : { archived: options.archived }),
      },
      ids,
      timeline.now,
    );
    this.tasks.push(task);
    this.log(`Task ${task.id}: created${repository ? ` in ${repository.owner}/${repository.name}` : ''}`);
    if (prompt !== undefined) {
      task.addPrompt(prompt);
    }
    if (settings.autoplay) {
      const { story, streaming, startsAfterMs } = settings;
      const remoteUrl = linkOf(settings.remoteUrl, task);
      const approvedInThePast = options.approved ?? false;
      const machine = this.github.machine(task);
      const agentOptions = { story, streaming, startsAfterMs, remoteUrl, approvedInThePast, machine };
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
        task.addPrompt(content ?? '');
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

  async rpcResult(taskId: string, rpcId: string): Promise<Answer> {
    const outcome = await this.rpcResults.get(rpcId);
    return outcome === undefined ? NOT_FOUND : this.on(taskId, () => ({ id: rpcId, ...outcome }));
  }

  async dispose(): Promise<void> {
    this.agents.forEach((agent) => agent.dispose());
    await this.github.dispose();
  }

  private call(
    task: Task,
    method: string,
    params: Readonly<Record<string, unknown>>,
  ): RpcOutcome | Promise<RpcOutcome> {
    this.log(`Task ${task.id}: called: ${method}`);
    const answer = answerOfRpc(method, params);
    const completed = (result: unknown): RpcOutcome => ({ state: 'completed', result });
    if (answer !== undefined) {
      return completed({ success: this.agents.get(task.id)?.answer(answer) ?? true });
    }
    if (method === 'session.workspaces.diff') {
      return this.diff(task, params).catch((error: unknown) => ({ state: 'failed', error: String(error) }));
    }
    const modelId = text(params['modelId']);
    if (method === 'session.model.switchTo' && !MODELS.includes(modelId)) {
      return { state: 'failed', error: `Model ${modelId} is not available` };
    }
    return completed(this.resultOf(task, method, params));
  }

  /** Answers as an agent's machine does, from its clone (the SDK's type `WorkspaceDiffResult`). */
  private async diff(task: Task, params: Readonly<Record<string, unknown>>): Promise<RpcOutcome> {
    const mode = text(params['mode']) as DiffMode;
    const machine = this.github.machine(task);
    const fault = machine?.fault;
    if (fault?.kind === 'hang') {
      return { state: 'pending' };
    }
    if (fault?.kind === 'gone') {
      return { state: 'failed', error: fault.message ?? 'The environment of this task is no longer available.' };
    }
    const result = (await machine?.diff(mode, params['ignoreWhitespace'] === true)) ?? noWorkspaceDiff(mode);
    return { state: 'completed', result: fault === undefined ? result : truncate(result, fault.paths) };
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
}

function linkOf(remoteUrl: unknown, task: Task): unknown {
  return typeof remoteUrl === 'string' ? remoteUrl.replaceAll('{id}', task.id) : (remoteUrl ?? undefined);
}
