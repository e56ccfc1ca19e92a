import * as l10n from '@vscode/l10n';
import type { SessionEvent } from '@github/copilot-sdk';
import type { Disposable } from 'vscode-jsonrpc/node';
import { defined } from '../common/defined';
import { namesBranch, promptWithBranch } from '../prompts/branchPrompt';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import { readString, readText } from '../common/json';
import {
  modelOf,
  notReached,
  reasonOf,
  type AgentModel,
  type Choices,
  type ModelChoice,
} from '../arguments/modelChoice';
import { confirmedNote, refusedNote, unconfirmedNote } from './choiceNotes';
import { Rpc, type ModelSwitch, type RpcMethod } from '../rpc/methods';
import { agentCallsReach } from '../rpc/compatibility';
import type { Timers } from '../common/timers';
import { isAgentStart } from '../activity/eventRoles';

/**
 * The state of the chosen model and effort. none: nothing was chosen. waiting: the agent has not started, or the session
 * is not connected. applying: the agent was asked. applied: the agent confirmed it. refused: it did not; the log says why,
 * and prompts are sent nevertheless.
 */
export type ChoiceState = 'none' | 'waiting' | 'applying' | 'applied' | 'refused';

export interface ChosenSession {
  readonly sessionId: string;
  /** Of the runtime to which the session is attached. */
  readonly runtimeVersion: string | undefined;
  request<Params extends object, Result>(method: RpcMethod<Params, Result>, params: Params): Promise<Result>;
  note(level: 'info' | 'warning', text: string): void;
  /** The state has changed, or the model that the agent uses. */
  changed(): void;
}

/** How long prompts wait for the agent to apply a choice, in milliseconds: a forwarded call takes up to 30 s. */
export const APPLY_MS = 30_000;
/** How long an answer without a model waits for the event that confirms it, in milliseconds: it arrives within 1 s. */
export const CONFIRM_MS = 5_000;

/**
 * Brings the choices for a session to its agent: the model and the effort before the first prompt, the branch in it. The
 * log tells of each choice that was not applied. Prompts wait for them for `APPLY_MS` at most.
 */
export class SessionChoices implements Disposable {
  private wanted: ModelChoice = {};
  private current: ChoiceState = 'none';
  /** To be named in the first prompt; `undefined` once a prompt of the session names it. */
  private branchToName: string | undefined;
  private used: AgentModel | undefined;
  /** The timestamp of the event that set `used`. */
  private usedAsOf = '';
  /** The model id of the call that is in flight. */
  private asked: string | undefined;
  /** Changes with each try, so that a late answer of the previous connection is ignored. */
  private attempt = 0;
  private deadline: Disposable | undefined;
  /** The agent has started, and the session is attached. */
  private isReady = false;

  constructor(
    private readonly session: ChosenSession,
    private readonly timers: Timers,
  ) {}

  get state(): ChoiceState {
    return this.current;
  }

  /** Prompts need not wait. */
  get isSettled(): boolean {
    return this.current !== 'waiting' && this.current !== 'applying';
  }

  /** The model that the agent says it uses, whoever chose it; `undefined` until it has said so. */
  get agentModel(): AgentModel | undefined {
    return this.used;
  }

  /** The model and the effort that were chosen, in force or not. */
  get chosen(): ModelChoice {
    return this.wanted;
  }

  /** What is still to be applied, to be persisted; `undefined` for nothing. */
  get pending(): Choices | undefined {
    const pending: Choices = {
      ...(this.isSettled ? {} : this.wanted),
      ...defined({ branch: this.branchToName }),
    };
    return Object.keys(pending).length === 0 ? undefined : pending;
  }

  /** Adds choices. The model and the effort count once, before the first prompt. */
  choose({ model, reasoningEffort, branch }: Choices): void {
    this.branchToName = branch ?? this.branchToName;
    if (this.current === 'none' && (model !== undefined || reasoningEffort !== undefined)) {
      this.wanted = {
        ...defined({ model, reasoningEffort }),
      };
      this.current = 'waiting';
    }
    this.session.changed();
    if (this.isReady) {
      this.start();
    }
  }

  /** The agent has started, and the session is attached: the agent is asked now, unless it was before. */
  start(): void {
    this.isReady = true;
    if (this.current !== 'waiting') {
      return;
    }
    this.current = 'applying';
    this.wait(APPLY_MS, l10n.t('the agent did not answer within {0} s.', APPLY_MS / 1_000));
    void this.apply(++this.attempt);
    this.session.changed();
  }

  /** The connection has ended. What was not confirmed is asked for again in the next one; no prompt was sent before. */
  stop(): void {
    this.isReady = false;
    if (this.current === 'applying') {
      this.endAttempt();
      this.current = 'waiting';
      this.session.changed();
    }
  }

  /**
   * The prompt as it is to be sent: the first one names the branch.
   * @param others the texts of all prompts that are in the outbox
   */
  promptToSend(text: string, others: readonly string[]): string {
    const branch = this.branchToName;
    return branch === undefined || text.trim() === '' || others.some((other) => namesBranch(other, branch))
      ? text
      : promptWithBranch(text, branch);
  }

