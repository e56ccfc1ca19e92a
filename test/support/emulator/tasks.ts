import { randomUUID } from 'node:crypto';

/** An event as the service keeps it. */
export interface TaskEvent {
  readonly id: string;
  readonly timestamp: string;
  readonly parentId: string | null;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface TaskRepository {
  readonly owner: string;
  readonly name: string;
  readonly branch?: string;
}

/** One task of the service: a cloud session, seen from outside. */
export class Task {
  readonly id = randomUUID();
  readonly sessionId = randomUUID();
  readonly createdAt = new Date();
  readonly events: TaskEvent[] = [];
  updatedAt = this.createdAt;
  state = 'queued';
  private clock = Date.now();

  constructor(
    readonly repository: TaskRepository | undefined,
    readonly repositoryId: number,
    public name: string,
  ) {}

  /** Strictly increasing timestamps: the runtime sorts by them, and never looks back. */
  append(type: string, data: Readonly<Record<string, unknown>>, id: string = randomUUID()): TaskEvent {
    this.clock = Math.max(this.clock + 1, Date.now());
    this.updatedAt = new Date(this.clock);
    const event: TaskEvent = {
      id,
      timestamp: this.updatedAt.toISOString(),
      parentId: this.events.at(-1)?.id ?? null,
      type,
      data,
    };
    this.events.push(event);
    return event;
  }

  toJson(): Record<string, unknown> {
    return {
      id: this.id,
      name: this.name,
      state: this.state,
      created_at: this.createdAt.toISOString(),
      updated_at: this.updatedAt.toISOString(),
      sessions: [{ id: this.sessionId, state: this.state }],
      ...(this.repository === undefined ? {} : { repository: { id: this.repositoryId } }),
      agent_collaborators: [{ slug: 'copilot-developer-sandbox' }],
      artifacts: [
        {
          provider: 'github',
          type: 'branch',
          data: { head_ref: `copilot/${this.id.slice(0, 8)}`, base_ref: this.repository?.branch ?? 'main' },
        },
      ],
    };
  }
}
