import type { Disposable } from 'vscode-jsonrpc/node';
import { Window } from './driver';
import { MemoryDisk } from './memoryFiles';
import { ScriptedRuntime } from './scriptedRuntime';
import { ScriptedService, type Task } from './scriptedService';
import { VirtualTime } from './virtualTime';
import { Weather } from './weather';
import type { SendMode } from '../../src/core/prompts/prompt';

/** A prompt of the user, identified by its unique text. */
export interface PromptRecord {
  readonly text: string;
  readonly slot: number;
  readonly mode: SendMode;
  /** The session it was given to; for a create, once that is known. */
  task: Task | undefined;
  /** Of a create: prompts that were given to its session before the create was answered. Either may be first. */
  rivals: ReadonlySet<string>;
  /** How often the user retried it. */
  retries: number;
  /** One of these was of a prompt that said that it may have arrived: that transmission may still be on its way. */
  mayStillArrive: boolean;
  /** The user discarded it. `settledAt`: how often it had arrived then, if no transmission was on its way. */
  discarded: { readonly settledAt: number | undefined } | undefined;
}

export interface Given {
  readonly what: string;
  settled: boolean;
}

interface PendingCreate {
  readonly prompt: PromptRecord | undefined;
  readonly cancel: () => void;
}

/** The state of one run: windows, their runtimes, the service, the disk, and what the user wants of them. */
export class World {
  readonly time = new VirtualTime();
  readonly weather = new Weather(this.time);
  readonly service = new ScriptedService(() => this.time.serviceNow);
  readonly disk = new MemoryDisk(() => this.time.serviceNow);
  readonly runtimes: ScriptedRuntime[] = [];
  readonly windows: Window[] = [];
  readonly prompts = new Map<string, PromptRecord>();
  /** Comments on changes that are on disk, identified by their unique texts. */
  readonly comments = new Set<string>();
  readonly given: Given[] = [];
  readonly creating: PendingCreate[] = [];
  /** A log of what was done. */
  readonly trace: string[] = [];
  readonly locals = new Set(['local-1']);
  /** Tasks that the user watches, by window. */
  private readonly wanted = new Map<Window, Set<Task>>();
  private leftOver = new Set<Task>();
  /** Created while their window closed: the next window may have learned of them in time, or not. */
  readonly mayBeWanted = new Set<Task>();
  private readonly urls = new Map<string, string>();
  private readonly installed: Disposable;
  private readonly listeners = process.listeners('unhandledRejection');
  /** Reasons of unhandled rejections. */
  readonly unhandled: unknown[] = [];
  /** Windows have ended, and none was opened since to take over their state. */
  hasLeftOver = false;
  private sequence = 0;
  /** When the user stopped watching each task, by window. */
  private readonly stops = new Map<Window, Map<Task, number>>();
  private nextName = 1;

