import type { SessionEvent } from '@github/copilot-sdk';
import { readText } from '../../common/json';
import * as agent from './agent';
import type { EventFormatter } from '../renderState';
import * as ending from './endings';
import * as notice from './notices';
import * as output from './output';
import * as request from './requests';
import * as runtime from './runtime';
import * as session from './session';
import * as tool from './tools';

/** The formatter of the runtime's bookkeeping, which is not shown. */
const noise: EventFormatter = () => undefined;

/**
 * How each event of the SDK's types is shown. An event type that a newer SDK adds does not compile until it is here.
 * Events of a type that is in none of these tables are not shown: they are in the transcript only.
 */
const FORMATTERS: Readonly<Record<SessionEvent['type'], EventFormatter>> = {
  'user.message': agent.userMessage,
  'assistant.message': agent.message,
  'assistant.message_delta': agent.messageDelta,
  'assistant.reasoning': agent.reasoning,
  'assistant.reasoning_delta': agent.reasoningDelta,
  'assistant.intent': agent.intent,
  'assistant.idle': ending.assistantIdle,
  'assistant.turn_start': noise,
  'assistant.turn_end': noise,
  'assistant.message_start': noise,
  'assistant.tool_call_delta': noise,
  'assistant.streaming_delta': noise,
  'assistant.server_tool_progress': noise,
  'assistant.usage': noise,
  'assistant.fusion_phase_started': noise,
  'assistant.fusion_phase_activity': noise,
  'assistant.fusion_phase_completed': noise,
  'assistant.fusion_phase_failed': session.fusionFailed,

  'tool.execution_start': tool.toolStart,
  'tool.execution_partial_result': output.partialResult,
  'tool.execution_progress': tool.toolProgress,
  'tool.execution_complete': tool.toolComplete,
  'tool.user_requested': tool.toolUserRequested,
  'external_tool.requested': tool.externalToolRequested,
  'external_tool.completed': noise,
  'mcp_app.tool_call_complete': agent.appToolCall,
  'tool_search.activated': noise,
  'skill.invoked': agent.skillInvoked,

  'subagent.started': agent.subagentStarted,
  'subagent.completed': agent.subagentCompleted,
  'subagent.failed': agent.subagentFailed,
  'subagent.selected': agent.subagentSelected,
  'subagent.deselected': agent.subagentDeselected,
  'subagent.configured': noise,

  'permission.requested': request.permissionRequested,
  'permission.completed': request.permissionCompleted,
  'permission.carriedForward': noise,
  'permission.messageAuthorization': noise,
  'permission.messageAuthorizationRead': noise,
  'permission.messageAuthorizationDegraded': noise,
  'permission.assentDetected': noise,
  'permission.contextualAuthorization': noise,
  'user_input.requested': request.userInputRequested,
  'user_input.completed': request.userInputCompleted,
  'elicitation.requested': request.elicitationRequested,
  'elicitation.completed': request.elicitationCompleted,
  'exit_plan_mode.requested': request.planRequested,
  'exit_plan_mode.completed': request.planCompleted,
  'auto_mode_switch.requested': request.autoModeSwitchRequested,
  'auto_mode_switch.completed': request.autoModeSwitchCompleted,
  'session_limits_exhausted.requested': request.limitsRequested,
  'session_limits_exhausted.completed': request.limitsCompleted,
  'sampling.requested': request.samplingRequested,
  'sampling.completed': request.samplingCompleted,
  'mcp.oauth_required': request.oauthRequired,
  'mcp.oauth_completed': request.oauthCompleted,
  'mcp.headers_refresh_required': noise,
  'mcp.headers_refresh_completed': noise,

  'session.start': session.sessionStart,
  'session.resume': session.sessionResume,
  'session.context_changed': session.contextChanged,
  'session.title_changed': session.titleChanged,
  'session.mode_changed': session.modeChanged,
  'session.mode_notice_delivered': noise,
  'session.model_change': session.modelChange,
  'session.auto_mode_resolved': session.autoModeResolved,
  'session.auto_tier_recommendation': noise,
  'session.auto_tier_switch_failed': session.tierSwitchFailed,
  'session.permissions_changed': session.permissionsChanged,
  'session.session_limits_changed': session.limitsChanged,
  'session.remote_steerable_changed': session.steerableChanged,
  'session.info': notice.info,
  'session.warning': notice.warning,
  'session.error': notice.error,
  'session.handoff': session.handoff,
  'session.compaction_start': session.compactionStart,
  'session.compaction_complete': session.compactionComplete,
  'session.truncation': session.truncation,
  'session.context_cleared': session.contextCleared,
  'session.snapshot_rewind': session.rewind,
  'session.task_complete': ending.taskComplete,
  'session.completion_receipt': noise,
  'session.shutdown': ending.shutdown,
  'session.idle': ending.idle,
  abort: ending.abort,
  'session.plan_changed': session.planChanged,
  'session.todos_changed': noise,
  'session.workspace_file_changed': session.fileChanged,
  'session.autopilot_objective_changed': session.objectiveChanged,
  'session.schedule_created': session.scheduleCreated,
  'session.schedule_cancelled': session.scheduleCancelled,
  'session.schedule_rearmed': noise,
  'session.binary_asset': session.binaryAsset,
  'session.custom_notification': session.customNotification,
  'session.usage_info': noise,
  'session.usage_checkpoint': noise,
  'session.tools_updated': noise,
  'session.background_tasks_changed': noise,
  'session.skills_loaded': noise,
  'session.custom_agents_updated': noise,
  'session.mcp_servers_loaded': notice.serversLoaded,
  'session.mcp_server_status_changed': notice.serverStatus,
  'session.mcp_server_removed': noise,
  'session.mcp_server_needs_reconnect': noise,
  'session.extensions_loaded': noise,
  'session.extensions.attachments_pushed': noise,
  'session.canvas.opened': noise,
  'session.canvas.registry_changed': noise,
  'session.canvas.closed': noise,
  'session.canvas.unavailable': noise,
  'session.canvas.recorded': noise,
  'session.canvas.removed': noise,
  'session.managed_settings_resolved': noise,
  'session.managed_settings_enforced': notice.settingsEnforced,
  'session.fusion_route_started': noise,
  'session.fusion_route_failed': session.fusionFailed,
  'session.fusion_resolved': noise,
  'session.fusion_completed': noise,

  'model.call_failure': notice.modelCallFailure,
  'model.call_finished': noise,
  'pending_messages.modified': noise,
  'hook.start': noise,
  'hook.end': agent.hookEnd,
  'hook.progress': agent.hookProgress,
  'system.message': noise,
  'system.notification': notice.systemNotification,
  'command.queued': session.commandQueued,
  'command.execute': noise,
  'command.completed': noise,
  'commands.changed': noise,
  'capabilities.changed': noise,
  'ui.ephemeral_query': noise,
  'factory.run_updated': noise,
  'factory.run_started': session.factoryStarted,
  'factory.run_settled': session.factorySettled,
  'mcp.tools.list_changed': noise,
  'mcp.resources.list_changed': noise,
  'mcp.prompts.list_changed': noise,
};