  /** To be given each event of the session, also those of its history. */
  observe(event: SessionEvent): void {
    if (typeof event.agentId === 'string') {
      return;
    }
    const data: unknown = event.data;
    if (event.type === 'session.model_change') {
      this.learnFrom(event, modelOf(readText(data, 'newModel'), readText(data, 'reasoningEffort')));
    } else if (isAgentStart(event) && this.used === undefined) {
      this.learnFrom(event, modelOf(readText(data, 'selectedModel'), readText(data, 'reasoningEffort')));
    } else if (event.type === 'user.message' && this.branchToName !== undefined) {
      if (namesBranch(readString(data, 'content') ?? '', this.branchToName)) {
        this.branchToName = undefined;
      }
    }
  }

  dispose(): void {
    this.endAttempt();
  }

  private learnFrom(event: SessionEvent, model: AgentModel | undefined): void {
    const at = typeof event.timestamp === 'string' ? event.timestamp : this.usedAsOf;
    // Histories are merged late: an older event is out of date.
    if (model === undefined || at < this.usedAsOf) {
      return;
    }
    this.usedAsOf = at;
    this.used = model;
    const wasAsked = this.current === 'applying' ? this.asked !== undefined : this.current === 'refused';
    if (event.type === 'session.model_change' && wasAsked && this.isAsWanted(model)) {
      this.settle('applied', 'info', confirmedNote(model));
      return;
    }
    this.session.changed();
  }

  private async apply(attempt: number): Promise<void> {
    const { session } = this;
    try {
      const modelId = await this.modelToAskFor();
      if (attempt !== this.attempt) {
        return;
      }
      this.asked = modelId;
      const { reasoningEffort } = this.wanted;
      const answer = await session.request(Rpc.switchModel, {
        sessionId: session.sessionId,
        modelId,
        ...defined({ reasoningEffort }),
      });
      if (attempt === this.attempt) {
        this.judge(answer, modelId);
      }
    } catch (error) {
      if (attempt === this.attempt) {
        this.refuse(reasonOf(error));
      }
    }
  }

  /**
   * Older runtimes set only their own model, with the same answer and the same event as an agent (measured on 1.0.55):
   * they are not asked. A version between those that were measured passes calls on if it knows the current model, for it
   * has none of its own.
   */
  private async modelToAskFor(): Promise<string> {
    const { session, wanted } = this;
    const reach = agentCallsReach(session.runtimeVersion);
    if (reach === 'runtime') {
      throw notReached(session.runtimeVersion);
    }
    if (wanted.model !== undefined && reach === 'agent') {
      return wanted.model;
    }
    const current = await session.request(Rpc.currentModel, { sessionId: session.sessionId });
    if (reach === 'unknown' && current === undefined) {
      throw notReached(session.runtimeVersion);
    }
    const modelId = wanted.model ?? current?.model ?? this.used?.model;
    if (modelId === undefined) {
      throw new CloudSessionsError('request-failed', l10n.t('the agent does not say which model it uses.'));
    }
    return modelId;
  }

  private judge({ model, reasoningEffort, isDeferred, problem }: ModelSwitch, asked: string): void {
    if (problem !== undefined) {
      this.refuse(problem);
    } else if (isDeferred) {
      this.wait(CONFIRM_MS, l10n.t('the agent deferred it until its turn has ended.'));
    } else if (model === undefined) {
      // An answer of the agent's machine always names the model; one that does not may come from elsewhere.
      this.wait(CONFIRM_MS, l10n.t('the agent did not say which model it uses now.'));
    } else {
      this.used = modelOf(model, reasoningEffort) ?? this.used;
      const wanted = this.wanted.reasoningEffort;
      if (model !== asked || (reasoningEffort !== undefined && wanted !== undefined && reasoningEffort !== wanted)) {
        this.refuse(l10n.t('the agent chose a different one.'));
      } else {
        this.settle('applied', 'info', confirmedNote(this.wanted));
      }
    }
  }

  private wait(milliseconds: number, reason: string): void {
    this.deadline?.dispose();
    this.deadline = this.timers(() => {
      this.settle('refused', 'warning', unconfirmedNote(this.wanted, reason, this.used));
    }, milliseconds);
  }

  /** @param reason a clause, as the end of a sentence */
  private refuse(reason: string): void {
    this.settle('refused', 'warning', refusedNote(this.wanted, reason, this.used));
  }

  private settle(state: 'applied' | 'refused', level: 'info' | 'warning', text: string): void {
    this.endAttempt();
    this.current = state;
    // Before `changed`, which lets the waiting prompts go.
    this.session.note(level, text);
    this.session.changed();
  }

  private endAttempt(): void {
    this.attempt++;
    this.asked = undefined;
    this.deadline?.dispose();
    this.deadline = undefined;
  }

  private isAsWanted({ model, reasoningEffort }: AgentModel): boolean {
    const { wanted } = this;
    return (
      (wanted.model ?? this.asked ?? model) === model &&
      (wanted.reasoningEffort === undefined ||
        reasoningEffort === undefined ||
        wanted.reasoningEffort === reasoningEffort)
    );
  }
}
