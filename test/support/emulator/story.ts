import { setTimeout as delay } from 'node:timers/promises';
import type { Task } from './tasks';

/** Which story the agent plays after a prompt; `none` leaves the events to the test. */
export type StoryKind = 'full' | 'short' | 'none';

/** What a person answered, as the service is told. */
export interface Answer {
  readonly promptId: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/** Thrown inside a story that the user stopped. */
class Aborted extends Error {}

/**
 * The agent of one task: reads the prompts that come for it one after another, and plays for each a piece of work as a
 * real one looks from outside: reading, thinking, asking for permission, editing, testing, reporting.
 */
export class Agent {
  private readonly answers = new Map<string, (answer: Answer) => void>();
  private queue: Promise<void> = Promise.resolve();
  private abortController = new AbortController();
  private turn = 0;
  private calls = 0;

  constructor(
    private readonly task: Task,
    /** Milliseconds that a unit of human time lasts: 1,000 for a demo, 0 for tests. */
    private readonly pace: number,
    private readonly kind: StoryKind,
  ) {}

  /** The agent's machine is up. */
  async begin(startDelayMs: number): Promise<void> {
    const { task } = this;
    const repository = task.repository && `${task.repository.owner}/${task.repository.name}`;
    task.append('session.requested', {});
    if (startDelayMs > 0) {
      await delay(startDelayMs, undefined, { ref: false });
    }
    task.append('session.start', {
      sessionId: task.sessionId,
      version: 1,
      producer: 'copilot-agent',
      copilotVersion: '1.0.102',
      startTime: new Date().toISOString(),
      context: {
        cwd: `/workspaces/${task.repository?.name ?? 'scratch'}`,
        ...(repository === undefined ? {} : { repository, branch: task.repository?.branch ?? 'main' }),
      },
    });
    task.state = 'in_progress';
  }

  /** A message for the agent. The service echoes it at once, and the agent turns to it when it has time. */
  message(content: string, externalId: string): void {
    this.task.append('user.message', { content, source: `command-${externalId}` });
    this.queue = this.queue.then(() => this.play(content)).catch(() => undefined);
  }

  answer(answer: Answer): void {
    this.answers.get(answer.promptId)?.(answer);
    this.answers.delete(answer.promptId);
  }

  abort(): void {
    this.abortController.abort(new Aborted());
    this.task.append('abort', { reason: 'user_initiated' });
    this.task.append('session.idle', { aborted: true });
  }

  private async play(prompt: string): Promise<void> {
    if (this.kind === 'none') {
      return;
    }
    this.abortController = new AbortController();
    this.task.state = 'in_progress';
    try {
      if (this.kind === 'short') {
        await this.turnOf(async () => this.say(`Done: ${excerpt(prompt)}`));
      } else {
        await this.work(prompt);
      }
      this.task.state = 'completed';
      this.task.append('session.idle', {});
    } catch (error) {
      if (!(error instanceof Aborted) && (error as Error).name !== 'AbortError') {
        this.task.append('session.error', { errorType: 'internal', message: String(error) });
      }
    }
  }

  private async work(prompt: string): Promise<void> {
    await this.turnOf(async () => {
      await this.intent('Reading the code');
      await this.say(
        `I'll start with what “${excerpt(prompt)}” touches, and look at its tests before I change anything.`,
      );
      await this.tool(
        'grep',
        { pattern: 'retry', path: 'src' },
        'src/queue.ts:41:  retry(job: Job, attempt = 0) {\nsrc/queue.ts:58:    this.retry(job, attempt + 1);\ntest/queue.test.ts:12:it("retries three times", ...)',
      );
      await this.tool(
        'view',
        { path: 'src/queue.ts', view_range: [38, 64] },
        '41  retry(job: Job, attempt = 0) {\n42    if (attempt > 3) throw new Error("gave up");\n...\n58    this.retry(job, attempt + 1);',
      );
    });
    let allowed = true;
    await this.turnOf(async () => {
      await this.intent('Running the tests');
      await this.say(
        'The attempts are counted from zero, so a job runs four times and not three. I want to see the test fail first.',
      );
      allowed = await this.askForCommand('npm test -- queue', 'Run the tests of the queue before the change');
    });
    await this.turnOf(async () => {
      if (!allowed) {
        await this.say('Understood: I leave the tests alone and only make the change.');
      }
      await this.intent('Editing src/queue.ts');
      await this.tool(
        'edit',
        { path: 'src/queue.ts', old_str: 'if (attempt > 3)', new_str: 'if (attempt >= 3)' },
        'Edited src/queue.ts: 1 line changed.\n-    if (attempt > 3) throw new Error("gave up");\n+    if (attempt >= 3) throw new Error("gave up");',
      );
      if (allowed) {
        await this.tool(
          'bash',
          { command: 'npm test -- queue', description: 'Run the tests of the queue' },
          '  queue\n    ✓ retries three times (4 ms)\n    ✓ gives up after the third\n\n  2 passing (11 ms)',
        );
      }
    });
    await this.turnOf(async () => {
      await this.say(
        `Done. ${allowed ? 'The queue now gives up after three attempts, and both of its tests pass.' : 'The queue now gives up after three attempts; the tests were not run.'} The change is one line in src/queue.ts.`,
      );
      this.task.append('session.task_complete', { summary: 'Retry a job three times, not four.', success: true });
    });
  }

