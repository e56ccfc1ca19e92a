import type { SessionEvent } from '@github/copilot-sdk';
import { readString } from '../common/json';

/**
 * What an event means for the work.
 * agent: the agent did something, which only an agent that has started can do.
 * work: work of the agent, or of somebody who works with it; it does not prove that the agent has started.
 * note: the runtime's bookkeeping; it changes no time. The runtime adds notes of its own whenever a window attaches
 * ("Connected to …"): if they counted, each reload would make old sessions new, and move their rows.
 */
export type EventRole = 'agent' | 'work' | 'note';

/** An event type that a newer SDK adds does not compile until it is here. */
const ROLES: Readonly<Record<SessionEvent['type'], EventRole>> = {
  'user.message': 'work',
  abort: 'work',

  'assistant.turn_start': 'agent',
  'assistant.turn_end': 'agent',
  'assistant.message': 'agent',
  'assistant.message_start': 'agent',
  'assistant.message_delta': 'agent',
  'assistant.streaming_delta': 'agent',
  'assistant.tool_call_delta': 'agent',
  'assistant.server_tool_progress': 'agent',
  'assistant.reasoning': 'agent',
  'assistant.reasoning_delta': 'agent',
  'assistant.intent': 'agent',
  'assistant.idle': 'agent',
  'assistant.usage': 'agent',
  'assistant.fusion_phase_started': 'agent',
  'assistant.fusion_phase_activity': 'agent',
  'assistant.fusion_phase_completed': 'agent',
  'assistant.fusion_phase_failed': 'agent',

  'tool.execution_start': 'agent',
  'tool.execution_partial_result': 'agent',
  'tool.execution_progress': 'agent',
  'tool.execution_complete': 'agent',
  // Of a person, and the runtime's copy may come before the agent.
  'tool.user_requested': 'work',
  'tool_search.activated': 'work',
  'mcp_app.tool_call_complete': 'work',
  'skill.invoked': 'work',
  'external_tool.requested': 'agent',
  'external_tool.completed': 'agent',

  'subagent.started': 'agent',
  'subagent.completed': 'agent',
  'subagent.failed': 'agent',
  'subagent.configured': 'work',
  // The choice of a custom agent is known locally only.
  'subagent.selected': 'note',
  'subagent.deselected': 'note',

  'permission.requested': 'agent',
  'permission.completed': 'agent',
  'permission.carriedForward': 'work',
  'permission.messageAuthorization': 'note',
  'permission.messageAuthorizationRead': 'note',
  'permission.messageAuthorizationDegraded': 'note',
  'permission.assentDetected': 'note',
  'permission.contextualAuthorization': 'note',
  'user_input.requested': 'agent',
  'user_input.completed': 'agent',
  'elicitation.requested': 'agent',
  'elicitation.completed': 'agent',
  'exit_plan_mode.requested': 'agent',
  'exit_plan_mode.completed': 'agent',
  'auto_mode_switch.requested': 'agent',
  'auto_mode_switch.completed': 'agent',
  'session_limits_exhausted.requested': 'agent',
  'session_limits_exhausted.completed': 'agent',
  // Raised by an MCP server, maybe before the agent has begun.
  'sampling.requested': 'work',
  'sampling.completed': 'work',
  'mcp.oauth_required': 'work',
  'mcp.oauth_completed': 'work',
  'mcp.headers_refresh_required': 'note',
  'mcp.headers_refresh_completed': 'note',
  'mcp.prompts.list_changed': 'note',
  'mcp.resources.list_changed': 'note',
  'mcp.tools.list_changed': 'note',

  'system.message': 'work',
  'system.notification': 'work',
  'hook.start': 'work',
  'hook.progress': 'work',
  'hook.end': 'work',
  'command.queued': 'work',
  'command.execute': 'work',
  'command.completed': 'work',
  'model.call_failure': 'work',
  'model.call_finished': 'work',
  'factory.run_started': 'work',
  'factory.run_updated': 'work',
  'factory.run_settled': 'work',

  'session.idle': 'work',
  'session.error': 'work',
  'session.task_complete': 'agent',
  // Only the agent's own counts: see `isAgentStart`.
  'session.start': 'note',
  'session.resume': 'note',
  'session.shutdown': 'note',
  'session.info': 'note',
  'session.warning': 'note',
  'session.title_changed': 'note',
  'session.mode_changed': 'note',
  'session.mode_notice_delivered': 'note',
  'session.model_change': 'note',
  'session.auto_mode_resolved': 'note',
  'session.auto_tier_recommendation': 'note',
  'session.auto_tier_switch_failed': 'note',
  'session.autopilot_objective_changed': 'note',
  'session.background_tasks_changed': 'note',
  'session.binary_asset': 'note',
  'session.canvas.closed': 'note',
  'session.canvas.opened': 'note',
  'session.canvas.recorded': 'note',
  'session.canvas.registry_changed': 'note',
  'session.canvas.removed': 'note',
  'session.canvas.unavailable': 'note',
  'session.compaction_complete': 'note',
  'session.compaction_start': 'note',
  'session.completion_receipt': 'note',
  'session.context_changed': 'note',
  'session.context_cleared': 'note',
  'session.custom_agents_updated': 'note',
  'session.custom_notification': 'note',
  'session.extensions.attachments_pushed': 'note',
  'session.extensions_loaded': 'note',
  'session.fusion_completed': 'note',
  'session.fusion_resolved': 'note',
  'session.fusion_route_failed': 'note',
  'session.fusion_route_started': 'note',
  'session.handoff': 'note',
  'session.managed_settings_enforced': 'note',
  'session.managed_settings_resolved': 'note',
  'session.mcp_server_needs_reconnect': 'note',
  'session.mcp_server_removed': 'note',
  'session.mcp_server_status_changed': 'note',
  'session.mcp_servers_loaded': 'note',
  'session.permissions_changed': 'note',
  'session.plan_changed': 'note',
  'session.remote_steerable_changed': 'note',
  'session.schedule_cancelled': 'note',
  'session.schedule_created': 'note',
  'session.schedule_rearmed': 'note',
  'session.session_limits_changed': 'note',
  'session.skills_loaded': 'note',
  'session.snapshot_rewind': 'note',
  'session.todos_changed': 'note',
  'session.tools_updated': 'note',
  'session.truncation': 'note',
  'session.usage_checkpoint': 'note',
  'session.usage_info': 'note',
  'session.workspace_file_changed': 'note',

  'capabilities.changed': 'note',
  'commands.changed': 'note',
  'pending_messages.modified': 'note',
  'ui.ephemeral_query': 'note',
};

