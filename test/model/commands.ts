import fc from 'fast-check';
import type { Window } from './driver';
import { checkStep } from './invariants';
import type { Birth, Cut, Mode, Weather } from './weather';
import type { World } from './world';

/** One command: what it is called in a counterexample, and what it does. It does nothing where it has no object. */
class Step implements fc.AsyncCommand<World, World> {
  constructor(
    private readonly label: string,
    private readonly act: (world: World) => string | undefined | Promise<string | undefined>,
  ) {}

  check(): boolean {
    return true;
  }

  async run(world: World): Promise<void> {
    const done = await this.act(world);
    if (done === undefined) {
      return;
    }
    world.say(`${this.label}: ${done}`);
    await world.time.settle();
    checkStep(world);
  }

  toString(): string {
    return this.label;
  }
}

type Arbitrary = fc.Arbitrary<Step>;
/** Chooses of whatever there is at that time. */
const index = fc.nat({ max: 7 });

function pick<T>(all: readonly T[], number: number): T | undefined {
  return all.length === 0 ? undefined : all[number % all.length];
}

function windowOf(world: World, number: number): Window | undefined {
  // Most happens in the first window.
  return pick(world.windows, number > 4 ? 1 : 0);
}

function step<T>(
  arbitrary: fc.Arbitrary<T>,
  label: (value: T) => string,
  act: (world: World, value: T) => string | undefined | Promise<string | undefined>,
): Arbitrary {
  return arbitrary.map((value) => new Step(label(value), (world) => act(world, value)));
}

const birth: fc.Arbitrary<Birth> = fc.record({
  startsAtOnce: fc.boolean(),
  eventsFirst: fc.boolean(),
  losesBatch: fc.boolean(),
});

