const PERMISSION = { possiblePaths: [], possibleUrls: [], commands: [] };

/** Examples of each type of event: its data, and its lines without the time column. */
export const EXAMPLES: Readonly<Record<string, readonly (readonly [data: unknown, ...lines: string[]])[]>> = {
  'user.message': [
    [{ content: 'Fix it.\nSoon.' }, 'You', '          Fix it.', '          Soon.'],
    [
      { content: 'Stop that', delivery: 'steering', agentMode: 'plan' },
      'You       (steering) (plan)',
      '          Stop that',
    ],
    [{ content: 'Go on', isAutopilotContinuation: true }, 'Prompt    (continued by autopilot)', '          Go on'],
    [{ content: 'Read this', source: 'skill-pdf' }, 'Prompt    from skill-pdf', '          Read this'],
    [{ content: 'Hi', source: 'command-4f1e' }, 'You', '          Hi'],
    [
      {
        content: 'See',
        attachments: [
          { type: 'file', path: '/a/b.ts', displayName: 'b.ts' },
          { type: 'github_url', url: 'https://x.test' },
        ],
      },
      ...['You', '          See', '          │ attached: b.ts', '          │ attached: https://x.test'],
    ],
  ],
  'assistant.message': [
    [{ messageId: 'm', content: 'Hello.\n\nBye.\n' }, 'Agent', '          Hello.', '', '          Bye.'],
    [{ messageId: 'm', content: '', toolRequests: [{ toolCallId: 't', name: 'bash' }] }],
    [
      { messageId: 'm', content: 'Done', reasoningText: 'Hm' },
      ...['Thinking', '          ¦ Hm', '', '10:02:00  Agent', '          Done'],
    ],
  ],
  'assistant.message_delta': [[{ messageId: 'm', deltaContent: 'Hello' }, 'Agent', '          Hello']],
  'assistant.reasoning': [
    [{ reasoningId: 'r', content: 'One\n\nTwo' }, 'Thinking', '          ¦ One', '          ¦', '          ¦ Two'],
  ],
  'assistant.reasoning_delta': [[{ reasoningId: 'r', deltaContent: 'Hm' }, 'Thinking', '          ¦ Hm']],
  'assistant.intent': [[{ intent: 'Reading tests' }, 'Intent    Reading tests']],
  'assistant.idle': [[{}], [{ aborted: true }, 'Stopped   the agent was interrupted']],
  'assistant.fusion_phase_failed': [
    [{ model: 'm1', reason: 'timeout' }, 'Warning   A model could not be used · m1 · timeout'],
  ],
  'tool.execution_start': [
    [
      { toolCallId: 't', toolName: 'bash', arguments: { command: 'npm ci\nnpm test' } },
      'Tool      bash  npm ci ⏎ npm test',
    ],
    [
      { toolCallId: 't', toolName: 'bash', shellToolInfo: { displayCommand: 'ls' }, arguments: {} },
      'Tool      bash  ls',
    ],
    [
      { toolCallId: 't', toolName: 'view', arguments: { path: 'a.ts', view_range: [3, 9] } },
      'Tool      view  a.ts:3-9',
    ],
    [
      { toolCallId: 't', toolName: 'view', arguments: { path: 'a.ts', view_range: [3, -1] } },
      'Tool      view  a.ts:3-',
    ],
    [
      { toolCallId: 't', toolName: 'edit', arguments: { path: 'a.ts', old_str: 'a\nb\n', new_str: 'c' } },
      'Tool      edit  a.ts  -2 +1',
    ],
    [
      { toolCallId: 't', toolName: 'create', arguments: { path: 'a.ts', file_text: 'a\nb\n' } },
      'Tool      create  a.ts  +2',
    ],
    [
      { toolCallId: 't', toolName: 'str_replace_editor', arguments: { command: 'view', path: 'a.ts' } },
      'Tool      str_replace_editor  view a.ts',
    ],
    [
      { toolCallId: 't', toolName: 'grep', arguments: { pattern: 'x', path: 'src', glob: '*.ts' } },
      'Tool      grep  "x" in src (*.ts)',
    ],
    [{ toolCallId: 't', toolName: 'glob', arguments: { pattern: '**/*.md' } }, 'Tool      glob  "**/*.md"'],
    [
      {
        toolCallId: 't',
        toolName: 'apply_patch',
        arguments: '*** Begin Patch\n*** Update File: a.ts\n*** Add File: b.ts\n',
      },
      'Tool      apply_patch  a.ts, b.ts',
    ],
    [
      { toolCallId: 't', toolName: 'web_fetch', arguments: { url: 'https://x.test' } },
      'Tool      web_fetch  https://x.test',
    ],
    [
      { toolCallId: 't', toolName: 'task', arguments: { agent_type: 'explore', description: 'find it' } },
      'Tool      task  explore: find it',
    ],
    [{ toolCallId: 't', toolName: 'report_intent', arguments: { intent: 'Testing' } }, 'Intent    Testing'],
    [
      {
        toolCallId: 't',
        toolName: 'x',
        mcpServerName: 'github',
        mcpToolName: 'get_issue',
        arguments: { n: 1, deep: [true, null] },
      },
      'Tool      github/get_issue  {"n":1,"deep":[true,null]}',
    ],
    [{ toolCallId: 't', toolName: 'constructor', arguments: {} }, 'Tool      constructor'],
  ],
  'tool.execution_partial_result': [
    [{ toolCallId: 't', partialOutput: 'a\nb' }, 'Output    t', '          │ a', '          │ b'],
  ],
  'tool.execution_progress': [[{ toolCallId: 't', progressMessage: '3 of 4' }, 'Progress  3 of 4']],
  'tool.execution_complete': [
    [
      { toolCallId: 't', success: false, result: { content: 'No\n' }, error: { message: 'No' } },
      'Failed    tool · t',
      '          ! No',
    ],
    [{ toolCallId: 't', success: true, result: { content: 'ok' } }, 'Done      tool · t', '          │ ok'],
    [
      { toolCallId: 't', success: false, error: { message: 'No such file', code: 'ENOENT' } },
      ...['Failed    tool · t', '          ! No such file · ENOENT'],
    ],
    [
      { toolCallId: 't', success: true, result: { content: 'short', detailedContent: '@@ -1 +1 @@\n-a\n+b' } },
      ...['Done      tool · t', '          ║ @@ -1 +1 @@', '          ║ -a', '          ║ +b'],
    ],
    [
      {
        toolCallId: 't',
        success: true,
        result: { content: '', contents: [{ type: 'image', mimeType: 'image/png', data: 'AA' }] },
      },
      ...['Done      tool · t', '          + image (image/png)'],
    ],
  ],
  'tool.user_requested': [
    [{ toolCallId: 't', toolName: 'bash', arguments: { command: 'ls' } }, 'Tool      bash  ls · asked for by the user'],
  ],
  'external_tool.requested': [
    [
      { requestId: 'r', toolCallId: 't', toolName: 'lookup', arguments: { q: 1 } },
      'Tool      lookup  {"q":1} · to be run by a client',
    ],
  ],
  'mcp_app.tool_call_complete': [
    [{ serverName: 's', toolName: 't', success: true, durationMs: 1500 }, 'Done      s/t · 1.5 s'],
    [{ serverName: 's', toolName: 't', success: false, error: { message: 'no' } }, 'Failed    s/t · no'],
  ],
  'skill.invoked': [
    [{ name: 'pdf', description: 'reads PDFs', content: '…', path: '' }, 'Tool      skill  pdf · reads PDFs'],
  ],
  'subagent.started': [
    [
      { toolCallId: 't', agentName: 'x', agentDisplayName: 'Explore', agentDescription: 'looks', model: 'm' },
      'Subagent  Explore started · m · looks',
    ],
  ],
  'subagent.completed': [
    [
      { agentName: 'x', agentDisplayName: 'Explore', durationMs: 125_000, totalToolCalls: 2 },
      'Subagent  Explore has finished · 2 min 5 s · 2 tool calls',
    ],
    [{ agentName: 'x', cancelled: true }, 'Subagent  x was cancelled'],
  ],
  'subagent.failed': [
    [
      { agentName: 'x', error: 'out of\ncredits' },
      'Failed    sub-agent x',
      '          ! out of',
      '          ! credits',
    ],
  ],
  'subagent.selected': [[{ agentName: 'x', agentDisplayName: 'X', tools: null }, 'Subagent  X was selected']],
  'subagent.deselected': [[{}, 'Subagent  none is selected any more']],
  'permission.requested': [
    [
      {
        requestId: 'p',
        permissionRequest: {
          kind: 'shell',
          fullCommandText: 'cd x\nrm -rf build',
          intention: 'Clean up',
          warning: 'Deletes files',
          requestSandboxBypass: true,
          resolvedWorkingDirectory: '/w',
          ...PERMISSION,
        },
      },
      ...[
        'Asks      Permission to run a shell command',
        '          $ cd x',
        '          $ rm -rf build',
        '          Folder: /w',
        '          Why: Clean up',
        '          ! Deletes files',
        '          ! Outside the sandbox',
      ],
    ],
    [
      {
        requestId: 'p',
        permissionRequest: { kind: 'write', fileName: 'a.ts', diff: '@@ -1 +1 @@\n-a\n+b\n', intention: 'Edit' },
      },
      ...[
        'Asks      Permission to write a.ts',
        '          ║ @@ -1 +1 @@',
        '          ║ -a',
        '          ║ +b',
        '          Why: Edit',
      ],
    ],
    [
      { requestId: 'p', permissionRequest: { kind: 'write', fileName: 'a.ts', diff: '', newFileContents: 'x' } },
      ...['Asks      Permission to write a.ts', '          │ x'],
    ],
    [
      { requestId: 'p', resolvedByHook: true, permissionRequest: { kind: 'read', path: '/etc/passwd' } },
      'Info      Permission to read /etc/passwd · decided by a hook',
    ],
    [
      { requestId: 'p', permissionRequest: { kind: 'url', url: 'https://x.test', redirectedFrom: 'https://y.test' } },
      ...['Asks      Permission to fetch https://x.test', '          Redirected from: https://y.test'],
    ],
    [
      {
        requestId: 'p',
        permissionRequest: { kind: 'mcp', serverName: 's', toolName: 't', readOnly: true, args: { a: 1 } },
      },
      ...['Asks      Permission to use the tool s/t (read-only)', '          │ {"a":1}'],
    ],
    [
      { requestId: 'p', permissionRequest: { kind: 'memory', fact: 'Tests use mocha', reason: 'often needed' } },
      ...['Asks      Permission to remember', '          │ Tests use mocha', '          Because: often needed'],
    ],
    [
      { requestId: 'p', permissionRequest: { kind: 'commands', fullCommandText: 'ls' } },
      ...['Asks      Permission to run a shell command', '          $ ls'],
    ],
    [
      { requestId: 'p', permissionRequest: { kind: 'path', accessKind: 'write', paths: ['/a'] } },
      ...['Asks      Permission to access /a (write)', '          │ /a'],
    ],
    [
      { requestId: 'p', permissionRequest: { kind: 'custom-tool', toolName: 't', args: 'x' } },
      'Asks      Permission to use the tool t',
      '          │ "x"',
    ],
    [
      { requestId: 'p', permissionRequest: { kind: 'hook', toolName: 't', hookMessage: 'careful' } },
      ...['Asks      Permission to use the tool t', '          Hook: careful'],
    ],
    [
      { requestId: 'p', permissionRequest: { kind: 'extension-management', operation: 'reload', extensionName: 'e' } },
      'Asks      Permission to manage the extension e (reload)',
    ],
    [
      {
        requestId: 'p',
        permissionRequest: { kind: 'extension-permission-access', extensionName: 'e', capabilities: ['net'] },
      },
      ...['Asks      Permission to give the extension e capabilities', '          │ net'],
    ],
    [
      {
        requestId: 'p',
        permissionRequest: { kind: 'extension-env-access', extensionName: 'e', environmentVariables: ['HOME', 'PATH'] },
      },
      ...['Asks      Permission to give the extension e environment variables', '          │ HOME', '          │ PATH'],
    ],
    [
      {
        requestId: 'p',
        permissionRequest: { kind: 'workflow', operation: 'run', name: 'w', description: 'tests all' },
      },
      ...['Asks      Permission to run the workflow w', '          │ tests all'],
    ],
    [
      { requestId: 'p', permissionRequest: { kind: 'teleport', to: 'mars' } },
      ...['Asks      Permission to do something of the kind “teleport”', '          │ {"kind":"teleport","to":"mars"}'],
    ],
  ],
  'permission.completed': [
    [{ requestId: 'p', result: { kind: 'approved' } }, 'Answer    Allowed · to: request p'],
    [
      { requestId: 'p', result: { kind: 'approved-for-session' }, decisionSource: 'assisted_approval' },
      'Answer    Allowed for this session · by assisted approval · to: request p',
    ],
    [
      { requestId: 'p', result: { kind: 'denied-interactively-by-user', feedback: 'not now' } },
      'Answer    Denied · not now · to: request p',
    ],
    [{ requestId: 'p', result: { kind: 'maybe' } }, 'Answer    Decided: maybe · to: request p'],
  ],
  'user_input.requested': [
    [
      { requestId: 'q', question: 'Which\none?', choices: ['red', 'blue'], allowFreeform: true },
      ...[
        'Asks      A question',
        '          Which',
        '          one?',
        '          │ 1. red',
        '          │ 2. blue',
        '          │ Or any other answer',
      ],
    ],
  ],
  'user_input.completed': [
    [{ requestId: 'q', answer: 'red' }, 'Answer    red · to: request q'],
    [{ requestId: 'q', answer: 'a\nb' }, 'Answer    to: request q', '          a', '          b'],
    [{ requestId: 'q' }, 'Answer    None · to: request q'],
  ],
  'elicitation.requested': [
    [
      {
        requestId: 'e',
        message: 'Name it',
        elicitationSource: 'mcp',
        requestedSchema: {
          type: 'object',
          required: ['name'],
          properties: { name: { type: 'string', description: 'its name' }, age: { type: 'number' } },
        },
      },
      ...[
        'Asks      To fill in a form',
        '          Name it',
        '          │ name (string · required)  its name',
        '          │ age (number)',
        '          Source: mcp',
      ],
    ],
    [
      { requestId: 'e', message: 'Sign in', mode: 'url', url: 'https://x.test' },
      'Asks      To open a link',
      '          Sign in',
      '          Link: https://x.test',
    ],
  ],
  'elicitation.completed': [
    [{ requestId: 'e', action: 'accept', content: { name: 'x' } }, 'Answer    Accepted · {"name":"x"} · to: request e'],
    [{ requestId: 'e' }, 'Answer    Closed · to: request e'],
  ],
  'exit_plan_mode.requested': [
    [
      {
        requestId: 'x',
        summary: 'Two steps',
        planContent: '1. a\n2. b',
        actions: ['interactive', 'autopilot'],
        recommendedAction: 'autopilot',
      },
      ...[
        'Asks      Approval of the plan',
        '          Two steps',
        '          │ 1. a',
        '          │ 2. b',
        '          Choices: interactive, autopilot (recommended)',
      ],
    ],
  ],
  'exit_plan_mode.completed': [
    [
      { requestId: 'x', approved: true, selectedAction: 'autopilot', autoApproveEdits: true },
      'Answer    Approved · autopilot · edits are approved automatically · to: request x',
    ],
    [{ requestId: 'x', approved: false, feedback: 'smaller' }, 'Answer    Rejected · smaller · to: request x'],
    [{ requestId: 'x' }, 'Answer    Closed · to: request x'],
  ],
  'auto_mode_switch.requested': [
    [
      { requestId: 'a', errorCode: 'rate_limited', retryAfterSeconds: 30 },
      'Asks      To go on with an automatically chosen model · rate_limited · else wait 30 s',
    ],
  ],
  'auto_mode_switch.completed': [[{ requestId: 'a', response: 'yes_always' }, 'Answer    yes always · to: request a']],
  'session_limits_exhausted.requested': [
    [
      { requestId: 'l', usedAiCredits: 10, maxAiCredits: 10 },
      'Asks      More credits: the session has reached its limit · 10 of 10 used',
    ],
  ],
  'session_limits_exhausted.completed': [
    [{ requestId: 'l', response: { action: 'add', additionalAiCredits: 5 } }, 'Answer    add · 5 · to: request l'],
  ],
  'sampling.requested': [
    [{ requestId: 's', serverName: 'x', mcpRequestId: 1 }, 'Asks      The MCP server x asks for a model call'],
  ],
  'sampling.completed': [[{ requestId: 's' }, 'Answer    Closed · to: request s']],
  'mcp.oauth_required': [
    [
      { requestId: 'o', serverName: 'x', serverUrl: 'https://x.test' },
      'Asks      To sign in to the MCP server x',
      '          Server: https://x.test',
    ],
  ],
  'mcp.oauth_completed': [
    [{ requestId: 'o', outcome: 'token' }, 'Answer    Signed in · to: request o'],
    [{ requestId: 'o', outcome: 'cancelled' }, 'Answer    Not signed in · to: request o'],
  ],
  'session.requested': [[{}, 'Session   requested · the agent’s machine is starting']],
  'session.start': [
    [
      {
        producer: 'copilot-agent',
        copilotVersion: '1.0.102',
        selectedModel: 'm',
        context: { cwd: '/w', repository: 'o/r', branch: 'b' },
      },
      'Session   started · copilot-agent 1.0.102 · model m · o/r @ b · /w',
    ],
  ],
  'session.resume': [[{ eventCount: 1, resumeTime: '' }, 'Session   resumed · 1 earlier event']],
  'session.context_changed': [[{ cwd: '/w', branch: 'b' }, 'Session   works in · b · /w']],
  'session.title_changed': [[{ title: 'New\ntitle' }, 'Title     New ⏎ title']],
  'session.mode_changed': [[{ previousMode: 'plan', newMode: 'autopilot' }, 'Mode      plan → autopilot']],
  'session.model_change': [
    [{ previousModel: 'a', newModel: 'b', reasoningEffort: 'high' }, 'Model     a → b · reasoning high'],
  ],
  'session.auto_mode_resolved': [[{ chosenModel: 'm' }, 'Model     m · chosen automatically']],
  'session.auto_tier_switch_failed': [
    [{ reason: 'unsupported' }, 'Warning   The model could not be switched · unsupported'],
  ],
  'session.permissions_changed': [
    [{ previousMode: 'manual', mode: 'allow-all' }, 'Mode      permissions: manual → allow-all'],
  ],
  'session.session_limits_changed': [
    [{ sessionLimits: { maxAiCredits: 5 } }, 'Session   credit limit 5'],
    [{ sessionLimits: null }, 'Session   credit limit removed'],
    [{ sessionLimits: {} }, 'Session   credit limit changed'],
  ],
  'session.remote_steerable_changed': [
    [{ remoteSteerable: true }, 'Session   can be steered from outside'],
    [{ remoteSteerable: false }, 'Session   cannot be steered from outside any more'],
  ],
  'session.info': [
    [
      { infoType: 'remote', message: 'Online', url: 'https://x.test/1' },
      'Info      Online',
      '          https://x.test/1',
    ],
    [{ infoType: 'mcp', message: 'Connected', tip: 'Try it' }, 'Info      Connected · mcp', '          Try it'],
    [{ infoType: 'remote', message: 'At https://x.test/1', url: 'https://x.test/1' }, 'Info      At https://x.test/1'],
    [{ infoType: 'x', message: 'One\nTwo' }, 'Info      One · x', '          │ One', '          │ Two'],
  ],
  'session.warning': [
    [
      { warningType: 'policy', message: 'Careful', remediation: 'sign_in' },
      'Warning   Careful · policy',
      '          What helps: sign in',
    ],
  ],
  'session.error': [
    [
      { errorType: 'quota', message: 'No credits', statusCode: 402, serviceRequestId: 'ABC', url: 'https://x.test' },
      ...['Error     No credits · quota · status 402', '          https://x.test', '          Request: ABC'],
    ],
  ],
  'session.handoff': [
    [
      { sourceType: 'remote', repository: { owner: 'o', name: 'r', branch: 'b' }, summary: 'so far', handoffTime: '' },
      ...['Handoff   from a remote session · o/r @ b', '          │ so far'],
    ],
  ],
  'session.compaction_start': [
    [{ trigger: 'threshold' }, 'Context   the conversation is being summarised to make room · threshold'],
  ],
  'session.compaction_complete': [
    [
      { success: true, messagesRemoved: 3, tokensRemoved: 1000 },
      'Context   the conversation was summarised · 3 messages replaced · 1000 tokens freed',
    ],
    [{ success: false, error: 'timeout' }, 'Warning   The conversation could not be summarised · timeout'],
  ],
  'session.truncation': [
    [{ messagesRemovedDuringTruncation: 1 }, 'Context   the oldest messages were removed to make room · 1 message'],
  ],
  'session.context_cleared': [[{ messagesCleared: 2 }, 'Context   the conversation was cleared · 2 messages']],
  'session.snapshot_rewind': [
    [{ eventsRemoved: 2, upToEventId: '' }, 'Context   the session was set back · 2 events undone'],
  ],
  'session.task_complete': [
    [{ success: true, summary: 'All\ngreen' }, 'Finished  the task is complete', '          All', '          green'],
    [{ success: false, reason: 'blocked by CI' }, 'Stopped   the task was not completed', '          blocked by CI'],
    [{ outcome: 'blocked', success: false }, 'Stopped   the task is blocked'],
    [{ outcome: 'continue', success: false }, 'Session   the task is not complete yet · the agent goes on'],
    [{ outcome: 'handed_over' }, 'Session   the task: handed_over'],
    [{ outcome: 'handed_over', success: true }, 'Finished  the task is complete · handed_over'],
  ],
  'session.shutdown': [
    [
      { shutdownType: 'routine', codeChanges: { filesModified: ['a'], linesAdded: 3, linesRemoved: 1 } },
      'Ended     the runtime has closed the session · 1 file changed +3 -1',
    ],
    [{ shutdownType: 'error', errorReason: 'crash' }, 'Error     the session ended with an error · crash'],
  ],
  'session.idle': [
    [{}, 'Idle      the agent has finished its turn and waits'],
    [{ aborted: true }, 'Stopped   the agent has stopped and waits'],
    [{ mode: 'interactive' }, 'Idle      the agent has finished its turn and waits'],
    [{ mode: 'autopilot' }, 'Session   the agent has ended its turn · autopilot may go on'],
    [{ mode: 'autopilot', aborted: true }, 'Stopped   the agent has stopped and waits'],
    [{ backgroundTasks: [] }, 'Idle      the agent has finished its turn and waits'],
    [{ backgroundTasks: [{ id: 'a' }] }, 'Session   the agent has ended its turn · 1 background task goes on'],
    [
      { backgroundTasks: { agents: [{ agentId: 'a' }], shells: [{ shellId: 's' }] }, mode: 'autopilot' },
      'Session   the agent has ended its turn · 2 background tasks go on',
    ],
    [
      { backgroundTasks: { agents: [{ agentId: 'a' }], shells: [] }, aborted: true },
      'Stopped   the agent has stopped and waits · 1 background task goes on',
    ],
  ],
  abort: [
    [{ reason: 'remote_command' }, "Stopped   the agent's turn was stopped by a remote command"],
    [{ reason: 'gremlins' }, "Stopped   the agent's turn was stopped (gremlins)"],
  ],
  'session.plan_changed': [[{ operation: 'update' }, 'Plan      plan updated']],
  'session.workspace_file_changed': [[{ path: 'a.md', operation: 'create' }, 'Session   a.md created']],
  'session.autopilot_objective_changed': [
    [{ operation: 'update', status: 'cap_reached' }, 'Session   autopilot objective updated · cap reached'],
  ],
  'session.schedule_created': [
    [{ id: 1, cron: '0 9 * * *', prompt: 'Look' }, 'Session   schedule created · 0 9 * * * · Look'],
  ],
  'session.schedule_cancelled': [[{ id: 1 }, 'Session   schedule 1 cancelled']],
  'session.binary_asset': [
    [{ mimeType: 'image/png', byteLength: 12, data: 'AAAA' }, 'Session   attachment image/png · 12 bytes'],
  ],
  'session.custom_notification': [[{ name: 'build', source: 'ext', payload: {} }, 'Info      build · ext']],
  'session.mcp_servers_loaded': [
    [{ servers: [{ name: 'a', status: 'connected' }] }],
    [{ servers: [{ name: 'a', status: 'failed', error: 'ENOENT' }] }, 'Warning   MCP servers failed: a · ENOENT'],
  ],
  'session.mcp_server_status_changed': [
    [{ serverName: 'a', status: 'connected' }],
    [{ serverName: 'a', status: 'failed', error: 'gone' }, 'Warning   MCP server a: failed · gone'],
  ],
  'session.managed_settings_enforced': [
    [{ message: 'Not allowed here', setting: 'bypass' }, 'Warning   Not allowed here · bypass'],
  ],
  'session.fusion_route_failed': [
    [{ syntheticModel: 'f', reason: 'r', errorMessage: 'e' }, 'Warning   A model could not be used · f · r · e'],
  ],
  'model.call_failure': [
    [
      { errorMessage: 'overloaded', statusCode: 529, model: 'm', source: 'top_level' },
      'Warning   A model call failed: overloaded · status 529 · m',
    ],
  ],
  'hook.end': [
    [{ hookType: 'preToolUse', success: true }],
    [
      { hookType: 'preToolUse', success: false, error: { message: 'exit 2' } },
      'Warning   A hook failed: preToolUse · exit 2',
    ],
  ],
  'hook.progress': [[{ message: 'linting' }, 'Progress  linting']],
  'system.notification': [
    [
      {
        content: '<system_notification>\nShell 3 has ended\n</system_notification>',
        kind: { type: 'shell_completed' },
      },
      'Info      Shell 3 has ended · shell completed',
    ],
  ],
  'command.queued': [[{ requestId: 'c', command: '/compact' }, 'Session   command /compact']],
  'factory.run_started': [[{ factoryName: 'f', runId: 'r', attempt: 1 }, 'Session   factory f started']],
  'factory.run_settled': [
    [{ status: 'halted', elapsedMs: 4_200_000, runId: 'r' }, 'Session   factory: halted · 1 h 10 min'],
  ],
  'agent.interrupted': [
    [
      { activity: 'tool_call', elapsedMs: 3200, turn: 2, toolNames: ['bash', 'view'] },
      'Stopped   a tool call was interrupted by the user · bash, view · after 3.2 s',
    ],
    [
      { activity: 'background_agent', elapsedMs: 0, turn: 2, interruptedAgentCount: 3 },
      'Stopped   a sub-agent in the background was interrupted by the user · after 0.0 s · 3 sub-agents',
    ],
    [{ activity: 'day_dream' }, 'Stopped   day dream was interrupted by the user'],
  ],
  'human_response.recorded': [
    [
      {
        requestId: 'q',
        actor: 'human_response',
        response: { responseKind: 'user_input', question: 'Which?', answer: 'red', wasFreeform: false },
      },
      'Answer    red · to: Which?',
    ],
    [
      {
        requestId: 'x',
        actor: 'host_automation',
        response: { responseKind: 'exit_plan_mode', approved: true, selectedAction: 'autopilot', feedback: 'go' },
      },
      'Answer    Approved · autopilot · by automation · go · to: the plan',
    ],
    [
      {
        requestId: 'e',
        actor: 'unknown',
        response: { responseKind: 'ask_user', message: 'Name it', content: { name: 'x' }, requestedSchema: {} },
      },
      'Answer    Accepted · {"name":"x"} · to: Name it',
    ],
  ],
  'mcp.oauth_recovery_completed': [
    [
      { requestId: 'o', serverName: 's', outcome: 'succeeded' },
      'Info      The sign-in to the MCP server s was renewed',
    ],
    [
      { requestId: 'o', serverName: 's', outcome: 'failed' },
      'Warning   The sign-in to the MCP server s was not renewed · failed',
    ],
  ],
  'session.autopilot_stopped': [
    [{ reason: 'task_complete' }, 'Mode      autopilot has stopped · the task is complete'],
    [{ reason: 'background_timeout' }, 'Stopped   autopilot has stopped · background work took too long'],
    [{ reason: 'full_moon' }, 'Stopped   autopilot has stopped · full moon'],
  ],
  'session.managed_plugin_progress': [
    [{ phase: 'initializing', pluginSpecs: [] }],
    [
      { phase: 'installing', pluginSpecs: ['a', 'b'] },
      'Progress  installing plug-ins that the organization requires: a, b',
    ],
  ],
  'session.model_deselected': [
    [
      { previousModel: 'm', reason: 'provider_withdrawn' },
      'Model     m is not available any more · a default model is used from now on',
    ],
  ],
  'session.permission_recovery': [
    [{ episodeId: 'e', status: 'recovering', onBlocked: 'ask', reason: 'permission_required', attempts: [] }],
    [
      { episodeId: 'e', status: 'blocked', onBlocked: 'fail', reason: 'attempts_exhausted', attempts: [] },
      'Warning   Autopilot is blocked by a permission · attempts exhausted',
    ],
  ],
  'skill.invoked_ref': [
    [{ name: 'pdf', description: 'reads PDFs', contentId: 'c', path: '' }, 'Tool      skill  pdf · reads PDFs'],
  ],
  'tool.shell_output': [
    [{ toolCallId: 't', text: 'a\nb', sequence: 0 }, 'Output    t', '          │ a', '          │ b'],
  ],
  'workflow.run_started': [[{ workflowName: 'w', runId: 'r', attempt: 1 }, 'Session   workflow w started']],
  'workflow.run_settled': [
    [{ status: 'halted', elapsedMs: 4_200_000, runId: 'r' }, 'Session   workflow: halted · 1 h 10 min'],
  ],
};
