import type { SessionEvent } from '@github/copilot-sdk';
import { MAX_OPEN, type ActivityDraft } from './activityDraft';
import { settleIfResting } from './taskReducer';
import { isRecord, readDate, readString } from '../common/json';
import type { OpenQuestion } from './activity';

/** Every way in which an agent waits for somebody. */
const ASKED: ReadonlyMap<string, OpenQuestion['kind']> = new Map([
  ['permission.requested', 'permission'],
  ['user_input.requested', 'input'],
  ['elicitation.requested', 'elicitation'],
  ['exit_plan_mode.requested', 'plan'],
  ['auto_mode_switch.requested', 'autoMode'],
  ['session_limits_exhausted.requested', 'limits'],
  ['external_tool.requested', 'tool'],
  ['mcp.oauth_required', 'oauth'],
  ['sampling.requested', 'sampling'],
]);
const ANSWERED: ReadonlySet<string> = new Set([
  ...[...ASKED.keys()].map((type) => type.replace(/\.requested$/, '.completed').replace(/_required$/, '_completed')),
  // Of the runtime's own refresh of a sign-in; and, in a history that lacks the ephemeral `completed`, of what a person
  // has answered (schema of 1.0.102).
  'mcp.oauth_recovery_completed',
  'human_response.recorded',
]);
/** Asked by an MCP server, whether the agent works or not. */
const OF_SERVERS: ReadonlySet<OpenQuestion['kind']> = new Set(['oauth', 'sampling']);

/** @returns whether the event is a question, or an answer, and nothing else. */
export function observeQuestion(draft: ActivityDraft, event: SessionEvent, isOld: boolean): boolean {
  const kind = ASKED.get(event.type);
  if (kind !== undefined) {
    if (!isOld) {
      ask(draft, event, kind);
    }
    return true;
  }
  if (ANSWERED.has(event.type)) {
    answer(draft, event, readString(event.data, 'requestId'));
    return true;
  }
  if (event.type === 'tool.execution_complete') {
    endTool(draft, event);
  }
  return false;
}

function ask(draft: ActivityDraft, event: SessionEvent, kind: OpenQuestion['kind']): void {
  const { state } = draft;
  const data: unknown = event.data;
  const requestId = readString(data, 'requestId');
  // Answered by the runtime's own hook before anybody was asked.
  if (requestId === undefined || (isRecord(data) && data['resolvedByHook'] === true)) {
    return;
  }
  if (state.questions.size < MAX_OPEN) {
    draft.changeQuestions().set(requestId, { requestId, kind, event });
    if (!OF_SERVERS.has(kind)) {
      state.progress = 'working';
    }
  }
}

function answer(draft: ActivityDraft, event: SessionEvent, requestId: string | undefined): void {
  const { state } = draft;
  const question = requestId === undefined ? undefined : state.questions.get(requestId);
  if (requestId === undefined || question === undefined) {
    return;
  }
  const [asked, answered] = [question.event, event].map((one) => readDate(one, 'timestamp'));
  if (asked !== undefined && answered !== undefined && answered < asked) {
    // Asked again under the same id: an earlier answer is none.
    return;
  }
  draft.changeQuestions().delete(requestId);
  if (!OF_SERVERS.has(question.kind)) {
    // The agent goes on with the answer, also where its turn seemed to be over.
    state.resting = false;
  }
  settleIfResting(draft);
}

/** Ends a tool's run, and the wait for one that another client runs: the end of that wait is in no history. */
function endTool(draft: ActivityDraft, event: SessionEvent): void {
  const id = readString(event.data, 'toolCallId');
  if (id === undefined) {
    return;
  }
  // Of a tool that outlived its turn this is no new work.
  if (draft.state.runningTools.has(id)) {
    draft.changeTools().delete(id);
  }
  for (const { requestId, kind, event: asked } of draft.state.questions.values()) {
    if (kind === 'tool' && readString(asked.data, 'toolCallId') === id) {
      answer(draft, event, requestId);
    }
  }
}
