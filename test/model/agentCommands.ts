import fc from 'fast-check';
import { index, pick, step } from './steps';

/* Actions of agents. */

type AgentAct = 'starts' | 'works' | 'finishes' | 'fails' | 'is done, without an event' | 'failed, without an event';

export const agent = step(
  fc.record({
    task: index,
    act: fc.constantFrom<AgentAct>(
      'starts',
      'starts',
      'works',
      'works',
      'finishes',
      'finishes',
      'fails',
      'is done, without an event',
      'failed, without an event',
    ),
  }),
  ({ task, act }) => `agent(${task}) ${act}`,
  (world, given) => {
    const task = pick(world.service.tasks, given.task);
    switch (given.act) {
      case 'starts':
        task?.start();
        break;
      case 'works':
        task?.work();
        break;
      case 'finishes':
        task?.finish();
        break;
      case 'fails':
        task?.fail();
        break;
      case 'is done, without an event':
        task?.end('completed');
        break;
      case 'failed, without an event':
        task?.end('failed');
        break;
    }
    return task?.taskId;
  },
);

type Trick = 'autopilot goes on' | 'background tasks go on' | 'an old end' | 'an old delta';

/** Ephemeral events that change nothing: they are in no history. */
export const tricks = step(
  fc.record({
    task: index,
    trick: fc.constantFrom<Trick>('autopilot goes on', 'background tasks go on', 'an old end', 'an old delta'),
  }),
  ({ task, trick }) => `agent(${task}): ${trick}`,
  (world, given) => {
    const task = pick(world.service.tasks, given.task);
    if (task?.started !== true || task.questions.size > 0) {
      return undefined;
    }
    const hourAgo = 80 * 60_000;
    switch (given.trick) {
      case 'autopilot goes on':
        task.pause({ mode: 'autopilot' });
        break;
      case 'background tasks go on':
        task.pause({ backgroundTasks: { agents: [{ agentId: 'a', agentType: 'task' }], shells: [] } });
        break;
      case 'an old end':
        if (task.working) {
          task.publish('session.idle', {}, true, hourAgo);
        }
        break;
      case 'an old delta':
        if (!task.working && !task.failed) {
          task.publish('assistant.message_delta', { messageId: 'old', deltaContent: '…' }, true, hourAgo);
        }
        break;
    }
    return task.taskId;
  },
);

export const ask = step(
  fc.record({
    task: index,
    kind: fc.constantFrom('permission' as const, 'user_input' as const),
    how: fc.constantFrom('event' as const, 'request' as const, 'both' as const, 'twice' as const),
  }),
  ({ task, kind, how }) => `agent(${task}) asks for ${kind} (${how})`,
  (world, { task: number, kind: wanted, how }) => {
    const task = pick(world.service.tasks, number);
    if (task?.started !== true) {
      return undefined;
    }
    const text = world.name('question');
    const runtime = world.runtimes.find((one) => one.isAlive && !one.frozen && one.sessionOf(task) !== undefined);
    const session = runtime?.sessionOf(task);
    const byRequest = (how === 'request' || how === 'both') && runtime !== undefined && session !== undefined;
    // Only input typed by a person is also requested by a call.
    const kind = byRequest ? 'user_input' : wanted;
    const question = { requestId: text, kind, text, byEvent: !byRequest || how === 'both' };
    task.ask(question);
    if (how === 'twice') {
      task.ask({ ...question, requestId: `${text} again` });
    }
    if (byRequest) {
      runtime.ask(session, text, text);
    }
    return `${text} of ${task.taskId}`;
  },
);