/** Types that the schema of runtime 1.0.102 has and the SDK's types (1.0.14) do not, without the notes. */
const NEWER_ROLES: Readonly<Record<string, EventRole>> = {
  'agent.interrupted': 'agent',
  'assistant.turn_retry': 'agent',
  'tool.shell_output': 'agent',
  'human_response.recorded': 'agent',
  'mcp.oauth_recovery_completed': 'work',
  'model.call_start': 'work',
  'model.call_final_result': 'work',
  'skill.context_delivered': 'work',
  'skill.invoked_ref': 'work',
  'workflow.run_started': 'work',
  'workflow.run_updated': 'work',
  'workflow.run_settled': 'work',
  'session.autopilot_stopped': 'work',
};

const ROLE_OF_TYPE: ReadonlyMap<unknown, EventRole> = new Map([
  ...Object.entries(ROLES),
  ...Object.entries(NEWER_ROLES),
]);

/** An event of a type that is in neither table is a note: whether it is about work is not known. */
export function roleOf(event: SessionEvent): EventRole {
  return ROLE_OF_TYPE.get(event.type) ?? 'note';
}

/** The start of the agent itself: a `session.start` of another producer (the service) does not count. */
export function isAgentStart(event: SessionEvent): boolean {
  return event.type === 'session.start' && readString(event.data, 'producer') === 'copilot-agent';
}

/**
 * The event proves that the agent has started: it is its own start, or something that only a started agent can cause,
 * for the runtime loses first batches (1.0.102). Prompts and the notes of service and runtime prove nothing.
 */
export function provesAgentStart(event: SessionEvent): boolean {
  const type: unknown = event.type;
  return (
    isAgentStart(event) || roleOf(event) === 'agent' || (typeof type === 'string' && type.startsWith('assistant.'))
  );
}
