import type { SessionEventPayload, SessionEventType } from '@github/copilot-sdk';
import type { Clock, IdSource } from './identity';

/** The data of an event: typed for a type that the SDK knows, otherwise any object. */
export type EventData<Type extends string> = Type extends SessionEventType
  ? SessionEventPayload<Type>['data']
  : Readonly<Record<string, unknown>>;

/** An event as the service stores it. `timestamp` is ISO 8601 with milliseconds. */
export interface TaskEvent {
  readonly id: string;
  readonly timestamp: string;
  readonly parentId: string | null;
  readonly type: string;
  readonly data: unknown;
}

/** A message to the agent: the body of `POST /agents/tasks/{id}/steer`. */
export interface Steer {
  /** `user_message`, `abort`, `permission_response`, `ask_user_response`, ... */
  readonly type: string;
  readonly externalId: string | undefined;
  /** A user's text, or an answer as a JSON string. */
  readonly content: string | undefined;
}

export interface Repository {
  readonly owner: string;
  readonly name: string;
  readonly branch?: string;
}

/** The service's states of a task. The runtime passes on any other string unchanged. */
export type TaskState =
  'queued' | 'in_progress' | 'waiting_for_user' | 'idle' | 'completed' | 'failed' | 'cancelled' | 'timed_out';

/** Deviations from a regular event. By default, the id is new and the time is later than all before. */
export interface AppendOptions {
  readonly id?: string;
  /** Milliseconds before the latest event; 0 is the same millisecond. The runtime drops events that are this late. */
  readonly late?: number;
}

export interface TaskOptions {
  readonly name: string;
  readonly repository?: Repository;
  /** The service's id of the repository, which `GET /repositories/{number}` resolves. */
  readonly repositoryId?: number;
  /** The branch from which the agent starts. */
  readonly baseBranch?: string;
  readonly state: TaskState;
  readonly archived?: boolean;
}

/** What a task has made, by the `type` of its entry in `artifacts`. */
export type ArtifactType = 'branch' | 'github_resource';

/** A task of the service: a cloud session, seen from outside. */
export class Task {
  readonly id: string;
  /** The id in `session.start`. Not the id of the task. */
  readonly sessionId: string;
  readonly repository: Repository | undefined;
  readonly createdAt: Date;
  readonly steers: Steer[] = [];
  name: string;
  archived: boolean;
  private currentState: TaskState;
  private readonly entries: unknown[] = [];
  private readonly artifacts = new Map<ArtifactType, Readonly<Record<string, unknown>>>();
  private firstPrompt: string | undefined;
  private branchName: string | undefined;
  private lastId: string | null = null;
  private latest: number;
  private modified: number;

  constructor(
    private readonly options: TaskOptions,
    private readonly ids: IdSource,
    public clock: Clock,
  ) {
    this.id = ids.next();
    this.sessionId = ids.next();
    this.repository = options.repository;
    this.name = options.name;
    this.currentState = options.state;
    this.archived = options.archived ?? false;
    this.latest = clock();
    this.modified = this.latest;
    this.createdAt = new Date(this.latest);
  }

  /** Everything that was appended: {@link TaskEvent}s, and the values given to {@link appendRaw}. */
  get events(): readonly unknown[] {
    return this.entries;
  }

  get state(): TaskState {
    return this.currentState;
  }

  set state(state: TaskState) {
    this.currentState = state;
    this.modified = Math.max(this.modified, this.clock());
  }

  get updatedAt(): Date {
    return new Date(this.modified);
  }

  append<Type extends string>(type: Type, data: EventData<Type>, { id, late }: AppendOptions = {}): TaskEvent {
    const time = late === undefined ? Math.max(this.latest + 1, this.clock()) : this.latest - late;
    this.latest = Math.max(this.latest, time);
    this.modified = Math.max(this.modified, time);
    const event: TaskEvent = {
      id: id ?? this.ids.next(),
      timestamp: new Date(time).toISOString(),
      parentId: this.lastId,
      type,
      data,
    };
    this.entries.push(event);
    this.lastId = event.id;
    return event;
  }

  /** The agent has started: before this, a session takes no prompts. */
  appendStart(): TaskEvent {
    const { repository } = this;
    return this.append('session.start', {
      sessionId: this.sessionId,
      version: 1,
      producer: 'copilot-agent',
      copilotVersion: '1.0.102',
      startTime: new Date(this.clock()).toISOString(),
      context: {
        cwd: `/workspaces/${repository?.name ?? 'scratch'}`,
        ...(repository && {
          repository: `${repository.owner}/${repository.name}`,
          branch: this.baseBranch,
          hostType: 'github',
        }),
      },
    });
  }

  /** Appends anything to the list of events: `null`, an event without a timestamp, a duplicate. */
  appendRaw(entry: unknown): void {
    this.entries.push(entry);
  }

  /** The answer to `GET /agents/tasks/{id}`. */
  toJson(): Record<string, unknown> {
    const updated = this.updatedAt.toISOString();
    return {
      id: this.id,
      name: this.name,
      state: this.state,
      created_at: this.createdAt.toISOString(),
      updated_at: updated,
      archived_at: this.archived ? updated : null,
      sessions: [{ id: this.sessionId, state: this.state }],
      ...(this.options.repositoryId === undefined ? {} : { repository: { id: this.options.repositoryId } }),
      // Without this member, a task without a repository would not be listed.
      agent_collaborators: [{ slug: 'copilot-developer-sandbox' }],
      artifacts: [...this.artifacts].map(([type, data]) => ({ provider: 'github', type, data })),
    };
  }

  /** The branch from which the agent starts. */
  get baseBranch(): string {
    return this.options.baseBranch ?? this.repository?.branch ?? 'main';
  }

  /** The branch that the agent commits to, named after its first prompt. It keeps the name that it had when first read. */
  get branch(): string {
    this.branchName ??= `copilot/${slug(this.firstPrompt ?? this.name)}-${this.id.slice(0, 8)}`;
    return this.branchName;
  }

  /** The branch, once the agent has pushed it. */
  get pushedBranch(): string | undefined {
    return this.artifacts.has('branch') ? this.branch : undefined;
  }

  /** A message to the agent, which may be the first. */
  addPrompt(prompt: string): void {
    this.firstPrompt ??= prompt;
  }

  /** Adds or replaces an entry of `artifacts`. `branch`: once the agent has pushed; `github_resource`: a pull request. */
  setArtifact(type: ArtifactType, data: Readonly<Record<string, unknown>>): void {
    this.artifacts.set(type, data);
    this.modified = Math.max(this.modified, this.clock());
  }
}

const SLUG_LENGTH = 32;

/** The first line of a text, as a part of a branch's name. */
function slug(text: string): string {
  const words = (text.trim().split('\n', 1)[0] ?? '')
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z\d\s_-]+/g, '')
    .split(/[\s_-]+/)
    .filter((word) => word !== '');
  let name = '';
  for (const word of words) {
    if (name !== '' && name.length + word.length >= SLUG_LENGTH) {
      break;
    }
    name = name === '' ? word.slice(0, SLUG_LENGTH) : `${name}-${word}`;
  }
  return name === '' ? 'task' : name;
}
