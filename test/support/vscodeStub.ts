import Module from 'node:module';
import type * as vscode from 'vscode';
import { Emitter } from 'vscode-jsonrpc/node';

/**
 * A stub of VS Code for running the UI's code in plain Node. Commands, messages, events and disposables work;
 * everything else exists and does nothing. Import it before anything that imports `vscode`.
 */

/** A message as it was shown. */
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

/** The ids of the registered commands. */
export function commandIds(): readonly string[] {
  return [...registered.keys()];
}

/** Runs a command as VS Code does for a person or for code. Only the arguments can differ between the two. */
export function execute(id: string, ...args: unknown[]): Promise<unknown> {
  const handler = registered.get(id);
  return handler === undefined
    ? Promise.reject(new Error(`command '${id}' not found`))
    : new Promise((resolve) => resolve(handler(...args)));
}

/** Makes every call of VS Code's API and of `anything` throw. Messages are still shown. */
export function failEverything(fails: boolean): void {
  isFailing = fails;
}

/** Chooses the button that is pressed on a message. Default: none. */
export function onMessage(choose: (message: ShownMessage) => string | undefined): void {
  press = choose;
}

export function resetVscode(): void {
  isFailing = false;
  press = () => undefined;
  shown.length = 0;
}

export const FAILURE = 'It was made to fail';

/** A proxy that has every member, can be called and constructed, and returns itself. */
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
  readonly scheme = 'file';

  constructor(readonly path: string) {}

  static parse(text: string): Uri {
    return new Uri(text);
  }

  static from(parts: { readonly path: string }): Uri {
    return Object.assign(new Uri(parts.path), parts);
  }

  static file(path: string): Uri {
    return new Uri(path);
  }

  get fsPath(): string {
    return this.path;
  }

  toString(): string {
    return `file://${this.path}`;
  }
}

/** `anything` with these members overridden. */
function withMembers(part: keyof typeof replaced, members: Readonly<Record<string, unknown>>): unknown {
  const stub: object = new Proxy<object>(anything, {
    get: (target, key, receiver): unknown => {
      const found = typeof key === 'string' ? [replaced[part], members].find((own) => key in own) : undefined;
      return found === undefined ? Reflect.get(target, key, receiver) : found[key as string];
    },
    // `import * as vscode` copies a module's own properties into an object that has the module's prototype.
    getPrototypeOf: () => stub,
  });
  return stub;
}

type Members = Record<string, unknown>;

/** Members that tests replace temporarily. See `replaceMembers`. */
const replaced: Record<'api' | 'window' | 'commands', Members> = { api: {}, window: {}, commands: {} };

/** Replaces members of the stub until the returned function is called. */
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

export function fileUri(path: string): vscode.Uri {
  return new Uri(path) as unknown as vscode.Uri;
}

const loader = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
const load = loader._load.bind(Module);
loader._load = (request, ...rest) => (request === 'vscode' ? vscodeStub : load(request, ...rest));

/** The `workspace` of a window that has these documents open, and no notebooks. */
export function workspaceWith(documents: () => readonly unknown[]): Record<string, unknown> {
  return {
    get textDocuments() {
      return documents();
    },
    notebookDocuments: [],
  };
}
