import { SessionStore } from '../../src/core/store/sessionStore';
import { SessionPersistence } from '../../src/storage/sessionPersistence';
import { superviseRuntime, type HeadlessOptions } from './headlessExtension';

/*
 * The work of the extension host without VS Code, in a process that tests can kill. It takes commands and sends reports
 * over Node's IPC channel.
 */

export interface HostConfiguration extends HeadlessOptions {
  readonly folder: string;
}

export type HostCommand =
  | { readonly kind: 'connect'; readonly taskId: string }
  | { readonly kind: 'send'; readonly sessionId: string; readonly text: string }
  | { readonly kind: 'close' };

/** Confirms that the prompt is on disk. */
export interface HostReceipt {
  readonly kept: string;
}

export interface HostReport {
  /** Process id of the runtime. */
  readonly pid: number | undefined;
  readonly restored: boolean;
  readonly sessions: readonly {
    readonly sessionId: string;
    readonly taskId: string | undefined;
    readonly attached: boolean;
    readonly events: number;
    readonly prompts: readonly { readonly text: string; readonly state: string }[];
  }[];
  readonly warnings: readonly string[];
}

const configuration = JSON.parse(process.argv[2] ?? '{}') as HostConfiguration;
const warnings: string[] = [];
const warn = (message: string): void => {
  warnings.push(message);
};
const store = new SessionStore({ get: () => undefined, set: () => undefined }, warn);
const persistence = new SessionPersistence(store, {
  folder: configuration.folder,
  workspace: 'harbor',
  bounds: () => ({ maxAgeDays: 30, maxSizeMB: 200 }),
  disk: { failed: (error) => warn(`The disk: ${String(error)}`), recovered: () => undefined },
  warn,
});
let restored = false;
void persistence.restore().then(() => {
  restored = true;
});
const supervisor = superviseRuntime(configuration, warn);
supervisor.onDidChangeConnection((client) => store.setClient(client));
supervisor.start().catch((error: unknown) => warn(`The runtime: ${String(error)}`));

process.on('message', (command: HostCommand) => {
  switch (command.kind) {
    case 'connect':
      supervisor
        .start()
        .then(() => store.connect(command.taskId))
        .catch((error: unknown) => warn(`connect: ${String(error)}`));
      break;
    case 'send':
      store
        .getSession(command.sessionId)
        ?.send(command.text)
        .catch((error: unknown) => warn(`send: ${String(error)}`));
      void store.beforeSend().then(() => process.send?.({ kept: command.text } satisfies HostReceipt));
      break;
    case 'close':
      void (async () => {
        await supervisor.stop();
        await persistence.close();
        process.exit(0);
      })();
      break;
  }
});
process.on('disconnect', () => process.exit(1));
setInterval(() => {
  const report: HostReport = {
    pid: supervisor.pid,
    restored,
    sessions: store.openSessions.map((session) => ({
      sessionId: session.sessionId,
      taskId: session.details.taskId,
      attached: session.isAttached,
      events: session.events.length,
      prompts: session.outbox.pending.map(({ text, state }) => ({ text, state })),
    })),
    warnings: warnings.splice(0),
  };
  process.send?.(report);
}, 50);
