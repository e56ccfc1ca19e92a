import { parseAnswer, type AnswerKind, type Answers, type RawAnswer } from './answers';
import type { AgentMachine } from './github/agentMachine';
import type { IdSource } from './identity';
import { Scene } from './scene';
import type { Stage } from './stage';
import { storyFor, type Story, type StoryChoice } from './stories/choose';
import type { Task } from './task';
import type { Timeline } from './timeline';

export interface AgentOptions {
  readonly story: StoryChoice;
  readonly streaming: boolean;
  /** How long its machine takes to start, in milliseconds at human speed. */
  readonly startsAfterMs: number;
  /** The link that the agent reports; `undefined`: none. Anything else is sent unchanged, valid link or not. */
  readonly remoteUrl: unknown;
  /** Questions that the agent asks in the past are approved automatically. */
  readonly approvedInThePast: boolean;
  /** Its clone; `undefined` without a repository. */
  readonly machine: AgentMachine | undefined;
}

interface Question {
  readonly kind: AnswerKind;
  readonly ids: readonly string[];
  readonly answer: (content: Readonly<Record<string, unknown>>) => void;
}

/** The answers of a person who approves everything. */
const CONSENT: { readonly [Kind in AnswerKind]: Answers[Kind] } = {
  permission: { approved: true, scope: 'once' },
  input: { answer: 'The first one', wasFreeform: true },
  form: { action: 'accept', content: {} },
  plan: { approved: true, selectedAction: 'interactive', feedback: undefined },
};
const CONSENT_AFTER_MS = 20_000;

/**
 * The agent of a task. It starts, waits for a message, works on it as its story says, and waits for the next one.
 * Messages that arrive while it works are queued.
 */
export class Agent {
  private readonly stage: Stage;
  private readonly questions = new Set<Question>();
  private readonly queue: string[] = [];
  private work: AbortController | undefined;
  private started = false;
  private disposed = false;

  constructor(
    private readonly task: Task,
    private readonly timeline: Timeline,
    ids: IdSource,
    private readonly options: AgentOptions,
    private readonly log: (line: string) => void,
  ) {
    task.clock = timeline.now;
    this.stage = {
      task,
      timeline,
      ids,
      streaming: options.streaming,
      allowed: new Set(),
      turns: 0,
      machine: options.machine,
      files: new Map(),
      ask: (kind, ids, signal) => this.ask(kind, ids, signal),
    };
  }

  /** Starts: appends the first events of a session, then handles the first message, if the task has one. */
  async begin(firstMessage?: string): Promise<void> {
    const { task, options } = this;
    if (options.startsAfterMs > 0) {
      task.append('session.requested', {});
      await this.timeline.pause(options.startsAfterMs);
    }
    task.appendStart();
    if (options.remoteUrl !== undefined) {
      task.append('session.info', {
        infoType: 'remote',
        message: 'Follow and steer this session on GitHub.',
        // Not always a string: tests check what a client does with other values.
        url: options.remoteUrl as string,
      });
    }
    task.state = 'idle';
    this.started = true;
    if (firstMessage !== undefined) {
      this.tell(firstMessage, undefined);
    }
    this.workOn();
  }

  /**
   * Takes a message: echoes it at once, so that all watchers see it, and works on it when the earlier ones are done.
   */
  message(content: string, externalId: string | undefined): void {
    this.timeline.arrive();
    this.tell(content, externalId);
  }

  /** Stops the work and drops the queued messages. */
  abort(): void {
    this.timeline.arrive();
    this.queue.length = 0;
    this.work?.abort();
    this.work = undefined;
    this.task.append('abort', { reason: 'remote_command' });
    this.task.append('session.idle', { aborted: true });
    this.task.state = 'idle';
  }

  /** @returns whether the agent had asked this question */
  answer({ kind, promptId, content }: RawAnswer): boolean {
    for (const question of this.questions) {
      if (question.kind === kind && question.ids.includes(promptId)) {
        this.timeline.arrive();
        this.questions.delete(question);
        question.answer(content);
        return true;
      }
    }
    return false;
  }

  dispose(): void {
    this.disposed = true;
    this.queue.length = 0;
    this.work?.abort();
  }

  private tell(content: string, externalId: string | undefined): void {
    this.task.addPrompt(content);
    this.task.append('user.message', {
      content,
      delivery: this.work === undefined ? 'idle' : 'queued',
      ...(externalId === undefined ? {} : { source: `command-${externalId}` }),
    });
    this.queue.push(content);
    this.workOn();
  }

  private workOn(): void {
    if (!this.started || this.work !== undefined || this.disposed) {
      return;
    }
    const prompt = this.queue.shift();
    const story = prompt === undefined ? undefined : storyFor(this.options.story, prompt);
    if (prompt === undefined || story === undefined) {
      return;
    }
    const work = new AbortController();
    this.work = work;
    this.task.state = 'in_progress';
    const scene = new Scene(this.stage, prompt, work.signal);
    void this.perform(story, scene, work).finally(() => this.workOn());
  }

  private async perform(story: Story, scene: Scene, work: AbortController): Promise<void> {
    let state: Task['state'];
    try {
      await story(scene);
      state = scene.outcome;
    } catch (error) {
      if (work.signal.aborted) {
        return;
      }
      this.log(`The story of task ${this.task.id} broke off: ${String(error)}`);
      this.task.append('session.error', { errorType: 'internal', message: String(error) });
      state = 'failed';
    }
    if (this.work === work) {
      this.work = undefined;
      this.task.append('session.idle', {});
      this.task.state = state;
    }
  }

  private async ask<Kind extends AnswerKind>(
    kind: Kind,
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<Answers[Kind]> {
    this.task.state = 'waiting_for_user';
    if (this.timeline.isPast && this.options.approvedInThePast) {
      // The question is appended while this waits, so that it precedes its answer.
      await Promise.resolve();
      await this.timeline.pause(CONSENT_AFTER_MS, signal);
      this.task.state = 'in_progress';
      return CONSENT[kind];
    }
    return await new Promise((resolve, reject) => {
      const question: Question = {
        kind,
        ids,
        answer: (content) => {
          this.task.state = 'in_progress';
          resolve(parseAnswer(kind, content));
        },
      };
      this.questions.add(question);
      signal.addEventListener(
        'abort',
        () => {
          this.questions.delete(question);
          reject(signal.reason as Error);
        },
        { once: true },
      );
    });
  }
}
