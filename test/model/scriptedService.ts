/*
 * The cloud: tasks, what their agents received and did. It notifies nobody; runtimes read it. Its state is the
 * reference for the extension's rows, logs and outboxes.
 */

export interface ServiceEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly at: number;
  /** Sent only to current listeners, and not stored. */
  readonly ephemeral: boolean;
}

export type AgentStatus = 'queued' | 'idle' | 'working' | 'needs input' | 'done' | 'failed';

export interface Question {
  readonly requestId: string;
  readonly kind: 'permission' | 'user_input';
  readonly text: string;
  /** Asked by an event, and answered by a call or elsewhere. Otherwise asked only by a request of a runtime. */
  readonly byEvent: boolean;
}

export interface Prompted {
  readonly text: string;
  /** It arrived a while after it was sent, so its place among the others is undefined. */
  readonly late: boolean;
}

/** A task. Its only output is events. */
export class Task {
  /** The session's current id, and its earlier ones. */
  readonly sessionIds: [string, ...string[]];
  readonly events: ServiceEvent[] = [];
  /** Prompts that the agent received, in order. */
  readonly received: Prompted[] = [];
  readonly questions = new Map<string, Question>();
  started = false;
  working = false;
  failed = false;
  /** The task has ended, and no event says so. */
  ended: 'completed' | 'failed' | undefined;
  modified: number;
  /** How often it has paused between two turns; the events that tell so are in no history. */
  pauses = 0;
  isPaused = false;
  private last = 0;
  private readonly listeners = new Set<(event: ServiceEvent) => void>();
  private next = 1;

  constructor(
    readonly taskId: string,
    readonly repository: string,
    private readonly clock: () => number,
  ) {
    this.sessionIds = [`session-of-${taskId}`];
    this.modified = this.now();
    this.publish('session.requested', {});
  }

  get sessionId(): string {
    return this.sessionIds[0];
  }

  /** The status that its events give. */
  get status(): AgentStatus {
    if (this.failed) {
      return 'failed';
    }
    if (this.questions.size > 0) {
      return 'needs input';
    }
    return this.working ? 'working' : this.started ? 'idle' : 'queued';
  }

  /** The state that the service's list shows. */
  get state(): string {
    if (this.ended !== undefined) {
      return this.ended;
    }
    switch (this.status) {
      case 'queued':
        return 'queued';
      case 'needs input':
        return 'waiting_for_user';
      case 'failed':
        return 'failed';
      case 'done':
        return 'completed';
      case 'idle':
      case 'working':
        return this.working ? 'in_progress' : 'idle';
    }
  }

