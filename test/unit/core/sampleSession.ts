import type { SessionEvent } from '@github/copilot-sdk';

/** Creates an event of a session that begins at 10:02:00 UTC. `second` is the time since then. */
export function event(type: string, data: unknown, second = 0, envelope: Readonly<Record<string, unknown>> = {}) {
  count++;
  const timestamp = new Date(Date.UTC(2025, 10, 23, 10, 2, 0) + second * 1000).toISOString();
  return { id: `event-${count}`, parentId: null, timestamp, type, data, ...envelope } as unknown as SessionEvent;
}

let count = 0;

const DIFF = `diff --git a/test/queue.test.ts b/test/queue.test.ts
--- a/test/queue.test.ts
+++ b/test/queue.test.ts
@@ -41,7 +41,7 @@ describe('queue', () => {
   it('drains in order', async () => {
     queue.push('a');
-    await sleep(50);
+    await queue.idle();
     assert.deepEqual(seen, ['a']);
   });
`;

const FAILED = `> app@2.1.0 test
> node --test --test-name-pattern=queue

not ok 1 - drains in order
  AssertionError: Expected values to be strictly equal:
  + actual - expected
  + []
  - [ 'a' ]
# tests 9
# pass 8
# fail 1`;

/** A realistic session: two turns, tools that fail and succeed, a sub-agent, a permission, a warning, an end. */
export function sampleSession(): readonly SessionEvent[] {
  const context = { cwd: '/workspaces/app', repository: 'octo/app', branch: 'main' };
  const message = 'The test waits 50 ms and hopes that the queue is empty by then. On a loaded machine it is not.\n\n';
  return [
    event('session.start', { producer: 'copilot-agent', copilotVersion: '1.0.102', context }, 9),
    event('session.info', { infoType: 'remote', message: 'Watch it on the web', url: LINK }, 9.5),
    event(
      'user.message',
      { content: 'Fix the flaky test in `queue.test.ts`.\nDo not change the public API.', messageId: 'u1' },
      11,
    ),
    event('assistant.turn_start', { turnId: '0' }, 11.2),
    event('assistant.reasoning_delta', { reasoningId: 'r1', deltaContent: 'A fixed sleep is the usual suspect. ' }, 12),
    event(
      'assistant.reasoning_delta',
      { reasoningId: 'r1', deltaContent: 'I should see it fail before I touch it.' },
      12.4,
    ),
    event('assistant.intent', { intent: 'Reproducing the failure' }, 13),
    event('assistant.message_delta', { messageId: 'm1', deltaContent: "I'll look at the test " }, 14),
    event('assistant.message_delta', { messageId: 'm1', deltaContent: 'first.' }, 14.2),
    event('assistant.message', { messageId: 'm1', content: "I'll look at the test first." }, 14.5),
    event(
      'tool.execution_start',
      { toolCallId: 't1', toolName: 'view', arguments: { path: 'test/queue.test.ts', view_range: [30, 60] } },
      15,
    ),
    event(
      'tool.execution_complete',
      {
        toolCallId: 't1',
        success: true,
        result: {
          content:
            "30. import { Queue } from '../src/queue';\n31. \n32. describe('queue', () => {\n33.   const seen: string[] = [];\n34. \n35.   beforeEach(() => {\n36.     seen.length = 0;\n37.   });\n38. });",
        },
      },
      15.2,
    ),
    event(
      'tool.execution_start',
      { toolCallId: 't2', toolName: 'bash', arguments: { command: 'npm test -- --test-name-pattern=queue' } },
      16,
    ),
    event('tool.execution_partial_result', { toolCallId: 't2', partialOutput: FAILED.slice(0, 60) }, 17),
    event(
      'tool.execution_complete',
      { toolCallId: 't2', success: false, shellExecution: { exitCode: 1 }, result: { content: FAILED } },
      19.3,
    ),
    event(
      'subagent.started',
      {
        toolCallId: 't3',
        agentName: 'explore',
        agentDisplayName: 'Explore',
        agentDescription: 'find other fixed sleeps',
      },
      20,
      { agentId: 'a1' },
    ),
    event(
      'tool.execution_start',
      { toolCallId: 't4', toolName: 'grep', arguments: { pattern: 'sleep\\(', path: 'test', glob: '*.ts' } },
      20.5,
      { agentId: 'a1' },
    ),
    event(
      'tool.execution_complete',
      { toolCallId: 't4', success: true, result: { content: 'test/queue.test.ts:44:    await sleep(50);' } },
      20.8,
      { agentId: 'a1' },
    ),
    event(
      'subagent.completed',
      { toolCallId: 't3', agentName: 'explore', agentDisplayName: 'Explore', durationMs: 3400, totalToolCalls: 1 },
      23.4,
      { agentId: 'a1' },
    ),
    event(
      'assistant.message',
      {
        messageId: 'm2',
        content: `${message}I will wait for the queue itself instead:\n\n- replace \`sleep(50)\` by \`queue.idle()\`\n- run the test **200 times**`,
      },
      24,
    ),
    event(
      'tool.execution_start',
      {
        toolCallId: 't5',
        toolName: 'edit',
        arguments: {
          path: 'test/queue.test.ts',
          old_str: '    await sleep(50);\n',
          new_str: '    await queue.idle();\n',
        },
      },
      25,
    ),
    event(
      'tool.execution_complete',
      { toolCallId: 't5', success: true, result: { content: 'File updated.', detailedContent: DIFF } },
      25.1,
    ),
    event('session.warning', { warningType: 'rate_limit', message: 'The model is busy; trying again in 5 s' }, 27),
    event(
      'permission.requested',
      {
        requestId: 'p1',
        permissionRequest: {
          kind: 'shell',
          fullCommandText: 'for i in $(seq 200); do\n  npm test -- --test-name-pattern=queue || exit 1\ndone',
          intention: 'Run the test 200 times',
          possiblePaths: [],
          possibleUrls: [],
          commands: [],
        },
      },
      33,
    ),
    event(
      'permission.completed',
      { requestId: 'p1', result: { kind: 'approved' }, decisionSource: 'human_response' },
      41,
    ),
    event(
      'tool.execution_start',
      {
        toolCallId: 't6',
        toolName: 'bash',
        arguments: { command: 'for i in $(seq 200); do\n  npm test -- --test-name-pattern=queue || exit 1\ndone' },
      },
      41.5,
    ),
    event('tool.execution_progress', { toolCallId: 't6', progressMessage: '100 of 200' }, 70),
    event(
      'tool.execution_complete',
      { toolCallId: 't6', success: true, result: { content: '200 runs, 0 failures' } },
      99.5,
    ),
    event(
      'session.error',
      { errorType: 'model_call', message: 'The request was refused: too many requests', statusCode: 429 },
      101,
    ),
    event(
      'tool.execution_start',
      {
        toolCallId: 't7',
        toolName: 'create_pull_request',
        mcpServerName: 'github',
        mcpToolName: 'create_pull_request',
        arguments: { title: 'Wait for the queue', draft: true },
      },
      104,
    ),
    event(
      'tool.execution_complete',
      { toolCallId: 't7', success: true, result: { content: 'https://github.com/octo/app/pull/212' } },
      106,
    ),
    event(
      'session.task_complete',
      {
        success: true,
        summary:
          'The test waits for the queue now, and passed 200 times.\nPull request: https://github.com/octo/app/pull/212',
      },
      108,
    ),
    event('session.idle', {}, 109),
    event(
      'user.message',
      {
        content: 'Thanks. Does it still print \u001b[31mred\u001b[0m on failure?',
        messageId: 'u2',
        delivery: 'queued',
      },
      180,
    ),
    event('vendor.something_new', { a: 1 }, 181),
    event('abort', { reason: 'remote_command' }, 183),
    event('session.idle', { aborted: true }, 183.2),
  ];
}

export const LINK = 'https://github.com/copilot/tasks/9c1f0c9e-4f55-4f1e-9c5c-3f3a2b8c7d10';

export const HEAD = {
  sessionId: '9c1f0c9e-4f55-4f1e-9c5c-3f3a2b8c7d10',
  title: 'Fix the flaky queue test',
  repository: 'octo/app',
  branch: 'main',
  remoteUrl: LINK,
};

/** Formats that do not depend on the time zone of the test machine. */
export const UTC = {
  formatTime: (date: Date) => date.toISOString().replace(/^.*T(.{8}).*$/, '$1'),
  formatDate: (date: Date) => date.toISOString().replace(/T.*$/, ''),
};
