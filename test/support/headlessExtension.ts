import { StreamMessageWriter } from 'vscode-jsonrpc/node';
import { FrameReader } from '../../src/core/frames/frameReader';
import { RestartPolicy } from '../../src/runtime/restartPolicy';
import { RuntimeClient } from '../../src/core/client/runtimeClient';
import { runtimeEnvironment } from '../../src/runtime/platform/environment';
import { serverArguments } from '../../src/runtime/runtimeProcess';
import { RuntimeSupervisor } from '../../src/runtime/supervisor';
import { scriptedRuntime } from './processes';

export interface HeadlessOptions {
  /** Absolute path of the runtime. */
  readonly executable: string;
  /** Variables for the runtime, in addition to those that it needs. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path of the runtime's working folder. Default: that of this process. */
  readonly cwd?: string;
}

/** A supervisor that runs a runtime as the extension does, without VS Code. The caller starts it. */
export function superviseRuntime(
  { executable, env, cwd }: HeadlessOptions,
  warn: (message: string) => void,
): RuntimeSupervisor<RuntimeClient> {
  return new RuntimeSupervisor<RuntimeClient>({
    target: () =>
      Promise.resolve({
        kind: 'process',
        command: {
          command: executable,
          args: serverArguments([]),
          env: runtimeEnvironment(process.env, { extra: env, asNode: false }),
          ...(cwd !== undefined && { cwd }),
        },
      }),
    open: ({ reader, writer }) =>
      new RuntimeClient(new FrameReader(reader), new StreamMessageWriter(writer), {
        log: { info: () => undefined, warn },
      }),
    handshake: async (client) => {
      await client.handshake();
    },
    onLine: () => undefined,
    info: () => undefined,
    restartPolicy: new RestartPolicy(),
  });
}

/**
 * A supervisor of the scripted runtime with these variables, which restarts it at once after each crash. The caller
 * starts it.
 */
export function superviseScript(extra: Readonly<Record<string, string>>): RuntimeSupervisor<RuntimeClient> {
  const env = runtimeEnvironment(process.env, { extra });
  return new RuntimeSupervisor<RuntimeClient>({
    target: () =>
      Promise.resolve({
        kind: 'process',
        command: { command: process.execPath, args: [scriptedRuntime('scripted')], env },
      }),
    open: ({ reader, writer }) => new RuntimeClient(new FrameReader(reader), new StreamMessageWriter(writer)),
    handshake: async (client) => {
      await client.handshake();
    },
    onLine: () => undefined,
    info: () => undefined,
    restartPolicy: new RestartPolicy({ delaysMs: [1], maxCrashes: Number.MAX_SAFE_INTEGER }),
  });
}
