import * as vscode from 'vscode';
import type { Disposable as CoreDisposable, Event as CoreEvent } from 'vscode-jsonrpc/node';

/** Converts an event of the core (vscode-jsonrpc's type) to VS Code's type, for other extensions. */
export function toVSCodeEvent<T>(event: CoreEvent<T>): vscode.Event<T> {
  return (listener, thisArgs?: unknown, disposables?: vscode.Disposable[]) => {
    const disposable = toVSCodeDisposable(event((value) => void listener.call(thisArgs, value)));
    disposables?.push(disposable);
    return disposable;
  };
}

export function toVSCodeDisposable(disposable: CoreDisposable): vscode.Disposable {
  return new vscode.Disposable(() => disposable.dispose());
}
