import type { OpenQuestion, SessionActivity } from './activity';

/** At most this many open questions, tools, sub-agents and tasks are kept. */
export const MAX_OPEN = 10_000;

/** A state while events are applied to it. Its collections are copied once, on the first change. */
export class ActivityDraft {
  readonly state: { -readonly [Key in keyof SessionActivity]: SessionActivity[Key] };
  private ownQuestions: Map<string, OpenQuestion> | undefined;
  private ownTools: Map<string, string> | undefined;
  private ownAgents: Set<string> | undefined;
  private ownTasks: Set<string> | undefined;

  constructor(before: SessionActivity) {
    this.state = { ...before };
  }

  changeQuestions(): Map<string, OpenQuestion> {
    this.ownQuestions ??= new Map(this.state.questions);
    this.state.questions = this.ownQuestions;
    return this.ownQuestions;
  }

  changeTools(): Map<string, string> {
    this.ownTools ??= new Map(this.state.runningTools);
    this.state.runningTools = this.ownTools;
    return this.ownTools;
  }

  changeAgents(): Set<string> {
    this.ownAgents ??= new Set(this.state.runningAgents);
    this.state.runningAgents = this.ownAgents;
    return this.ownAgents;
  }

  changeTasks(): Set<string> {
    this.ownTasks ??= new Set(this.state.backgroundTasks);
    this.state.backgroundTasks = this.ownTasks;
    return this.ownTasks;
  }

  /** Removes all that waits for an answer, and all that runs. */
  clear(): void {
    if (this.state.questions.size > 0) {
      this.state.questions = this.ownQuestions = new Map();
    }
    this.clearRunning();
  }

  /** Removes all that runs. */
  clearRunning(): void {
    if (this.state.runningTools.size > 0) {
      this.state.runningTools = this.ownTools = new Map();
    }
    if (this.state.runningAgents.size > 0) {
      this.state.runningAgents = this.ownAgents = new Set();
    }
    if (this.state.backgroundTasks.size > 0) {
      this.state.backgroundTasks = this.ownTasks = new Set();
    }
  }
}
