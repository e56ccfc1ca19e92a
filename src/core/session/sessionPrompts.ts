import type { SessionEvent } from '@github/copilot-sdk';
import type { Disposable } from 'vscode-jsonrpc/node';
import { provesAgentStart } from '../activity/eventRoles';
import type { Timers } from '../common/timers';
import { Outbox } from '../prompts/outbox';
import { PromptNotTaken } from '../prompts/promptSender';
import type { Prompt, SendMode } from '../prompts/prompt';
import { noteOfPrompt, type PromptHold } from '../prompts/promptNotes';
import { Rpc } from '../rpc/methods';
import type { Attachment, SessionTransport } from './attachment';
import type { HistorySync } from './historySync';
import type { CalledSession, SessionCalls } from './sessionCalls';
import { SessionChoices } from './sessionChoices';
import type { SessionHistory } from './sessionHistory';

/** The parts of a session that its prompts need. */
export interface PromptParts {
  readonly sessionId: string;
  readonly attachment: Attachment<SessionTransport>;
  readonly calls: SessionCalls<CalledSession>;
  readonly sync: HistorySync;
  readonly history: SessionHistory;
  /** Called when prompts or choices that a row shows have changed. */
  changed(): void;
}

/**
 * The prompts of one session, and the choices for its agent. Prompts are sent once the agent has started and has applied
 * or refused the choices.
 */
export class SessionPrompts implements Disposable {
  readonly outbox: Outbox;
  readonly choices: SessionChoices;
  private agentStarted = false;

  constructor(
    private readonly parts: PromptParts,
    timers: Timers,
  ) {
    this.outbox = new Outbox((text, mode) => this.transmit(text, mode), timers);
    this.outbox.onDidChange((prompt) => this.onPromptChange(prompt));
    this.choices = new SessionChoices(
      {
        sessionId: parts.sessionId,
        get runtimeVersion() {
          return parts.attachment.connection?.runtimeVersion;
        },
        request: (method, params) => parts.calls.request(method, params),
        note: (level, text) => parts.history.addNote(level, text),
        changed: () => {
          this.openOutbox();
          parts.changed();
        },
      },
      timers,
    );
  }

  /** Before its start, the agent may drop a prompt. */
  get hasAgentStarted(): boolean {
    return this.agentStarted;
  }

  /** What a queued prompt waits for. */
  get hold(): PromptHold {
    if (this.parts.attachment.connection === undefined) {
      return 'connection';
    }
    // eslint-disable-next-line texts/localized -- a state, not a text
    return this.outbox.isOpen ? 'earlier prompt' : this.agentStarted ? 'choices' : 'agent';
  }

  /**
   * Sends a prompt as soon as the agent can take it.
   * @returns the runtime's message id. The prompt is accepted then, not yet delivered (see `outbox`).
   */
  send(prompt: string, mode: SendMode): Promise<string> {
    const others = this.outbox.stored.map(({ text }) => text);
    return this.outbox.send(this.choices.promptToSend(prompt, others), mode);
  }

  /** To be given each event of the session, live or from a history. */
  observe(event: SessionEvent): void {
    this.outbox.onEvent(event);
    this.choices.observe(event);
    if (!this.agentStarted && provesAgentStart(event)) {
      this.agentStarted = true;
      this.parts.sync.stopIfComplete();
      this.onReady();
    }
  }

  /** The agent has started, or the session is attached and what was held for it is delivered. */
  onReady(): void {
    if (this.agentStarted && this.parts.attachment.connection !== undefined) {
      this.choices.start();
    }
    this.openOutbox();
  }

  onDetached(): void {
    this.choices.stop();
    this.outbox.setOpen(false);
  }

  dispose(): void {
    this.outbox.dispose();
    this.choices.dispose();
  }

  private openOutbox(): void {
    const isConnected = this.parts.attachment.connection !== undefined;
    this.outbox.setOpen(this.agentStarted && isConnected && this.choices.isSettled);
  }

  private onPromptChange(prompt: Prompt): void {
    // A delivered or discarded prompt needs no note.
    const isPending = this.outbox.pending.includes(prompt);
    const note = isPending ? noteOfPrompt(prompt, this.hold) : undefined;
    if (note !== undefined) {
      this.parts.history.addNote(note.level, note.text);
    }
    if (isPending && (prompt.state === 'undelivered' || prompt.uncertain === true)) {
      // The history may have what no notification brought.
      this.parts.sync.readAgain();
    }
    this.parts.changed();
  }

  private async transmit(text: string, mode: SendMode): Promise<string> {
    const { attachment, calls, sessionId } = this.parts;
    const { count } = attachment;
    try {
      const messageId = await attachment.required().request(Rpc.send, { sessionId, prompt: text, mode });
      attachment.connection?.retries?.succeeded();
      return messageId;
    } catch (error) {
      if (!calls.isRecoverable(error)) {
        throw error;
      }
      // It is sent with the others once the session, or its successor, is attached again.
      this.outbox.setOpen(false);
      // The attacher reports a failure, and retries.
      calls.recover(count).then(
        () => this.openOutbox(),
        () => undefined,
      );
      throw new PromptNotTaken(error);
    }
  }
}
