import type { Answers, AnswerKind } from './answers';
import type { AgentMachine } from './github/agentMachine';
import type { Stage, ToolCall } from './stage';
import type { EventData, Task } from './task';

const MODEL = 'claude-sonnet-4.5';

/** A piece of work, as the events that a real agent sends. Every method throws `AbortError` once it is stopped. */
export class Scene {
  /** The state of the task afterwards. */
  outcome: 'idle' | 'completed' | 'failed' = 'idle';
  private turnId = '';
  private calls = 0;

  constructor(
    private readonly stage: Stage,
    /** The user's prompt. */
    readonly prompt: string,
    private readonly signal: AbortSignal,
  ) {}

  get task(): Task {
    return this.stage.task;
  }

  get files(): Map<string, string> {
    return this.stage.files;
  }

  /** Commits and pushes everything. */
  async push(message: string): Promise<void> {
    await this.onMachine((machine) => machine.notePush(message));
  }

  /** A round of the model. All its events are between a start and an end. */
  async turn<T>(work: () => Promise<T>): Promise<T> {
    this.turnId = String(this.stage.turns++);
    this.append('assistant.turn_start', { turnId: this.turnId, model: MODEL });
    await this.pause(300);
    const result = await work();
    this.usage();
    this.append('assistant.turn_end', { turnId: this.turnId, model: MODEL });
    await this.pause(400);
    return result;
  }

  /** What the model's call of this turn has used: the context grows with each, and the prompt pays for the first. */
  private usage(): void {
    const isFirst = this.calls++ === 0;
    const inputTokens = 9_400 + 1_850 * this.stage.turns;
    const outputTokens = 260 + 35 * (this.stage.turns % 4);
    this.append('assistant.usage', {
      model: MODEL,
      apiCallId: `chatcmpl-${this.stage.ids.next()}`,
      initiator: isFirst ? 'user' : 'agent',
      inputTokens,
      outputTokens,
      cacheReadTokens: isFirst ? 0 : inputTokens - 1_850,
      cost: 1,
      duration: 2_400,
      copilotUsage: { totalNanoAiu: 300_000 * inputTokens + 1_500_000 * outputTokens },
    });
  }

  async intent(intent: string): Promise<void> {
    this.append('assistant.intent', { intent });
    await this.pause(200);
  }

  async think(content: string): Promise<void> {
    const reasoningId = this.stage.ids.next();
    await this.pause(600);
    if (this.stage.streaming) {
      await this.inPieces(content, (deltaContent) =>
        this.append('assistant.reasoning_delta', { reasoningId, deltaContent }),
      );
    }
    this.append('assistant.reasoning', { reasoningId, content });
  }

  async say(content: string): Promise<void> {
    await this.message(content, []);
  }

  /** Writes a message, then runs the tools one after another. */
  async act(content: string, ...calls: readonly ToolCall[]): Promise<readonly boolean[]> {
    const numbered = calls.map((call) => ({ call, toolCallId: this.stage.ids.next() }));
    await this.message(
      content,
      numbered.map(({ call, toolCallId }) => ({
        toolCallId,
        name: call.name,
        arguments: toJson(call.arguments),
        type: 'function',
      })),
    );
    const done: boolean[] = [];
    for (const { call, toolCallId } of numbered) {
      done.push(await this.run(call, toolCallId));
    }
    return done;
  }

  /** Asks a question with choices. */
  async askUser(question: string, choices: readonly string[]): Promise<Answers['input']> {
    const requestId = this.stage.ids.next();
    const toolCallId = this.stage.ids.next();
    await this.pause(500);
    const answer = await this.waitFor('input', [requestId, toolCallId], () => {
      const asked = { question, choices: [...choices], allowFreeform: true, requestId, toolCallId };
      this.append('user_input.requested', asked);
    });
    this.append('user_input.completed', { requestId, ...answer });
    return answer;
  }

  /** Asks for a form, as an MCP server does. */
  async askForForm(
    message: string,
    requestedSchema: NonNullable<EventData<'elicitation.requested'>['requestedSchema']>,
  ): Promise<Answers['form']> {
    const requestId = this.stage.ids.next();
    await this.pause(500);
    const answer = await this.waitFor('form', [requestId], () => {
      const asked = { requestId, message, mode: 'form', requestedSchema, elicitationSource: 'deploy' } as const;
      this.append('elicitation.requested', asked);
    });
    this.append('elicitation.completed', {
      requestId,
      action: answer.action,
      ...(answer.action === 'accept' ? { content: toJson(answer.content) } : {}),
    });
    return answer;
  }

  /** Proposes a plan, which is carried out only after approval. */
  async proposePlan(summary: string, planContent: string): Promise<Answers['plan']> {
    const requestId = this.stage.ids.next();
    await this.pause(800);
    this.append('session.plan_changed', { operation: 'create' });
    const answer = await this.waitFor('plan', [requestId], () =>
      this.append('exit_plan_mode.requested', {
        requestId,
        summary,
        planContent,
        actions: ['autopilot', 'interactive', 'exit_only'],
        recommendedAction: 'interactive',
      }),
    );
    const { approved, selectedAction, feedback } = answer;
    this.append('exit_plan_mode.completed', {
      requestId,
      approved,
      ...(selectedAction === undefined ? {} : { selectedAction }),
      ...(feedback === undefined ? {} : { feedback }),
    });
    return answer;
  }

