import { replaceMembers } from './vscodeStub';
import childProcess, { execFileSync, type SpawnOptions } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { npmDefaultRegistry } from '../../src/runtime/install/npmDefaultRegistry';
import { startExitError } from '../../src/runtime/runtimeErrors';
import { createRuntimeServices, type RuntimeServices } from '../../src/ui/runtime/runtimeServices';

/*
 * The extension's code for running the runtime, in a process that was started in a hostile folder. For each order over
 * Node's IPC channel it calls everything that starts programs, and reports the outcome.
 */

export interface HostileHostOptions {
  /** The value of `PATH`. */
  readonly path: string;
  readonly storage: string;
  readonly workspace: string | undefined;
  /** `cloudSessions.runtime.*`, without the prefix. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Removes the working directory of this process first. */
  readonly loseFolder?: boolean;
  /** Only starts and stops the runtime. */
  readonly isBrief?: boolean;
  /** Deletes the extension's own folder afterwards and starts the runtime again. */
  readonly startsAgain?: boolean;
  /** Turns the safeguards off: the runtime gets the inherited `PATH` and the working directory of this process. */
  readonly isControl?: boolean;
}

export interface HostileHostReport {
  readonly state: string;
  readonly error: string | undefined;
  /** The command of the runtime's process. */
  readonly command: string | undefined;
  readonly cwd: string | undefined;
  readonly path: string | undefined;
  readonly sessionId: string | undefined;
  /** The state after the second start. */
  readonly stateAgain: string | undefined;
  readonly registry: string | undefined;
  readonly log: readonly string[];
}

let options: HostileHostOptions;
const log: string[] = [];
const write = (message: unknown): number => log.push(String(message));

replaceMembers({
  api: {
    workspace: {
      get workspaceFolders() {
        const { workspace } = options;
        return workspace === undefined ? undefined : [{ uri: { scheme: 'file', fsPath: workspace } }];
      },
      getConfiguration: () => ({
        inspect: (key: string) => ({ globalValue: options.settings[key.replace('cloudSessions.runtime.', '')] }),
        get: () => undefined,
      }),
      onDidChangeConfiguration: () => ({ dispose: () => undefined }),
    },
    Uri: {
      joinPath: ({ fsPath }: { fsPath: string }, ...parts: string[]) => ({ fsPath: path.join(fsPath, ...parts) }),
    },
    authentication: { onDidChangeSessions: () => ({ dispose: () => undefined }) },
  },
  window: {
    createOutputChannel: () => ({ info: write, warn: write, error: write, dispose: () => undefined }),
  },
});

const { spawn } = childProcess;
childProcess.spawn = ((command: string, args: string[], given: SpawnOptions) =>
  spawn(
    command,
    args,
    options.isControl === true ? { ...given, cwd: process.cwd(), env: { ...given.env, PATH: options.path } } : given,
  )) as typeof spawn;

function ofProcess(pid: number | undefined): Pick<HostileHostReport, 'cwd' | 'path'> {
  const environment = fs.readFileSync(`/proc/${pid ?? 0}/environ`, 'utf8').split('\0');
  return {
    cwd: fs.readlinkSync(`/proc/${pid ?? 0}/cwd`),
    path: environment.find((variable) => variable.startsWith('PATH='))?.slice('PATH='.length),
  };
}

function failed(reason: unknown): undefined {
  write(`failed: ${String(reason)}`);
}

/** Calls everything else that starts a program. */
async function callAll({ store, launch }: RuntimeServices): Promise<Pick<HostileHostReport, 'sessionId' | 'registry'>> {
  const session = await store.create({ cloud: { repository: { owner: 'octo', name: 'app' } } }).catch(failed);
  await store.refresh().catch(failed);
  // As the terminal does in which the user signs in.
  const login = launch.loginCommand();
  execFileSync(login.command, [...login.args, 'login', '--help'], { env: login.env, cwd: login.cwd, stdio: 'ignore' });
  // As the error does that says which Node.js was too old.
  const script = { command: process.execPath, args: ['/none.js'], env: login.env, cwd: login.cwd };
  await startExitError(script, { code: 1, signal: null, lastLines: [] });
  const registry = await npmDefaultRegistry(launch.grounds.machine, launch.grounds.cwd);
  return { sessionId: session?.sessionId, registry };
}

async function run(): Promise<HostileHostReport> {
  if (options.loseFolder === true) {
    fs.rmSync(process.cwd(), { recursive: true });
  }
  log.length = 0;
  process.env['PATH'] = options.path;
  const context = {
    globalStorageUri: { fsPath: options.storage },
    asAbsolutePath: (file: string) => path.resolve(__dirname, '../..', file),
    globalState: { get: () => undefined, update: () => Promise.resolve() },
    secrets: { get: () => Promise.resolve(undefined) },
    extension: { packageJSON: { version: '0' } },
  };
  const runtime = createRuntimeServices(context as never);
  const { controller, launch } = runtime;
  await controller.ready().catch(failed);
  const seen = controller.pid === undefined ? { cwd: undefined, path: undefined } : ofProcess(controller.pid);
  const rest = options.isBrief === true ? {} : await callAll(runtime);
  const { state, error } = controller;
  await controller.stop();
  let stateAgain: string | undefined;
  if (options.startsAgain === true) {
    fs.rmSync(path.join(options.storage, 'cwd'), { recursive: true });
    await controller.restart().catch(failed);
    stateAgain = controller.state;
    await controller.stop();
  }
  runtime.dispose();
  return {
    state,
    error: error?.message,
    command: launch.location?.command,
    ...seen,
    sessionId: undefined,
    registry: undefined,
    ...rest,
    stateAgain,
    log,
  };
}

process.on('message', (order: HostileHostOptions) => {
  options = order;
  run().then(
    (report) => process.send?.(report),
    (reason: unknown) => process.send?.({ state: 'threw', log: [...log, String((reason as Error).stack)] }),
  );
});
process.once('disconnect', () => process.exit(0));
