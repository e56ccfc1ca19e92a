import type { IncomingMessage } from 'node:http';
import { text } from './answers';
import { GITHUB_COMMANDS } from './controlGitHub';
import { ROUTES, type Fault, type RouteName } from './faults';
import type { AgentMachine, DiffFault, FileContent } from './github/agentMachine';
import type { MissionControl } from './missionControl';
import type { AppendOptions, Task } from './task';

/*
 * Controls the emulator from another process. JSON in, JSON out; `Content-Type: application/json` is required, so that
 * no page in a browser can do it. It works while the service's own routes have faults, but not while the service is down.
 *
 * POST /_emulator/faults    {route: NAME | "*", fault: {kind: "status" | "hang" | "reset" | "malformed" | "answer" |
 *                            "delay", ...}, times?, forMs?}; `fault: null` ends it   (types in faults.ts)
 * POST /_emulator/heal      {}                        ends all faults
 * POST /_emulator/down      {ms}                      refuses connections for so long
 * POST /_emulator/settings  {speed?, story?, streaming?, autoplay?, startsAfterMs?, remoteUrl?}  (settings.ts)
 * POST /_emulator/tasks     CreateTaskOptions         -> the task, as in `state`    (settings.ts)
 * POST /_emulator/append    {taskId, type, data, options?}  -> the event            (task.ts)
 * POST /_emulator/appendRaw {taskId, entry}
 * POST /_emulator/burst     {taskId, count}           -> {count}
 * POST /_emulator/agent     {taskId, steps: [{edit: {PATH: CONTENT | null}} | {rename: {from, to}} | {commit: MESSAGE} |
 *                            {push: {force?}} | {run: [ARGUMENT]} | {fault: DiffFault | null}]}
 *                           -> {results: [...]}: hashes, outputs, null   (github/agentMachine.ts)
 * POST /_emulator/pull      {repository: "OWNER/NAME", create: NewPull | number: N, state?, reviews?} -> {number}
 * POST /_emulator/checks    {repository, ref, runs?, statuses?}
 * POST /_emulator/issue     {repository, title, body?, login?} -> {number}   (github/rest/issueTracker.ts)
 * POST /_emulator/seedDemo  {}
 * GET  /_emulator/state     -> {url, settings, proxied, tasks: [{id, sessionId, name, state, repository, steers,
 *                              events}], requests: [{method, path, route, body, status}]}
 *
 * A malformed request is answered with 400 and a `message`.
 */
export const PREFIX = '/_emulator/';

/** What a test has an agent do. */
export type AgentStep =
  | { readonly edit: Readonly<Record<string, FileContent>> }
  | { readonly rename: { readonly from: string; readonly to: string } }
  | { readonly commit: string }
  | { readonly push: { readonly force?: boolean } }
  | { readonly run: readonly string[] }
  | { readonly fault: DiffFault | null };

type Command = (emulator: MissionControl, body: Readonly<Record<string, unknown>>) => unknown;

const COMMANDS: Readonly<Record<string, Command>> = {
  ...GITHUB_COMMANDS,
  'POST faults': (emulator, body) => {
    const route = body['route'];
    if (route !== '*' && !ROUTES.includes(route as RouteName)) {
      throw new Error(`There is no route ${JSON.stringify(route)}; there are: *, ${ROUTES.join(', ')}`);
    }
    const fault = body['fault'] as Fault | null;
    if (fault === null) {
      emulator.faults.clear(route as RouteName | '*');
    } else {
      emulator.faults.set(route as RouteName | '*', fault, body);
    }
    return {};
  },
  'POST heal': (emulator) => {
    emulator.faults.clear();
    return {};
  },
  'POST down': (emulator, body) => {
    // Only after this request has been answered.
    setImmediate(() => void emulator.downFor(Number(body['ms'])));
    return {};
  },
  'POST settings': (emulator, body) => {
    emulator.configure(body);
    return emulator.settings;
  },
  'POST tasks': (emulator, body) => describe(emulator.createTask(body)),
  'POST append': (emulator, body) =>
    emulator.append(
      text(body['taskId']),
      text(body['type']),
      body['data'] as Readonly<Record<string, unknown>>,
      body['options'] as AppendOptions | undefined,
    ),
  'POST appendRaw': (emulator, body) => {
    emulator.appendRaw(text(body['taskId']), body['entry']);
    return {};
  },
  'POST burst': (emulator, body) => ({ count: emulator.burst(text(body['taskId']), Number(body['count'])).length }),
  'POST agent': async (emulator, body) => {
    const machine = emulator.agentFiles(text(body['taskId']));
    const results: unknown[] = [];
    for (const step of body['steps'] as readonly AgentStep[]) {
      results.push((await act(machine, step)) ?? null);
    }
    return { results };
  },
  'POST seedDemo': async (emulator) => {
    await emulator.seedDemo();
    return {};
  },
  'GET state': (emulator) => ({
    url: emulator.url,
    settings: emulator.settings,
    proxied: emulator.proxied,
    tasks: emulator.tasks.map(describe),
    requests: emulator.requests,
  }),
};

/** Answers a request under {@link PREFIX}. */
export async function control(
  emulator: MissionControl,
  request: Pick<IncomingMessage, 'method' | 'headers'>,
  pathname: string,
  body: Readonly<Record<string, unknown>>,
  send: (status: number, answer: unknown) => void,
): Promise<void> {
  const command = COMMANDS[`${request.method ?? ''} ${pathname.slice(PREFIX.length)}`];
  if (command === undefined) {
    send(404, { message: `There is no ${pathname}; there are: ${Object.keys(COMMANDS).join(', ')}` });
    return;
  }
  if (request.method === 'POST' && request.headers['content-type']?.startsWith('application/json') !== true) {
    send(400, { message: 'Content-Type: application/json is needed' });
    return;
  }
  try {
    send(200, await command(emulator, body));
  } catch (error) {
    send(400, { message: error instanceof Error ? error.message : String(error) });
  }
}

async function act(machine: AgentMachine, step: AgentStep): Promise<unknown> {
  if ('edit' in step) {
    await machine.edit(step.edit);
    return undefined;
  } else if ('rename' in step) {
    await machine.rename(step.rename.from, step.rename.to);
    return undefined;
  } else if ('commit' in step) {
    return await machine.commit(step.commit);
  } else if ('push' in step) {
    await machine.push(step.push);
    return undefined;
  } else if ('run' in step) {
    return await machine.run(step.run);
  } else if ('fault' in step) {
    machine.fault = step.fault ?? undefined;
    return undefined;
  }
  throw new Error(`An agent cannot do ${JSON.stringify(step)}`);
}

function describe(task: Task): unknown {
  const { id, sessionId, name, state, repository, steers, events } = task;
  return { id, sessionId, name, state, repository, steers, events };
}