const create = step(
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

const cancelCreate = step(
  index,
  (number) => `cancelCreate(${number})`,
  (world, number) => {
    const found = pick(world.creating, number);
    found?.cancel();
    return found && (found.prompt?.text ?? 'without a prompt');
  },
);

/** Acts on a session that is open in a window. */
function onSession<T>(
  name: string,
  arbitrary: fc.Arbitrary<T>,
  act: (world: World, window: Window, session: Window['sessions'][number], value: T) => string | undefined,
): Arbitrary {
  return step(
    fc.record({ window: index, session: index, value: arbitrary }),
    ({ window, session, value }) =>
      `${name}(window ${window}, session ${session}${value === undefined ? '' : `, ${String(value)}`})`,
    (world, given) => {
      const window = windowOf(world, given.window);
      const session = window && pick(window.sessions, given.session);
      return window && session && act(world, window, session, given.value);
    },
  );
}

const nothing = fc.constant(undefined);
const mode = fc.constantFrom('enqueue' as const, 'enqueue' as const, 'immediate' as const);

const send = onSession('send', mode, (world, window, session, chosen) => {
  world.send(window, session, chosen);
  return `${[...world.prompts.keys()].at(-1)} to ${session.sessionId}`;
});

const stop = onSession(
  'stop',
  fc.constantFrom('confirmed' as const, 'refused' as const, 'unconfirmed' as const),
  (world, window, session, outcome) => {
    world.weather.onAbort = outcome;
    world.give('abort', window.abort(session));
    return session.sessionId;
  },
);

const stopWatching = onSession('stopWatching', nothing, (world, window, { sessionId }) => {
  const task = world.taskOf(sessionId);
  if (task !== undefined) {
    world.disconnect(window, task, sessionId);
  }
  return sessionId;
});

const watch = step(
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

const discard = step(
  fc.record({ window: index, prompt: index }),
  ({ window, prompt }) => `discard(window ${window}, prompt ${prompt})`,
  (world, given) => {
    const found = pick(windowOf(world, given.window)?.actionable ?? [], given.prompt);
    const record = found && world.prompts.get(found.text);
    if (found === undefined || record === undefined) {
      return undefined;
    }
    record.discarded = {
      settledAt: found.state === 'queued' ? world.service.receivedCount(found.text) : undefined,
    };
    found.outbox.discard(found.id);
    return `${found.text} (${found.state})`;
  },
);

const retry = step(
  fc.record({ window: index, prompt: index }),
  ({ window, prompt }) => `retry(window ${window}, prompt ${prompt})`,
  (world, given) => {
    const found = pick(windowOf(world, given.window)?.actionable ?? [], given.prompt);
    const record = found && world.prompts.get(found.text);
    if (found === undefined || record === undefined || found.state === 'queued') {
      return undefined;
    }
    record.retries++;
    found.outbox.retry(found.id);
    return `${found.text} (${found.state})`;
  },
);

const dismiss = step(
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

type AgentAct = 'starts' | 'works' | 'finishes' | 'fails' | 'is done, without an event' | 'failed, without an event';

const agent = step(
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

/** Events that are told now, are in no history, and change nothing. */
const tricks = step(
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
        if (task.working) {
          task.publish('session.idle', { mode: 'autopilot' }, true);
        }
        break;
      case 'background tasks go on':
        if (task.working) {
          const backgroundTasks = { agents: [{ agentId: 'a', agentType: 'task' }], shells: [] };
          task.publish('session.idle', { backgroundTasks }, true);
        }
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

const ask = step(
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
    // Only what a person types comes as a request as well.
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

const answer = step(
  fc.record({ window: index, question: index, elsewhere: fc.boolean() }),
  ({ window, question, elsewhere }) => `answer(window ${window}, question ${question}${elsewhere ? ', elsewhere' : ''})`,
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

type RuntimeAct = 'crashes' | 'freezes' | 'thaws';

const runtime = step(
  fc.record({ window: index, act: fc.constantFrom<RuntimeAct>('crashes', 'freezes', 'thaws') }),
  ({ window, act }) => `runtime(window ${window}) ${act}`,
  (world, given) => {
    const found = windowOf(world, given.window)?.runtime;
    switch (given.act) {
      case 'crashes':
        found?.crash();
        break;
      case 'freezes':
        found?.freeze();
        break;
      case 'thaws':
        found?.thaw();
        break;
    }
    return found && `process ${found.number}`;
  },
);

const letGo = step(
  fc.record({ window: index, session: index }),
  ({ window, session }) => `runtime(window ${window}) lets go of a session (${session})`,
  (world, given) => {
    const found = windowOf(world, given.window)?.runtime;
    const session = pick([...(found?.sessions.values() ?? [])], given.session);
    if (session === undefined || found?.frozen === true) {
      return undefined;
    }
    found?.letGo(session);
    return session.sessionId;
  },
);

const service = step(
  fc.constantFrom('goes down', 'comes up', 'comes up', 'swallows prompts', 'swallows none'),
  (act) => `service ${act}`,
  (world, act) => {
    if (act.includes('swallows')) {
      world.service.swallows = act === 'swallows prompts';
    } else {
      world.service.setUp(act === 'comes up');
    }
    return act;
  },
);

const METHODS = [
  'session.create',
  'sessions.connect',
  'session.getMessages',
  'session.send',
  'sessions.list',
  'session.metadata.snapshot',
  'session.abort',
  'session.ui.handlePendingUserInput',
] as const;
const MODES: readonly Mode[] = ['slow', 'late', 'held', 'held', 'never', 'refused', 'lost', 'crashed', 'crashedBefore'];

const order = step(
  fc.record({ method: fc.constantFrom(...METHODS), mode: fc.constantFrom(...MODES) }),
  ({ method, mode: chosen }) => `nextCall(${method}, ${chosen})`,
  (world, { method, mode: chosen }) => {
    world.weather.order(method, chosen);
    return 'ordered';
  },
);

const release = step(
  index,
  (number) => `release(${number})`,
  (world, number) => {
    const { held } = world.weather;
    const found = pick(held, number);
    world.weather.release(number % Math.max(1, held.length));
    return found?.method;
  },
);

const cut = step(
  fc.constantFrom<Cut>('half', 'end', 'empty'),
  (what) => `nextHistory(${what})`,
  ({ weather }, what) => {
    weather.cutNext(what);
    return 'ordered';
  },
);

/** What a runtime does in its own way. */
function habit(name: string, change: (weather: Weather) => void): Arbitrary {
  return fc.constant(
    new Step(name, ({ weather }) => {
      change(weather);
      return 'ordered';
    }),
  );
}

const rename = habit('nextConnect(another id)', (weather) => weather.renameNext());
const replay = habit('nextConnect(events before the answer)', (weather) => weather.replayNext());
const mirrors = habit('runtimes list their cloud sessions as local ones, or not', (weather) => {
  weather.mirrors = !weather.mirrors;
});
const swallowed = habit('runtimes show what the service refused, or not', (weather) => {
  weather.showsSwallowed = !weather.showsSwallowed;
});

const windows = step(
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

const refresh = step(
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

const deleteLocal = step(
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

const advance = step(
  fc.constantFrom(100, 1_000, 3_000, 12_000, 35_000, 70_000, 200_000),
  (ms) => `advance(${ms / 1_000} s)`,
  async (world, ms) => {
    await world.time.advance(ms);
    return 'passed';
  },
);

const jump = step(
  fc.constantFrom(-7_200_000, -60_000, 60_000, 7_200_000),
  (ms) => `clockJumps(${ms / 60_000} min)`,
  (world, ms) => {
    world.time.jump(ms);
    return 'jumped';
  },
);

const WEIGHTS: readonly (readonly [string, Arbitrary, number])[] = [
  ['create', create, 5],
  ['cancelCreate', cancelCreate, 2],
  ['send', send, 9],
  ['stop', stop, 2],
  ['stopWatching', stopWatching, 3],
  ['watch', watch, 4],
  ['discard', discard, 2],
  ['retry', retry, 2],
  ['dismiss', dismiss, 1],
  ['agent', agent, 9],
  ['tricks', tricks, 2],
  ['ask', ask, 4],
  ['answer', answer, 4],
  ['runtime', runtime, 4],
  ['letGo', letGo, 1],
  ['service', service, 3],
  ['order', order, 6],
  ['release', release, 5],
  ['cut', cut, 1],
  ['rename', rename, 1],
  ['replay', replay, 1],
  ['mirrors', mirrors, 1],
  ['swallowed', swallowed, 1],
  ['windows', windows, 3],
  ['refresh', refresh, 1],
  ['deleteLocal', deleteLocal, 1],
  ['advance', advance, 11],
  ['jump', jump, 1],
];

/** @param without commands that are left out, to look for the faults that others make */
export function allCommands(without: ReadonlySet<string> = new Set()): Arbitrary[] {
  return WEIGHTS.filter(([name]) => !without.has(name)).flatMap(([, arbitrary, weight]) =>
    Array.from({ length: weight }, () => arbitrary),
  );
}
