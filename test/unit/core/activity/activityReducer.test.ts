import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SessionEvent } from '@github/copilot-sdk';
import { reduceActivity } from '../../../../src/core/activity/activityReducer';
import { agentStart, event, range, userMessage } from '../../../support/sessionEvents';
import { INITIAL_ACTIVITY, type SessionActivity } from '../../../../src/core/activity/activity';
import { isAgentStart, provesAgentStart } from '../../../../src/core/activity/eventRoles';

type Step = readonly [type: string, data?: unknown, more?: Readonly<Record<string, unknown>>];

function eventsOf(...steps: Step[]): SessionEvent[] {
  return steps.map(([type, data, more], index) => event(`e${index}`, type, data, more));
}

function after(...steps: Step[]): SessionActivity {
  return reduceActivity(INITIAL_ACTIVITY, eventsOf(...steps));
}

const START: Step = ['session.start', { producer: 'copilot-agent' }];
const ask = (requestId: string, type = 'permission'): Step => [`${type}.requested`, { requestId }];
const answer = (requestId: string, type = 'permission'): Step => [`${type}.completed`, { requestId }];
const tool = (toolCallId: string, toolName = 'bash'): Step => ['tool.execution_start', { toolCallId, toolName }];
const say = (...toolRequests: object[]): Step => ['assistant.message', { content: 'hm', toolRequests }];
const subAgent = (type: string, toolCallId = 'a'): Step => [`subagent.${type}`, { toolCallId }, { agentId: 'x' }];
const TURN: Step = ['assistant.turn_start', { turnId: '0' }];
const TURN_END: Step = ['assistant.turn_end', { turnId: '0' }];
const toolEnd = (toolCallId: string): Step => ['tool.execution_complete', { toolCallId, success: true }];

const autopilotIdle: Step = ['session.idle', { mode: 'autopilot' }];
const autopilotEnd: Step = ['session.autopilot_stopped', { reason: 'limit' }];
const prompted = (messageId: string, content = messageId): Step => ['user.message', { messageId, content }];
const idleWith: Step = [
  'session.idle',
  { backgroundTasks: { agents: [{ agentId: 'a1', agentType: 'task' }], shells: [{ shellId: 's1' }] } },
];
const taskEnd = (what: string, key: string, id: string): Step => [
  'system.notification',
  { kind: { type: `${what}_completed`, [key]: id } },
];
const signIn: Step = ['mcp.oauth_required', { requestId: 'r', serverName: 's' }];
/** Events with many effects, whose ids match nothing that is open. */
const TELLING: readonly Step[] = [
  START,
  TURN,
  TURN_END,
  tool('old'),
  say(),
  ask('old'),
  signIn,
  autopilotIdle,
  autopilotEnd,
  idleWith,
  subAgent('started', 'old'),
  ['user.message', { content: 'old' }],
  ['session.idle'],
  ['session.idle', { aborted: true }],
  ['abort', {}],
  ['session.error', { message: 'old' }],
  ['session.task_complete', {}],
  ['session.shutdown', { shutdownType: 'error' }],
  ['session.mode_changed', { newMode: 'autopilot' }],
  ['assistant.intent', { intent: 'old' }],
];

