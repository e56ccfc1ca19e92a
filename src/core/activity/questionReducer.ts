import type { SessionEvent } from '@github/copilot-sdk';
import { MAX_OPEN, type ActivityDraft } from './activityDraft';
import { settleIfResting } from './taskReducer';
import { isRecord, readDate, readString } from '../common/json';
import type { OpenQuestion } from './activity';

/** The events of questions. */
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
  // The runtime's own refresh of a sign-in, and an answer in a history, which lacks the ephemeral `completed` (schema of
  // 1.0.102).
  'mcp.oauth_recovery_completed',
  'human_response.recorded',
]);
/** Questions of an MCP server, which come whether the agent works or not. */
const OF_SERVERS: ReadonlySet<OpenQuestion['kind']> = new Set(['oauth', 'sampling']);

/** @returns whether the event is only a question or an answer */
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
  // The runtime's own hook has answered it.
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
    // Asked again under the same id: an earlier answer does not count.
    return;
  }
  draft.changeQuestions().delete(requestId);
  if (!OF_SERVERS.has(question.kind)) {
    // The agent continues with the answer, even if its turn seemed to be over.
    state.resting = false;
  }
  settleIfResting(draft);
}

/** Ends a tool's run, and the wait for a tool that another client runs: the end of that wait is in no history. */
function endTool(draft: ActivityDraft, event: SessionEvent): void {
  const id = readString(event.data, 'toolCallId');
  if (id === undefined) {
    return;
  }
  // The end of a tool that outlived its turn is no new work.
  if (draft.state.runningTools.has(id)) {
    draft.changeTools().delete(id);
  }
  for (const { requestId, kind, event: asked } of draft.state.questions.values()) {
    if (kind === 'tool' && readString(asked.data, 'toolCallId') === id) {
      answer(draft, event, requestId);
    }
  }
}