  listen(listener: (event: ServiceEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  publish(type: string, data: Readonly<Record<string, unknown>>, ephemeral = false, agoMs = 0): void {
    const event = { type, data, at: this.now() - agoMs, ephemeral };
    if (!ephemeral) {
      this.events.push(event);
      // The list shows the time of the last change.
      this.modified = event.at;
    }
    for (const listener of this.listeners) {
      listener(event);
    }
  }

  start(): void {
    if (!this.started) {
      this.started = true;
      this.publish('session.start', { producer: 'copilot-agent', version: 1, sessionId: this.sessionId });
    }
  }

  /** @returns false if the agent has not started: then the prompt is dropped, without an error */
  prompt(text: string, late = false): boolean {
    if (!this.started) {
      return false;
    }
    this.received.push({ text, late });
    this.ended = undefined;
    this.publish('user.message', { content: text, source: `command-${this.next++}` });
    this.turn();
    return true;
  }

  /** The agent calls a tool, so that the turn continues. */
  work(): void {
    if (!this.started) {
      return;
    }
    if (!this.working) {
      this.turn();
    }
    this.isPaused = false;
    const call = `call-${this.next++}`;
    this.publish('assistant.message', {
      messageId: `message-${this.next++}`,
      content: 'I look.',
      toolRequests: [{ toolCallId: call, name: 'bash' }],
    });
    this.publish('tool.execution_start', { toolCallId: call, toolName: 'bash', arguments: {} });
    this.publish('tool.execution_complete', { toolCallId: call, success: true });
  }

  /** Pauses between two turns, after which it continues by itself; only current listeners are told. */
  pause(data: Readonly<Record<string, unknown>>): void {
    if (this.working) {
      this.pauses++;
      this.isPaused = true;
      this.publish('session.idle', data, true);
    }
  }

  finish(): void {
    if (this.working && this.questions.size === 0) {
      this.publish('assistant.turn_start', { turnId: String(this.next++) });
      this.publish('assistant.message', { messageId: `message-${this.next++}`, content: 'Done.' });
      this.publish('assistant.turn_end', { turnId: String(this.next++) });
      this.rest();
      this.publish('session.idle', {}, true);
    }
  }

  fail(): void {
    if (this.started) {
      this.rest();
      this.failed = true;
      this.publish('session.error', { errorType: 'model', message: `It broke (${this.next++}).` });
    }
  }

  /** The service ends the task without an event. */
  end(how: 'completed' | 'failed'): void {
    if (this.started && !this.working && !this.failed) {
      this.ended = how;
      this.modified = this.now();
    }
  }

  abort(): void {
    if (this.working || this.questions.size > 0) {
      this.rest();
      this.publish('abort', { reason: 'user' });
      this.publish('session.idle', { aborted: true }, true);
    }
  }

  ask(question: Question): void {
    if (!this.working) {
      this.turn();
    }
    this.questions.set(question.requestId, question);
    if (question.byEvent) {
      const { requestId, text } = question;
      this.publish(
        `${question.kind}.requested`,
        question.kind === 'permission'
          ? { requestId, permissionRequest: { kind: 'shell', fullCommandText: text, toolCallId: text } }
          : { requestId, question: text, choices: ['yes', 'no'], allowFreeform: true },
      );
    }
  }

  /** @returns whether the question was open; it is answered now */
  answer(requestId: string, kind: Question['kind']): boolean {
    const question = this.questions.get(requestId);
    if (question?.kind !== kind) {
      return false;
    }
    this.questions.delete(requestId);
    if (question.byEvent) {
      this.publish(`${kind}.completed`, { requestId, result: { kind: 'approved' } });
    }
    return true;
  }

  /** The current time, different for each event. */
  private now(): number {
    this.last = Math.max(this.clock(), this.last + 1);
    return this.last;
  }

  private turn(): void {
    this.working = true;
    this.isPaused = false;
    this.failed = false;
    this.ended = undefined;
    this.publish('assistant.turn_start', { turnId: String(this.next++) });
  }

  private rest(): void {
    this.working = false;
    this.isPaused = false;
    this.failed = false;
    this.questions.clear();
  }
}

export class ScriptedService {
  readonly tasks: Task[] = [];
  /** It accepts prompts and drops them: a refusal that the runtime swallows. */
  swallows = false;
  private isUp = true;
  private readonly ups = new Set<() => void>();
  private next = 1;

  constructor(private readonly now: () => number) {}

  get up(): boolean {
    return this.isUp;
  }

  setUp(up: boolean): void {
    this.isUp = up;
    if (up) {
      this.ups.forEach((tell) => tell());
    }
  }

  onUp(listener: () => void): () => void {
    this.ups.add(listener);
    return () => this.ups.delete(listener);
  }

  create(repository: string): Task {
    const task = new Task(`task-${this.next++}`, repository, this.now);
    this.tasks.push(task);
    return task;
  }

  find(taskId: string): Task | undefined {
    return this.tasks.find((task) => task.taskId === taskId);
  }

  /** Number of times any agent received a text. */
  receivedCount(text: string): number {
    return this.tasks.reduce((sum, task) => sum + task.received.filter((one) => one.text === text).length, 0);
  }
}
