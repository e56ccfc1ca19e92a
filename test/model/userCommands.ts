import fc from 'fast-check';
import { index, onSession, pick, step, windowOf } from './steps';
import type { Birth } from './weather';

/* Actions of a person. */

const birth: fc.Arbitrary<Birth> = fc.record({
  startsAtOnce: fc.boolean(),
  eventsFirst: fc.boolean(),
  losesBatch: fc.boolean(),
});

export const create = step(
  fc.record({ window: index, prompt: fc.boolean(), birth }),
  ({ window, prompt, birth: { startsAtOnce, eventsFirst, losesBatch } }) =>
    `create(window ${window}${prompt ? ', with a prompt' : ''}${startsAtOnce ? '' : ', the agent starts late'}${eventsFirst ? ', events first' : ''}${losesBatch ? ', first batch lost' : ''})`,
  (world, given) => {
    const window = windowOf(world, given.window);
    if (window?.isReady !== true || world.service.tasks.length >= 6) {
      return undefined;
    }
    world.weather.birth = given.birth;
    world.create(window, given.prompt);
    return 'begun';
  },
);

export const cancelCreate = step(
  index,
  (number) => `cancelCreate(${number})`,
  (world, number) => {
    const found = pick(world.creating, number);
    found?.cancel();
    return found && (found.prompt?.text ?? 'without a prompt');
  },
);

const nothing = fc.constant(undefined);
const mode = fc.constantFrom('enqueue' as const, 'enqueue' as const, 'immediate' as const);

export const send = onSession('send', mode, (world, window, session, chosen) => {
  world.send(window, session, chosen);
  return `${[...world.prompts.keys()].at(-1)} to ${session.sessionId}`;
});

export const comment = onSession('comment', nothing, (world, window, session) => {
  return `${world.comment(window, session)} on ${session.sessionId}`;
});

export const sendReview = onSession('sendReview', mode, (world, window, session, chosen) =>
  world.sendReview(window, session, chosen)?.replaceAll('\n', ' '),
);

export const stop = onSession(
  'stop',
  fc.constantFrom('confirmed' as const, 'refused' as const, 'unconfirmed' as const),
  (world, window, session, outcome) => {
    world.weather.onAbort = outcome;
    world.give('abort', window.abort(session));
    return session.sessionId;
  },
);

export const stopWatching = onSession('stopWatching', nothing, (world, window, { sessionId }) => {
  const task = world.taskOf(sessionId);
  if (task !== undefined) {
    world.disconnect(window, task, sessionId);
  }
  return sessionId;
});

export const watch = step(
  fc.record({ window: index, task: index, byTask: fc.boolean() }),
  ({ window, task, byTask }) => `watch(window ${window}, task ${task}${byTask ? '' : ' by its session’s id'})`,
  (world, given) => {
    const window = windowOf(world, given.window);
    const task = pick(world.service.tasks, given.task);
    if (window === undefined || task === undefined) {
      return undefined;
    }
    world.connect(window, task, given.byTask ? task.taskId : task.sessionId);
    return task.taskId;
  },
);

export const discard = step(
  fc.record({ window: index, prompt: index }),
  ({ window, prompt }) => `discard(window ${window}, prompt ${prompt})`,
  (world, given) => {
    const found = pick(windowOf(world, given.window)?.actionable ?? [], given.prompt);
    const record = found && world.prompts.get(found.text);
    if (found === undefined || record === undefined) {
      return undefined;
    }
    record.discarded = {
      settledAt:
        found.state === 'queued' && !record.mayStillArrive ? world.service.receivedCount(found.text) : undefined,
    };
    found.outbox.discard(found.id);
    return `${found.text} (${found.state})`;
  },
);

/** States of prompts that can be sent again. */
const AGAIN: ReadonlySet<string> = new Set(['undelivered', 'failed']);

export const retry = step(
  fc.record({ window: index, prompt: index }),
  ({ window, prompt }) => `retry(window ${window}, prompt ${prompt})`,
  (world, given) => {
    const found = pick(windowOf(world, given.window)?.actionable ?? [], given.prompt);
    const record = found && world.prompts.get(found.text);
    if (found === undefined || record === undefined || !AGAIN.has(found.state)) {
      return undefined;
    }
    record.retries++;
    record.mayStillArrive ||= found.uncertain;
    found.outbox.retry(found.id);
    return `${found.text} (${found.state})`;
  },
);

export const dismiss = step(
  index,
  (number) => `dismissFailedCreations(window ${number})`,
  (world, number) => {
    const dismissed = windowOf(world, number)?.dismissFailed() ?? [];
    for (const text of dismissed) {
      const record = world.prompts.get(text);
      if (record !== undefined) {
        record.discarded ??= { settledAt: undefined };
      }
    }
    return dismissed.length === 0 ? undefined : dismissed.join(', ');
  },
);

export const answer = step(
  fc.record({ window: index, question: index, elsewhere: fc.boolean() }),
  ({ window, question, elsewhere }) =>
    `answer(window ${window}, question ${question}${elsewhere ? ', elsewhere' : ''})`,
  (world, given) => {
    if (given.elsewhere) {
      const asking = pick(world.service.tasks, given.window);
      const question = pick([...(asking?.questions.values() ?? [])], given.question);
      if (question?.byEvent === true) {
        asking?.answer(question.requestId, question.kind);
      }
      return question?.text;
    }
    const window = windowOf(world, given.window);
    const entry = pick(window?.questions ?? [], given.question);
    if (window === undefined || entry === undefined) {
      return undefined;
    }
    world.give('answer', window.answer(entry));
    return entry.requestId;
  },
);

export const windows = step(
  fc.constantFrom('reload', 'reload', 'kill', 'open another', 'close the other'),
  (act) => `window(${act})`,
  async (world, act) => {
    const [first, second] = world.windows;
    if (act === 'open another') {
      if (second !== undefined) {
        return undefined;
      }
      world.openWindow(1);
    } else if (act === 'close the other') {
      if (second === undefined) {
        return undefined;
      }
      await world.closeWindow(second, 'close');
    } else if (first !== undefined) {
      await world.reload(first, act === 'kill' ? 'kill' : 'close');
    }
    return act;
  },
);

export const refresh = step(
  index,
  (number) => `refresh(window ${number})`,
  (world, number) => {
    const window = windowOf(world, number);
    if (window !== undefined) {
      world.give('refresh', window.refresh());
    }
    return window && 'begun';
  },
);

export const deleteLocal = step(
  index,
  (number) => `deleteLocal(window ${number})`,
  (world, number) => {
    const window = windowOf(world, number);
    if (window !== undefined) {
      world.give('delete', window.delete('local-1'));
    }
    return window && 'begun';
  },
);
