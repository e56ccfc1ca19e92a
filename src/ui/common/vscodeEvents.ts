import * as vscode from 'vscode';
import type { Disposable as CoreDisposable, Event as CoreEvent } from 'vscode-jsonrpc/node';

/** The core's events are vscode-jsonrpc's; other extensions get VS Code's. */
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
