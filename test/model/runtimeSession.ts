import type { ScriptedRuntime } from './scriptedRuntime';
import type { ServiceEvent, Task } from './scriptedService';

export interface WireEvent {
  readonly id: string;
  readonly timestamp: string;
  readonly parentId: string | null;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly ephemeral?: true;
}

/** A cloud session that a runtime is attached to, with its events under the ids of this attachment. */
export class RuntimeSession {
  /** The answer of `session.getMessages`. */
  readonly log: WireEvent[] = [];
  readonly sessionId: string;
  /** The batch with the agent's start is not notified, as on 1.0.102. */
  losesBatch = false;
  /** Part of the log was sent neither as an event nor in a complete history. */
  isMissing: boolean;
  /** The history was read, completely or not: the client cannot know whether anything is missing then. */
  wasRead = false;
  /** The history was last returned with a part missing. */
  wasCut = false;
  /** It showed an event that the service does not have. */
  isTainted = false;
  /** The call that opened it was answered: events sent before that may have been old. */
  isAnswered = false;
  /** The last of the task's pauses that was notified as new. */
  toldPauses = 0;
  /** Milliseconds since the run began. */
  readonly attachedAt: number;
  private position = 0;
  private readonly attachment: string;
  private readonly stop: () => void;
  private readonly live: ServiceEvent[] = [];
  /** Texts whose echo is still to come, if the runtime shows only its own copy. */
  private readonly copies: string[] = [];
  private next = 1;

  constructor(
    private readonly runtime: ScriptedRuntime,
    readonly task: Task,
    /** Earlier events are only in the history, as for an attachment to an existing task on 1.0.102. */
    silent: boolean,
  ) {
    this.sessionId = task.sessionId;
    this.attachment = `${runtime.number}.${runtime.nextAttachment++}`;
    this.attachedAt = runtime.time.sinceStart;
    this.isMissing = silent;
    if (silent) {
      for (const event of task.events) {
        this.log.push(this.wire(event));
      }
      this.position = task.events.length;
    }
    this.stop = task.listen((event) => {
      if (event.ephemeral) {
        this.live.push(event);
      }
      this.sync();
    });
  }

  /** Whether it has read everything from the service. */
  get isCurrent(): boolean {
    return this.position === this.task.events.length;
  }

  dispose(): void {
    this.stop();
  }

  /** Reads new events from the service and sends them. */
  sync(): void {
    const { runtime, task } = this;
    if (!runtime.service.up || runtime.frozen || !runtime.isAlive) {
      this.live.length = 0;
      return;
    }
    const fresh: WireEvent[] = [];
    let told = false;
    for (; this.position < task.events.length; this.position++) {
      const event = task.events[this.position]!;
      if (ENDS.has(event.type)) {
        runtime.withdraw(this);
      }
      if (event.type === 'user.message' && this.isOwnCopy(String(event.data['content']))) {
        continue;
      }
      const wire = this.wire(event);
      this.log.push(wire);
      fresh.push(wire);
    }
    const isLost = this.losesBatch && fresh.some(({ type }) => type === 'session.start');
    if (isLost) {
      this.losesBatch = false;
      this.isMissing = true;
    } else if (fresh.length > 0) {
      told = true;
      fresh.forEach((event) => this.tell(event));
    }
    for (const event of this.live.splice(0)) {
      this.tell(this.wire(event));
      // A plain `session.idle` is an end.
      const isPause = event.type === 'session.idle' && Object.keys(event.data).length > 0;
      this.toldPauses = isPause && this.isAnswered ? task.pauses : this.toldPauses;
    }
    if (told) {
      runtime.notify('session.lifecycle', { sessionId: this.sessionId, type: 'session.updated' });
    }
  }

  /** Shows the runtime's own copy of a prompt, which proves nothing. */
  showCopy(text: string): void {
    const event = this.wire({
      type: 'user.message',
      data: { content: text },
      at: this.runtime.time.serviceNow,
      ephemeral: false,
    });
    this.log.push(event);
    this.tell(event);
    if (!this.runtime.showsEchoes) {
      this.copies.push(text);
    }
  }

  private isOwnCopy(text: string): boolean {
    const index = this.copies.indexOf(text);
    if (index >= 0) {
      this.copies.splice(index, 1);
    }
    return index >= 0;
  }

  private tell(event: WireEvent): void {
    this.runtime.notify('session.event', { sessionId: this.sessionId, event });
  }

  private wire({ type, data, at, ephemeral }: ServiceEvent): WireEvent {
    return {
      id: `e${this.attachment}-${this.next++}`,
      timestamp: new Date(at).toISOString(),
      parentId: this.log.at(-1)?.id ?? null,
      type,
      data,
      ...(ephemeral ? { ephemeral: true } : {}),
    };
  }
}

const ENDS = new Set(['abort', 'session.error']);