/**
 * Types in the schemas of the runtimes 1.0.102 and 1.0.85 that the SDK's types lack. A test compares this table with the
 * schemas of the installed runtimes. A type that a newer SDK adds does not compile here: it belongs in the other table.
 */
const RUNTIME_FORMATTERS = {
  'agent.interrupted': ending.agentInterrupted,
  'assistant.turn_retry': noise,
  'human_response.recorded': request.humanResponse,
  'mcp.oauth_recovery_completed': runtime.oauthRecovered,
  'model.call_start': noise,
  'model.call_final_result': noise,
  prompt_cache_break: noise,
  'sandbox.decision': noise,
  'session.autopilot_stopped': ending.autopilotStopped,
  'session.fusion_change_checkpoint': noise,
  'session.fusion_commit_started': noise,
  'session.fusion_handoff': noise,
  'session.indexed_search': noise,
  'session.managed_plugin_progress': runtime.pluginProgress,
  'session.mcp_server_tools_loaded': noise,
  'session.memory_changed': noise,
  'session.model_deselected': runtime.modelDeselected,
  'session.permission_recovery': runtime.permissionRecovery,
  'session.quota_observation': noise,
  'session.request_body_compression_disabled': noise,
  'session.usage_record': noise,
  'skill.context_delivered': noise,
  'skill.context_delivered_ref': noise,
  'skill.invoked_ref': agent.skillInvoked,
  'tool.shell_output': output.shellOutput,
  'workflow.run_started': runtime.workflowStarted,
  'workflow.run_updated': noise,
  'workflow.run_settled': runtime.workflowSettled,
} satisfies Readonly<Record<string, EventFormatter>> & Partial<Record<SessionEvent['type'], never>>;

/** Types that the service sends and no schema has (measured: it is the first event of most cloud sessions). */
const SERVICE_FORMATTERS = { 'session.requested': session.sessionRequested } satisfies Readonly<
  Record<string, EventFormatter>
>;

const ALL = new Map<string, EventFormatter>(
  [FORMATTERS, RUNTIME_FORMATTERS, SERVICE_FORMATTERS].flatMap((table) => Object.entries<EventFormatter>(table)),
);

/** All types that this version knows. */
export const EVENT_TYPES: readonly string[] = [...ALL.keys()];

/** Those of the runtime that the SDK's types lack. */
export const TYPES_BEYOND_SDK: readonly string[] = Object.keys(RUNTIME_FORMATTERS);

/** `undefined` for a type that this version does not know. */
export function formatterFor(type: string): EventFormatter | undefined {
  return ALL.get(type);
}

/** An event of another type is kept, is not shown, and changes no state. */
export function isKnownEventType(type: string): boolean {
  return ALL.has(type);
}

/** An event whose type this version does not know. An event without a type is malformed instead. */
export function isUnknownEvent(event: unknown): boolean {
  const type = readText(event, 'type');
  return type !== undefined && !ALL.has(type);
}

/** Events that are not shown, not even when they are malformed. */
export function isNoise(formatter: EventFormatter): boolean {
  return formatter === noise;
}