  private async turnOf(act: () => Promise<void>): Promise<void> {
    const turnId = String(this.turn++);
    this.task.append('assistant.turn_start', { turnId });
    await act();
    this.task.append('assistant.turn_end', { turnId });
    await this.wait(0.5);
  }

  private async intent(intent: string): Promise<void> {
    await this.wait(0.3);
    this.task.append('assistant.intent', { intent });
  }

  private async say(content: string): Promise<void> {
    await this.wait(1.2);
    this.task.append('assistant.message', {
      messageId: `message-${this.task.id}-${this.calls++}`,
      content,
      toolRequests: [],
    });
  }

  private async tool(toolName: string, args: Readonly<Record<string, unknown>>, result: string): Promise<void> {
    const toolCallId = `call-${this.calls++}`;
    await this.wait(0.8);
    this.task.append('tool.execution_start', { toolCallId, toolName, arguments: args });
    await this.wait(1.5);
    this.task.append('tool.execution_complete', { toolCallId, success: true, result: { content: result } });
  }

  private async askForCommand(command: string, intention: string): Promise<boolean> {
    const toolCallId = `call-${this.calls++}`;
    const requestId = `request-${toolCallId}`;
    await this.wait(0.5);
    const answered = this.expectAnswer(toolCallId, requestId);
    this.task.append('permission.requested', {
      requestId,
      permissionRequest: {
        kind: 'shell',
        toolCallId,
        fullCommandText: command,
        intention,
        commands: [{ identifier: 'npm test', readOnly: false }],
        possiblePaths: [],
        possibleUrls: [],
        hasWriteFileRedirection: false,
        canOfferSessionApproval: true,
      },
    });
    const { content } = await answered;
    const approved = content['approved'] === true;
    this.task.append('permission.completed', {
      requestId,
      toolCallId,
      result: { kind: approved ? 'approved' : 'denied-interactively-by-user' },
    });
    if (approved) {
      this.task.append('tool.execution_start', {
        toolCallId,
        toolName: 'bash',
        arguments: { command, description: intention },
      });
      await this.wait(2);
      this.task.append('tool.execution_complete', {
        toolCallId,
        success: true,
        result: {
          content:
            '  queue\n    1) retries three times\n\n  0 passing, 1 failing\n  AssertionError: expected 4 to equal 3',
        },
      });
    }
    return approved;
  }

  /** The service names a prompt by its tool call's id where it has one, else by the request's. */
  private expectAnswer(...ids: readonly string[]): Promise<Answer> {
    const { signal } = this.abortController;
    return new Promise((resolve, reject) => {
      for (const id of ids) {
        this.answers.set(id, resolve);
      }
      signal.addEventListener('abort', () => reject(new Aborted()), { once: true });
    });
  }

  private async wait(units: number): Promise<void> {
    await delay(units * this.pace, undefined, { signal: this.abortController.signal, ref: false });
  }
}

function excerpt(prompt: string): string {
  const line = prompt.trim().split('\n', 1)[0] ?? '';
  return line.length > 70 ? `${line.slice(0, 69)}…` : line;
}