describe('reduceActivity', () => {
  const statuses: readonly (readonly [name: string, status: string, ...steps: Step[]])[] = [
    ['nothing', 'queued'],
    ['the beginning of somebody else', 'queued', ['session.start', { producer: 'service' }], ['session.requested']],
    ['the agent’s beginning', 'idle', START],
    ['a link, a title, a mode', 'idle', START, ['session.info', { infoType: 'remote' }], ['session.mode_changed']],
    ['an event of an unknown type', 'idle', START, ['something.new', { requestId: 'r' }]],
    ['a prompt', 'working', START, ['user.message', { content: 'go' }]],
    ['a prompt before the beginning', 'working', ['user.message', { content: 'go' }]],
    ['a turn', 'working', START, ['assistant.turn_start']],
    ['a message', 'working', START, ['assistant.message', { content: 'hm' }]],
    ['a part of a message', 'working', START, ['assistant.message_delta', { deltaContent: 'h' }]],
    ['a thought', 'working', START, ['assistant.reasoning']],
    ['a part of a thought', 'working', START, ['assistant.reasoning_delta']],
    ['an intent', 'working', START, ['assistant.intent', { intent: 'Reading' }]],
    ['a tool', 'working', START, tool('t1')],
    ['the end of a tool', 'working', START, tool('t1'), toolEnd('t1')],
    ['the last turn of a history', 'idle', START, TURN, say(), TURN_END],
    ['a turn that asked for a tool', 'working', START, TURN, say({ name: 'bash' }), TURN_END],
    ['a turn in which a tool ran', 'working', START, TURN, tool('t'), toolEnd('t'), TURN_END],
    ['the last turn after one with a tool', 'idle', TURN, tool('t'), toolEnd('t'), TURN_END, TURN, say(), TURN_END],
    ['the next prompt after the last turn', 'working', TURN, say(), TURN_END, ['user.message', { content: 'more' }]],
    ['a turn that ends while a question is open', 'needs input', TURN, ask('r1'), TURN_END],
    ['a turn that ends while a sub-agent works', 'working', TURN, subAgent('started'), say(), TURN_END],
    [
      'a turn that ends when the sub-agents have',
      'idle',
      TURN,
      subAgent('started', 'a'),
      subAgent('started', 'b'),
      subAgent('completed', 'a'),
      subAgent('failed', 'b'),
      say(),
      TURN_END,
    ],
    ['a sub-agent that ends when nothing works', 'idle', START, subAgent('completed')],
    ['a turn of a sub-agent that ends', 'working', TURN, ['assistant.turn_end', {}, { agentId: 'a' }]],
    ['what comes late after an abort', 'idle', TURN, tool('t'), ['abort'], toolEnd('t'), say(), ['assistant.intent']],
    ['a turn after an abort', 'working', TURN, ['abort'], TURN],
    ['a prompt after an abort', 'working', TURN, ['abort'], ['user.message', { content: 'go on' }]],
    ['an aborted pause and what comes late', 'idle', TURN, ['session.idle', { aborted: true }], say()],
    ['the rest of the turn that completed the task', 'done', TURN, ['session.task_complete'], toolEnd('t'), TURN_END],
    ['a message behind the end of the task', 'done', TURN, ['session.task_complete', {}], say()],
    ['the end of a tool that nobody saw begin', 'idle', START, toolEnd('t')],
    ['a pause', 'idle', START, ['assistant.turn_start'], ['session.idle']],
    ['an abort', 'idle', START, ['assistant.turn_start'], ['abort']],
    ['work after a pause', 'working', START, ['session.idle'], ['assistant.turn_start']],
    ['a beginning that comes late', 'working', ['assistant.turn_start'], START],
    ['the end of the task', 'done', START, ['session.task_complete', { success: true }]],
    ['the end of the task, of which nothing is said', 'done', START, ['session.task_complete', null]],
    ['the end of a task that failed', 'failed', START, ['session.task_complete', { success: false }]],
    ['a pause after the end', 'done', START, ['session.task_complete', {}], ['session.idle']],
    ['a pause after a failure', 'failed', START, ['session.error', { message: 'm' }], ['session.idle']],
    ['an abort after the end', 'idle', START, ['session.task_complete', {}], ['abort']],
    ['work after the end', 'working', START, ['session.task_complete', {}], ['user.message', { content: 'more' }]],
    ['work after a failure', 'working', START, ['session.error', { message: 'm' }], ['assistant.turn_start']],
    ['an error', 'failed', START, ['session.error', { errorType: 'quota', message: 'm' }]],
    ['a pause and a shutdown', 'idle', START, ['session.shutdown', { shutdownType: 'routine' }]],
    ['work and a shutdown', 'working', ['assistant.turn_start'], ['session.shutdown', { shutdownType: 'routine' }]],
    ['a shutdown because of an error', 'failed', START, ['session.shutdown', { shutdownType: 'error' }]],
    ['a shutdown after a failure', 'failed', START, ['session.error', {}], ['session.shutdown', {}]],
    ['a question', 'needs input', START, ask('r1')],
    ['work while a question is open', 'needs input', START, ask('r1'), ['assistant.message', {}], tool('t1')],
    ['one answer of two', 'needs input', START, ask('r1'), ask('r2'), answer('r1')],
    ['all answers', 'working', START, ask('r1'), ask('r2'), answer('r2'), answer('r1')],
    ['an answer to nothing', 'idle', START, answer('r1')],
    ['an answer without an id', 'needs input', START, ask('r1'), ['permission.completed', {}]],
    ['a question without an id', 'idle', START, ['permission.requested', {}]],
    ['a question without data', 'idle', START, ['permission.requested', null]],
    [
      'a question that a hook answered',
      'idle',
      START,
      ['permission.requested', { requestId: 'r', resolvedByHook: true }],
    ],
    ['a pause after a question', 'idle', START, ask('r1'), ['session.idle']],
    ['a pause of autopilot', 'working', START, TURN, autopilotIdle],
    ['a pause of autopilot behind the end of its turn', 'working', START, TURN, say(), TURN_END, autopilotIdle],
    ['the end of a turn in autopilot', 'working', ['user.message', { agentMode: 'autopilot' }], TURN, say(), TURN_END],
    ['autopilot’s end', 'idle', TURN, autopilotIdle, autopilotEnd],
    ['autopilot’s end before its last pause', 'idle', TURN, autopilotEnd, autopilotIdle],
    ['autopilot’s end because of an error', 'failed', TURN, ['session.autopilot_stopped', { reason: 'error' }]],
    ['autopilot’s end and a prompt', 'working', TURN, autopilotIdle, autopilotEnd, ['user.message', {}], autopilotIdle],
    [
      'the end of an earlier autopilot',
      'working',
      prompted('p'),
      prompted('q'),
      TURN,
      ['session.autopilot_stopped', { requestId: 'p' }],
    ],
    [
      'the end of an autopilot whose prompt is echoed',
      'idle',
      prompted('p', 'x'),
      prompted('q', 'x'),
      TURN,
      ['session.autopilot_stopped', { requestId: 'p' }],
    ],
    ['an aborted autopilot', 'idle', TURN, autopilotIdle, ['session.idle', { mode: 'autopilot', aborted: true }]],
    ['autopilot’s pause after its task', 'done', TURN, ['session.task_complete', {}], autopilotIdle],
    [
      'autopilot switched off in a pause',
      'idle',
      TURN,
      autopilotIdle,
      ['session.mode_changed', { newMode: 'interactive' }],
    ],
    ['a rejected end of the task', 'working', TURN, ['session.task_complete', { success: false, outcome: 'continue' }]],
    ['a pause with background tasks', 'working', TURN, idleWith],
    [
      'a pause with empty background tasks',
      'idle',
      TURN,
      ['session.idle', { backgroundTasks: { agents: [], shells: [] } }],
    ],
    [
      'a pause with background tasks that have ended',
      'idle',
      TURN,
      ['session.idle', { backgroundTasks: [{ id: 'a', status: 'Completed' }] }],
    ],
    ['one end of two background tasks', 'working', TURN, idleWith, taskEnd('shell', 'shellId', 's1')],
    ['the end of other background tasks', 'working', TURN, idleWith, taskEnd('agent', 'agentId', 'x')],
    [
      'the end of all background tasks',
      'idle',
      TURN,
      idleWith,
      taskEnd('shell', 'shellId', 's1'),
      ['subagent.completed', { toolCallId: 't' }, { agentId: 'a1' }],
    ],
    ['a pause after background tasks', 'idle', TURN, idleWith, ['session.idle', {}]],
    ['the last turn while background tasks run', 'working', TURN, idleWith, TURN, say(), TURN_END],
    ['autopilot’s end while background tasks run', 'working', TURN, idleWith, autopilotEnd],
    ['a sign-in that is needed', 'needs input', START, signIn],
    [
      'a sign-in that was done while nothing worked',
      'idle',
      START,
      signIn,
      ['mcp.oauth_completed', { requestId: 'r' }],
    ],
    ['a sign-in that was done at work', 'working', START, TURN, signIn, ['mcp.oauth_completed', { requestId: 'r' }]],
    ['a sign-in that the runtime renewed', 'idle', START, signIn, ['mcp.oauth_recovery_completed', { requestId: 'r' }]],
    [
      'a sign-in that was done after the last turn',
      'idle',
      TURN,
      signIn,
      say(),
      TURN_END,
      ['mcp.oauth_completed', { requestId: 'r' }],
    ],
    [
      'a tool of a client that has run',
      'working',
      TURN,
      ['external_tool.requested', { requestId: 'r', toolCallId: 't' }],
      toolEnd('t'),
    ],
    [
      'an answer that only the record tells of',
      'working',
      TURN,
      ask('r1', 'user_input'),
      ['human_response.recorded', { requestId: 'r1' }],
    ],
    ['an agent’s event without its beginning', 'idle', ['assistant.usage', {}]],
    ['a question of a sub-agent', 'needs input', START, ['permission.requested', { requestId: 'r' }, { agentId: 'a' }]],
    ['the work of a sub-agent', 'idle', START, ['assistant.turn_start', {}, { agentId: 'a' }]],
    ['the failure of a sub-agent', 'working', START, ['assistant.turn_start'], ['session.error', {}, { agentId: 'a' }]],
    ['the end of a sub-agent', 'working', START, ['assistant.turn_start'], ['session.idle', {}, { agentId: 'a' }]],
    ['a type that an object has by nature', 'idle', START, ['constructor', { requestId: 'r' }], ['__proto__', {}]],
  ];
  for (const [name, status, ...steps] of statuses) {
    it(`is ${status} after ${name}`, () => {
      assert.equal(after(...steps).status, status);
    });
  }

  it('knows the kind of each question, and its event', () => {
    const kinds = {
      permission: 'permission',
      user_input: 'input',
      elicitation: 'elicitation',
      exit_plan_mode: 'plan',
      auto_mode_switch: 'autoMode',
      session_limits_exhausted: 'limits',
      external_tool: 'tool',
      sampling: 'sampling',
    };
    for (const [type, kind] of Object.entries(kinds)) {
      const asked = after(START, ask('r1', type));
      assert.deepEqual([...asked.questions.keys()], ['r1']);
      assert.equal(asked.questions.get('r1')?.kind, kind);
      assert.equal(asked.questions.get('r1')?.event.type, `${type}.requested`);
      assert.equal(after(START, ask('r1', type), answer('r1', type)).questions.size, 0, type);
    }
  });

  it('keeps open questions in the order in which they were asked', () => {
    const { questions } = after(ask('r1'), ask('r2', 'user_input'), ask('r3'), answer('r2'), ask('r2'));
    assert.deepEqual([...questions.keys()], ['r1', 'r3', 'r2']);
  });

  it('knows which tools run', () => {
    const { runningTools } = after(tool('t1', 'bash'), tool('t2', 'view'), toolEnd('t1'), ['tool.execution_start', {}]);
    assert.deepEqual(
      [...runningTools],
      [
        ['t2', 'view'],
        ['e3', 'tool'],
      ],
    );
    assert.equal(after(tool('t1'), toolEnd('unknown'), ['tool.execution_complete', null]).runningTools.size, 1);
    assert.equal(after(tool('t1'), ['session.idle']).runningTools.size, 0);
  });

  it('keeps the last intent, title and failure that say something', () => {
    const state = after(
      START,
      ['session.title_changed', { title: 'Fix it' }],
      ['session.title_changed', { title: ' ' }],
      ['assistant.intent', { intent: 'Reading' }],
      ['assistant.intent', {}],
    );
    assert.deepEqual([state.title, state.activity], ['Fix it', 'Reading']);
    assert.equal(after(['assistant.intent', { intent: 'Reading' }], ['session.idle']).activity, undefined);
    assert.equal(after(['session.error', { message: 'Quota' }]).failure, 'Quota');
    assert.equal(after(['session.error', {}]).failure, 'The session reported an error.');
    assert.equal(after(['session.shutdown', { shutdownType: 'error', errorReason: 'OOM' }]).failure, 'OOM');
    assert.equal(after(['session.shutdown', { shutdownType: 'error' }]).failure, 'The session ended with an error.');
    assert.equal(after(['session.error', { message: 'Quota' }], ['session.shutdown', {}]).failure, 'Quota');
    assert.equal(after(['session.error', { message: 'Quota' }], ['assistant.turn_start']).failure, undefined);
  });

  it('keeps one line’s worth of the first prompt, whatever follows', () => {
    const prompt = (content: unknown): Step => ['user.message', { content }];
    assert.equal(after(START, prompt(' '), prompt('first '), prompt('second')).firstPrompt, 'first');
    assert.equal(after(prompt(5)).firstPrompt, undefined);
    assert.equal(after(prompt('x'.repeat(100_000))).firstPrompt?.length, 500);
  });

  it('counts each end of work once, however it is said', () => {
    const endings = (...steps: Step[]): number => after(...steps).endings;
    assert.equal(endings(START, ['session.idle'], ['abort']), 0);
    assert.equal(endings(START, TURN, say(), TURN_END, ['session.idle']), 1);
    assert.equal(endings(START, TURN, ['abort'], ['session.idle', { aborted: true }]), 1);
    assert.equal(endings(START, TURN, say(), TURN_END, TURN, say(), TURN_END), 2);
    assert.equal(endings(START, TURN, ['session.error', {}], ['session.error', {}], ['session.shutdown', {}]), 1);
    assert.equal(endings(START, ['session.error', {}]), 1);
    assert.equal(endings(START, TURN, ['session.error', {}, { agentId: 'a' }], subAgent('failed')), 0);
  });

  it('tells an aborted end from another one', () => {
    assert.equal(after(TURN, ['abort']).aborted, true);
    assert.equal(after(TURN, ['session.idle', { aborted: true }]).aborted, true);
    assert.equal(after(TURN, ['session.idle', {}]).aborted, false);
    assert.equal(after(TURN, ['abort'], ['session.idle', {}]).aborted, true);
    assert.equal(after(TURN, ['abort'], TURN, ['session.idle', {}]).aborted, false);
  });

  it('is no newer for what the runtime notes when a window attaches', () => {
    const at = (second: number): { timestamp: string } => ({ timestamp: `2026-01-01T00:00:0${second}.000Z` });
    const idle = after(['session.idle', {}, at(1)]);
    const attached = reduceActivity(
      idle,
      eventsOf(
        ['session.start', { producer: 'service' }, at(2)],
        ['session.info', { infoType: 'remote' }, at(3)],
        ['session.shutdown', { shutdownType: 'routine' }, at(4)],
      ),
    );
    assert.deepEqual(attached.lastEventTime, new Date(at(1).timestamp));
    const begun = reduceActivity(attached, eventsOf(['session.start', { producer: 'copilot-agent' }, at(5)]));
    assert.deepEqual(begun.lastEventTime, new Date(at(5).timestamp));
  });

  it('is as it was after events that are older than the last work, wherever they come', () => {
    const base = Date.parse('2026-01-02T00:00:00Z');
    const stamp = (step: Step, id: string, ms: number): SessionEvent =>
      event(id, step[0], step[1] ?? {}, { ...step[2], timestamp: new Date(base + ms).toISOString() });
    const steps = fc.array(fc.constantFrom(...TELLING), { minLength: 1, maxLength: 12 });
    const old = fc.array(fc.tuple(fc.nat(12), fc.constantFrom(...TELLING), fc.integer({ min: 1, max: 9_000_000 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(steps, old, (live, late) => {
        // The first event tells where the agent works, and proves its start however old it is.
        const events = [START, ...live].map((step, index) => stamp(step, `e${index}`, index * 1_000));
        const mixed = [...events];
        for (const [place, step, age] of late) {
          const index = Math.min(place, mixed.length - 1);
          const state = reduceActivity(INITIAL_ACTIVITY, mixed.slice(0, index + 1));
          // Only the agent's own later work makes a question obsolete.
          const isQuestion = /[._](requested|required)$/.test(step[0]);
          const last = (isQuestion ? state.lastAgentTime : state.lastEventTime)?.getTime() ?? base;
          mixed.splice(index + 1, 0, stamp(step, `old${mixed.length}`, last - base - age));
        }
        const expected = { ...reduceActivity(INITIAL_ACTIVITY, events), firstPrompt: undefined };
        const actual = { ...reduceActivity(INITIAL_ACTIVITY, mixed), firstPrompt: undefined };
        assert.deepEqual(actual, expected);
      }),
    );
  });

  it('takes an answer that is older than other work, and none that is older than its question', () => {
    const at = (second: number) => ({ timestamp: `2026-01-01T00:00:0${second}.000Z` });
    const asked: Step[] = [
      ['permission.requested', { requestId: 'r' }, at(3)],
      ['assistant.message', {}, at(5)],
    ];
    assert.equal(after(...asked, ['permission.completed', { requestId: 'r' }, at(4)]).status, 'working');
    assert.equal(after(...asked, ['permission.completed', { requestId: 'r' }, at(2)]).status, 'needs input');
  });

  it('goes on when a clock is put back', () => {
    const at = (time: string) => ({ timestamp: `2026-01-01T${time}:00.000Z` });
    const ahead = after(['assistant.turn_start', {}, at('11:00')]);
    const now = Date.parse('2026-01-01T10:00:00Z');
    const idle = eventsOf(['session.idle', {}, at('10:00')]);
    assert.equal(reduceActivity(ahead, idle, 0, { now }).status, 'idle');
    assert.deepEqual(reduceActivity(ahead, idle, 0, { now }).lastEventTime, new Date(now));
    // An older event is old by any clock.
    assert.equal(reduceActivity(ahead, eventsOf(['session.idle', {}, at('09:00')]), 0, { now }).status, 'working');
    assert.equal(reduceActivity(ahead, idle, 0, { now: now + 3_600_000 }).status, 'working');
  });

  it('takes no event for new because this clock is behind all others', () => {
    const at = (time: string) => ({ timestamp: `2026-01-01T${time}:00.000Z` });
    const idle = after(START, ['assistant.turn_start', {}, at('11:00')], ['session.idle', {}, at('11:01')]);
    const old = eventsOf(['assistant.message_delta', {}, { ...at('09:45'), ephemeral: true }]);
    for (const now of ['08:00', '09:00', '09:43']) {
      assert.equal(reduceActivity(idle, old, 0, { now: Date.parse(`2026-01-01T${now}:00Z`) }).status, 'idle', now);
    }
  });

  it('takes what follows the last event for new, whatever the clocks say', () => {
    const at = (id: string, type: string, time: string, parentId: string | null = null) =>
      event(id, type, {}, { parentId, timestamp: `2026-01-01T${time}:00.000Z` });
    const turn = at('b', 'assistant.turn_start', '11:00', 'a');
    const idle = reduceActivity(INITIAL_ACTIVITY, [at('a', 'session.error', '10:59'), turn]);
    assert.equal(idle.status, 'working');
    assert.equal(reduceActivity(idle, [at('c', 'session.error', '09:00', 'b')]).status, 'failed');
    assert.equal(reduceActivity(idle, [at('c', 'session.error', '09:00', 'a')]).status, 'working');
  });

  it('asks what comes just behind a prompt of a person, by whose clock it is older', () => {
    const at = (time: string) => ({ timestamp: `2026-01-01T${time}Z` });
    const ask: Step = ['permission.requested', { requestId: 'r' }, at('11:00:00.900')];
    const start: Step = ['session.start', { producer: 'copilot-agent' }, at('10:00:00.000')];
    assert.equal(after(start, ['user.message', { content: 'x' }, at('11:00:01.000')], ask).status, 'needs input');
    assert.equal(after(start, ['assistant.message', {}, at('11:00:01.000')], ask).status, 'working');
  });

  it('takes nothing for work that is older than the session', () => {
    const at = (time: string) => ({ timestamp: `2026-01-01T${time}:00.000Z` });
    const delta: Step = ['assistant.message_delta', {}, { ...at('09:00'), ephemeral: true }];
    const requested: Step = ['session.requested', {}, at('10:00')];
    const start: Step = ['session.start', { producer: 'copilot-agent' }, at('10:01')];
    for (const steps of [
      [delta, requested, start],
      [requested, delta, start],
      [requested, start, delta],
    ]) {
      assert.equal(after(...steps).status, 'idle');
    }
    assert.equal(after(requested, ['user.message', { content: 'Go' }, at('10:00')], start).status, 'working');
  });

  it('knows where the agent works, and that no other does', () => {
    const context = { cwd: '/w', repository: 'octo/app', branch: 'main' };
    const started: Step = ['session.start', { producer: 'copilot-agent', context }];
    const of = (...steps: Step[]) => {
      const { repository, branch } = after(...steps);
      return [repository, branch];
    };
    assert.deepEqual(of(['session.start', { producer: 'service', context }]), [undefined, undefined]);
    assert.deepEqual(of(started), ['octo/app', 'main']);
    assert.deepEqual(of(started, ['session.context_changed', { cwd: '/w', branch: 'fix' }]), ['octo/app', 'fix']);
    assert.deepEqual(of(started, ['session.context_changed', { cwd: '/here', branch: 'x' }]), ['octo/app', 'main']);
  });

  it('takes as proof of the agent’s start only what a started agent causes', () => {
    const proofs = ['assistant.message', 'assistant.of_tomorrow', 'tool.execution_start', 'subagent.started'];
    for (const type of [...proofs, 'permission.requested', 'session.task_complete', 'tool.shell_output']) {
      assert.equal(provesAgentStart(event('e', type)), true, type);
      assert.equal(after([type, {}]).agentStarted, true, type);
    }
    const none = ['user.message', 'session.info', 'session.requested', 'session.start', 'session.idle', 'abort'];
    for (const type of [...none, 'session.error', 'session.title_changed', 'something.new', 'constructor']) {
      assert.equal(provesAgentStart(event('e', type)), false, type);
    }
  });

  it('knows since when it works, and when the last event was', () => {
    const at = (second: number): { timestamp: string } => ({ timestamp: `2026-01-01T00:00:0${second}.000Z` });
    const working = after(
      ['assistant.turn_start', {}, at(1)],
      ['permission.requested', { requestId: 'r' }, at(2)],
      ['permission.completed', { requestId: 'r' }, at(3)],
      ['assistant.message', {}, { timestamp: 'never' }],
    );
    assert.deepEqual(working.workingSince, new Date(at(1).timestamp));
    assert.deepEqual(working.lastEventTime, new Date(at(3).timestamp));
    const again = reduceActivity(working, eventsOf(['session.idle', {}, at(4)], ['assistant.turn_start', {}, at(5)]));
    assert.deepEqual(again.workingSince, new Date(at(5).timestamp));
    assert.equal(after(['assistant.turn_start'], ['session.idle']).workingSince, undefined);
    assert.equal(after(['assistant.turn_start', {}, { timestamp: 7 }]).workingSince, undefined);
  });

  it('knows the agent’s beginning from that of others', () => {
    assert.equal(after(START).agentStarted, true);
    assert.equal(after(['session.start', { producer: 'service' }], ['session.start', null]).agentStarted, false);
    assert.equal(isAgentStart(agentStart()), true);
    assert.equal(isAgentStart(userMessage('u', 'copilot-agent')), false);
  });

  it('leaves the state before as it was, and is the same for all at once as one by one', () => {
    const steps = eventsOf(
      START,
      ask('r1'),
      tool('t1'),
      ask('r2'),
      answer('r1'),
      toolEnd('t1'),
      ['session.idle'],
      ask('r3'),
    );
    const states = [INITIAL_ACTIVITY];
    for (const one of steps) {
      states.push(reduceActivity(states.at(-1)!, [one]));
    }
    assert.deepEqual(
      states.map(({ questions, runningTools }) => [questions.size, runningTools.size]),
      [
        [0, 0],
        [0, 0],
        [1, 0],
        [1, 1],
        [2, 1],
        [1, 1],
        [1, 0],
        [0, 0],
        [1, 0],
      ],
    );
    assert.deepEqual(reduceActivity(INITIAL_ACTIVITY, steps), states.at(-1));
    assert.deepEqual(reduceActivity(states[3]!, steps, 3), states.at(-1));
    assert.equal(reduceActivity(INITIAL_ACTIVITY, []).status, 'queued');
    assert.equal(reduceActivity(INITIAL_ACTIVITY, eventsOf(ask('r1'), START), 1).status, 'idle');
  });

  it('never throws at an event that lacks what it should have', () => {
    for (const odd of [
      {},
      { type: 5 },
      { type: 'session.error', data: 'x' },
      { type: 'tool.execution_start', data: [] },
    ]) {
      assert.doesNotThrow(() => reduceActivity(INITIAL_ACTIVITY, [odd as unknown as SessionEvent]));
    }
  });

  it('takes 10,000 open questions and as many tools, and no more, and does not copy them for each event', () => {
    const many = [
      ...range('r', 1, 12_000).map((id) => event(id, 'permission.requested', { requestId: id })),
      ...range('t', 1, 12_000).map((id) => event(id, 'tool.execution_start', { toolCallId: id })),
    ];
    let copies = 0;
    const { Map: PlainMap } = globalThis;
    globalThis.Map = class<K, V> extends PlainMap<K, V> {
      constructor(entries?: Iterable<readonly [K, V]> | null) {
        copies++;
        super(entries);
      }
    };
    let state: SessionActivity;
    try {
      state = reduceActivity(INITIAL_ACTIVITY, many);
    } finally {
      globalThis.Map = PlainMap;
    }
    assert.equal(copies, 2);
    assert.deepEqual([state.questions.size, state.runningTools.size], [10_000, 10_000]);
    const answers = range('r', 1, 10_000).map((id) => event(id, 'permission.completed', { requestId: id }));
    const answered = reduceActivity(state, answers);
    assert.deepEqual([answered.questions.size, answered.status], [0, 'working']);
  });
});