  /** Writes the last message: what was done, and whether the task is complete. */
  async finish(summary: string, success = true): Promise<void> {
    await this.pause(300);
    this.append('session.task_complete', { success, summary });
    this.outcome = success ? 'completed' : 'failed';
  }

  async warn(warningType: string, message: string): Promise<void> {
    await this.pause(300);
    this.append('session.warning', { warningType, message });
  }

  async fail(data: EventData<'session.error'>): Promise<void> {
    await this.pause(600);
    this.append('session.error', data);
    this.outcome = 'failed';
  }

  async pause(milliseconds: number): Promise<void> {
    await this.stage.timeline.pause(milliseconds, this.signal);
  }

  private append<Type extends string>(type: Type, data: EventData<Type>): void {
    this.signal.throwIfAborted();
    this.stage.task.append(type, data);
  }

  private async message(
    content: string,
    toolRequests: NonNullable<EventData<'assistant.message'>['toolRequests']>,
  ): Promise<void> {
    const messageId = this.stage.ids.next();
    await this.pause(900);
    if (this.stage.streaming) {
      await this.inPieces(content, (deltaContent) =>
        this.append('assistant.message_delta', { messageId, deltaContent }),
      );
    }
    this.append('assistant.message', { messageId, content, model: MODEL, turnId: this.turnId, toolRequests });
  }

  /** Sends a text at reading speed: up to six words four times a second. */
  private async inPieces(content: string, tell: (piece: string) => void): Promise<void> {
    for (const piece of content.match(/(?:\S+\s*){1,6}/g) ?? [content]) {
      tell(piece);
      await this.pause(250);
    }
  }

  private async run(call: ToolCall, toolCallId: string): Promise<boolean> {
    await this.pause(400);
    this.append('tool.execution_start', {
      toolCallId,
      toolName: call.name,
      arguments: toJson(call.arguments),
      turnId: this.turnId,
    });
    const command = String(call.arguments['command'] ?? '');
    const { permission } = call;
    if (permission !== undefined && !(await this.isAllowed(command, toolCallId, permission))) {
      this.append('tool.execution_complete', {
        toolCallId,
        success: false,
        error: { code: 'rejected', message: 'The user rejected this tool call.' },
        turnId: this.turnId,
      });
      return false;
    }
    await this.output(call, toolCallId);
    if (call.does !== undefined) {
      await this.onMachine(call.does);
    }
    this.append('tool.execution_complete', {
      toolCallId,
      success: true,
      result: { content: call.result, ...(call.details === undefined ? {} : { detailedContent: call.details }) },
      ...(call.exitCode === undefined ? {} : { shellExecution: { exitCode: call.exitCode } }),
      turnId: this.turnId,
    });
    return true;
  }

  /** Nobody waits for what is done in the past: an agent must reach the present in one go. */
  private async onMachine(act: (machine: AgentMachine) => Promise<void>): Promise<void> {
    this.signal.throwIfAborted();
    const { machine, timeline } = this.stage;
    if (machine !== undefined) {
      const done = act(machine);
      await (timeline.isPast ? undefined : done);
    }
  }

  /** A long command shows some output before it ends. */
  private async output({ takes = 700, exitCode, result }: ToolCall, toolCallId: string): Promise<void> {
    await this.pause(takes / 2);
    if (exitCode !== undefined && this.stage.streaming) {
      const partialOutput = `${result.split('\n', 1)[0] ?? ''}\n`;
      this.append('tool.execution_partial_result', { toolCallId, partialOutput });
    }
    await this.pause(takes / 2);
  }

  private async isAllowed(
    fullCommandText: string,
    toolCallId: string,
    { intention, warning }: NonNullable<ToolCall['permission']>,
  ): Promise<boolean> {
    const identifier = fullCommandText.split(' ').slice(0, 2).join(' ');
    if (this.stage.allowed.has(identifier)) {
      return true;
    }
    const requestId = this.stage.ids.next();
    await this.pause(300);
    const { approved, scope } = await this.waitFor('permission', [toolCallId, requestId], () =>
      this.append('permission.requested', {
        requestId,
        permissionRequest: {
          kind: 'shell',
          toolCallId,
          fullCommandText,
          intention,
          commands: [{ identifier, readOnly: false }],
          possiblePaths: [],
          possibleUrls: [],
          hasWriteFileRedirection: false,
          canOfferSessionApproval: true,
          ...(warning === undefined ? {} : { warning }),
        },
      }),
    );
    const forSession = approved && scope === 'session';
    if (forSession) {
      this.stage.allowed.add(identifier);
    }
    this.append('permission.completed', {
      requestId,
      toolCallId,
      decisionSource: 'human_response',
      result: forSession
        ? { kind: 'approved-for-session', approval: { kind: 'commands', commandIdentifiers: [identifier] } }
        : { kind: approved ? 'approved' : 'denied-interactively-by-user' },
    });
    return approved;
  }

  /** Waits for the answer before the question is appended, because the answer may come at once. */
  private async waitFor<Kind extends AnswerKind>(
    kind: Kind,
    ids: readonly string[],
    put: () => void,
  ): Promise<Answers[Kind]> {
    this.signal.throwIfAborted();
    const answer = this.stage.ask(kind, ids, this.signal);
    put();
    return await answer;
  }
}

type Json = NonNullable<EventData<'tool.execution_start'>['arguments']>;

/** Casts to the SDK's type of a JSON object. The values are made to be sent as JSON. */
function toJson(value: Readonly<Record<string, unknown>>): Json & Record<string, Json> {
  return value as Json & Record<string, Json>;
}
