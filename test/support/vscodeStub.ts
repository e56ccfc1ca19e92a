import Module from 'node:module';
import { Emitter } from 'vscode-jsonrpc/node';

/**
 * As much of VS Code as is needed to run the UI's code in plain Node: commands, messages, events and disposables work;
 * anything else is there, and does nothing. Import it before what imports `vscode`.
 */

/** A message as it was shown, and the button that is pressed on it. */
export interface ShownMessage {
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
  readonly buttons: readonly string[];
}

type Handler = (...args: unknown[]) => unknown;

export const shown: ShownMessage[] = [];
const registered = new Map<string, Handler>();
let isFailing = false;
let press: (message: ShownMessage) => string | undefined = () => undefined;

/** The commands that were registered. */
export function commandIds(): readonly string[] {
  return [...registered.keys()];
}

/** As VS Code does it for a person or for code: the arguments tell them apart, where anything does. */
export function execute(id: string, ...args: unknown[]): Promise<unknown> {
  const handler = registered.get(id);
  return handler === undefined
    ? Promise.reject(new Error(`command '${id}' not found`))
    : new Promise((resolve) => resolve(handler(...args)));
}

/** From now on, whatever is called, of VS Code or of `anything`, throws. Messages are shown all the same. */
export function failEverything(fails: boolean): void {
  isFailing = fails;
}

/** Which button is pressed on a message; by default none. */
export function onMessage(choose: (message: ShownMessage) => string | undefined): void {
  press = choose;
}

export function resetVscode(): void {
  isFailing = false;
  press = () => undefined;
  shown.length = 0;
}

export const FAILURE = 'It was made to fail';

/** Has every member, can be called and constructed, and gives more of the same. */
export const anything: never = new Proxy(function () {}, {
  get: (_target, key) => {
    switch (key) {
      case 'then':
        return undefined;
      case Symbol.toPrimitive:
        return () => '';
      case Symbol.iterator:
        return () => {
          failIfAsked();
          return [][Symbol.iterator]();
        };
      default:
        return anything;
    }
  },
  apply: () => {
    failIfAsked();
    return anything;
  },
  construct: () => {
    failIfAsked();
    return anything;
  },
}) as never;

function failIfAsked(): void {
  if (isFailing) {
    throw new Error(FAILURE);
  }
}

const show =
  (level: ShownMessage['level']) =>
  (text: string, ...rest: unknown[]): Promise<string | undefined> => {
    const message = { level, text, buttons: rest.filter((item) => typeof item === 'string') };
    shown.push(message);
    return Promise.resolve(press(message));
  };

class Disposable {
  constructor(readonly dispose: () => void) {}

  static from(...disposables: readonly { dispose(): unknown }[]): Disposable {
    return new Disposable(() => disposables.forEach((one) => one.dispose()));
  }
}

class Uri {
  constructor(readonly path: string) {}

  static parse(text: string): Uri {
    return new Uri(text);
  }
}

/** `anything`, with these members in place of its own. */
function withMembers(part: keyof typeof replaced, members: Readonly<Record<string, unknown>>): unknown {
  const stub: object = new Proxy<object>(anything, {
    get: (target, key, receiver): unknown => {
      const found = typeof key === 'string' ? [replaced[part], members].find((own) => key in own) : undefined;
      return found === undefined ? Reflect.get(target, key, receiver) : found[key as string];
    },
    // `import * as vscode` copies a module's own properties into an object with the module's prototype.
    getPrototypeOf: () => stub,
  });
  return stub;
}

type Members = Record<string, unknown>;

/** What tests put in place of parts of it, for a while: see `replaceMembers`. */
const replaced: Record<'api' | 'window' | 'commands', Members> = { api: {}, window: {}, commands: {} };

/** Puts these members in place of the stub's own until the answer is called. */
export function replaceMembers(members: Partial<Record<keyof typeof replaced, Members>>): () => void {
  for (const [part, own] of Object.entries(members)) {
    Object.assign(replaced[part as keyof typeof replaced], own);
  }
  return () => {
    replaced.api = {};
    replaced.window = {};
    replaced.commands = {};
  };
}

export const vscodeStub = withMembers('api', {
  Disposable,
  Uri,
  EventEmitter: Emitter,
  commands: withMembers('commands', {
    registerCommand: (id: string, handler: Handler) => {
      registered.set(id, handler);
      return new Disposable(() => registered.delete(id));
    },
    /** VS Code's own commands do nothing. */
    executeCommand: async (id: string, ...args: unknown[]): Promise<unknown> => {
      failIfAsked();
      return registered.has(id) ? execute(id, ...args) : undefined;
    },
  }),
  window: withMembers('window', {
    showInformationMessage: show('info'),
    showWarningMessage: show('warning'),
    showErrorMessage: show('error'),
    withProgress: (_options: unknown, task: Handler) =>
      task(
        { report: () => undefined },
        { isCancellationRequested: false, onCancellationRequested: () => ({ dispose: () => undefined }) },
      ),
  }),
});

export const aUri: unknown = new Uri('/prompt');

const loader = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
const load = loader._load.bind(Module);
loader._load = (request, ...rest) => (request === 'vscode' ? vscodeStub : load(request, ...rest));