  private constructor() {
    this.installed = this.time.install();
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (reason) => this.unhandled.push(reason));
  }

  /** Everything has worked for long enough. */
  isAtRest = false;

  static async open(): Promise<World> {
    const world = new World();
    world.openWindow(0);
    await world.time.settle();
    return world;
  }

  dispose(): void {
    this.installed.dispose();
    process.removeAllListeners('unhandledRejection');
    this.listeners.forEach((listener) => process.on('unhandledRejection', listener));
  }

  say(text: string): void {
    this.trace.push(`${(this.time.sinceStart / 1_000).toFixed(1).padStart(8)} s  ${text}`);
  }

  name(prefix: string): string {
    return `${prefix} ${this.nextName++}`;
  }

  openWindow(slot: number): Window {
    const window = new Window(slot, {
      time: this.time,
      disk: this.disk,
      urls: this.urls,
      give: (what, promise) => this.give(what, promise),
      startRuntime: () => {
        const number = this.runtimes.length;
        const runtime = new ScriptedRuntime(number, this.service, this.time, this.weather, this.locals);
        this.runtimes.push(runtime);
        return runtime;
      },
    });
    this.windows.push(window);
    // The new window takes over the state of earlier windows of the workspace.
    this.wanted.set(window, this.leftOver);
    this.leftOver = new Set();
    this.hasLeftOver = false;
    this.stops.set(window, new Map());
    window.open();
    return window;
  }

  async closeWindow(window: Window, how: 'close' | 'kill'): Promise<void> {
    this.windows.splice(this.windows.indexOf(window), 1);
    this.wantedBy(window).forEach((task) => this.leftOver.add(task));
    this.hasLeftOver = true;
    const ended = window[how]();
    this.give(how, ended);
    await this.time.settle();
  }

  wantedBy(window: Window): Set<Task> {
    return this.wanted.get(window) ?? new Set();
  }

  taskOf(sessionId: string): Task | undefined {
    return this.service.tasks.find((task) => task.sessionIds.includes(sessionId) || task.taskId === sessionId);
  }

  create(window: Window, withPrompt: boolean): void {
    const prompt = withPrompt ? this.prompt(window, 'enqueue', undefined) : undefined;
    const { created, cancel } = window.create(prompt?.text);
    const pending: PendingCreate = { prompt, cancel };
    this.creating.push(pending);
    const end = (): void => {
      this.creating.splice(this.creating.indexOf(pending), 1);
    };
    this.give(
      `create ${prompt?.text ?? ''}`,
      created.then(
        ({ sessionId }) => {
          end();
          const task = this.taskOf(sessionId);
          if (task !== undefined) {
            (this.windows.includes(window) ? this.wantedBy(window) : this.mayBeWanted).add(task);
            if (prompt !== undefined) {
              prompt.task = task;
              prompt.rivals = new Set(
                [...this.prompts.values()].filter((other) => other.task === task).map(({ text }) => text),
              );
            }
          }
        },
        (error: unknown) => {
          end();
          if (prompt !== undefined && codeOf(error) === 'cancelled') {
            prompt.discarded ??= { settledAt: undefined };
          }
          throw error;
        },
      ),
    );
  }

  connect(window: Window, task: Task, id: string): void {
    const began = ++this.sequence;
    this.give(
      `connect ${id}`,
      window.connect(id).then(() => {
        // If the user stopped watching meanwhile, the session is no longer wanted.
        if (began > (this.stops.get(window)?.get(task) ?? 0)) {
          this.wantedBy(window).add(task);
        }
      }),
    );
  }

  disconnect(window: Window, task: Task, id: string): void {
    // The other one has a row of its own, which nobody stopped watching.
    if (!this.hasUnknownTwin(window, task, id)) {
      this.stops.get(window)?.set(task, ++this.sequence);
      this.wantedBy(window).delete(task);
      this.mayBeWanted.delete(task);
    }
    this.give(`disconnect ${id}`, window.disconnect(id));
  }

  send(window: Window, session: Window['sessions'][number], mode: SendMode): void {
    const prompt = this.prompt(window, mode, this.taskOf(session.sessionId));
    this.give(`send ${prompt.text}`, window.send(session, prompt.text, mode));
  }

  comment(window: Window, session: Window['sessions'][number]): string {
    const body = this.name('comment');
    this.give(
      body,
      window.comment(session, body).then(() => {
        this.comments.add(body);
      }),
    );
    return body;
  }

  /** @returns the prompt, unless there was nothing to send */
  sendReview(window: Window, session: Window['sessions'][number], mode: SendMode): string | undefined {
    const { text, sent } = window.sendReview(session, mode);
    this.give('send review', sent);
    return text === undefined ? undefined : this.record(text, window, mode, this.taskOf(session.sessionId)).text;
  }

  give(what: string, promise: Promise<unknown>): void {
    const given: Given = { what, settled: false };
    this.given.push(given);
    const settle = (): void => {
      given.settled = true;
    };
    promise.then(settle, settle);
  }

  /** Reloads the window, or kills and reopens it. */
  async reload(window: Window, how: 'close' | 'kill'): Promise<void> {
    const place = this.windows.indexOf(window);
    await this.closeWindow(window, how);
    const next = this.openWindow(window.slot);
    this.windows.splice(this.windows.indexOf(next), 1);
    this.windows.splice(place, 0, next);
  }

  /** The task is also open under another id, and the window cannot know that: it has not learned the task of one. */
  private hasUnknownTwin(window: Window, task: Task, id: string): boolean {
    const ofTask = window.sessions.filter(({ sessionId }) => this.taskOf(sessionId) === task);
    const isUnclear = ofTask.some(({ details }) => details.taskId === undefined);
    return isUnclear && ofTask.some(({ sessionId }) => sessionId !== id);
  }

  private prompt(window: Window, mode: SendMode, task: Task | undefined): PromptRecord {
    return this.record(this.name('prompt'), window, mode, task);
  }

  private record(text: string, { slot }: Window, mode: SendMode, task: Task | undefined): PromptRecord {
    // The comments of a discarded prompt become the same prompt again, while that may still be on its way.
    const earlier = this.prompts.get(text);
    this.prompts.delete(text);
    const prompt: PromptRecord = {
      ...{ text, slot, mode, task, discarded: undefined, rivals: new Set<string>() },
      retries: earlier === undefined ? 0 : earlier.retries + 1,
      mayStillArrive: earlier?.mayStillArrive ?? false,
    };
    this.prompts.set(text, prompt);
    return prompt;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
