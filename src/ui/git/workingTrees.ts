import * as vscode from 'vscode';
import type { GitExtension } from './gitExtensionApi';

const gitExtension = (): vscode.Extension<unknown> | undefined => vscode.extensions.getExtension('vscode.git');

/**
 * Reports the working trees that are open in this window, now and whenever one is opened or closed. Starts no Git: VS
 * Code's Git extension finds them anyway.
 * @param opened gets the absolute path of the root
 */
export function watchWorkingTrees(
  opened: (root: string) => void,
  closed: (root: string) => void,
  find = gitExtension,
): vscode.Disposable {
  const listeners: vscode.Disposable[] = [];
  let state: 'waiting' | 'watching' | 'over' = 'waiting';
  const isOver = (): boolean => state === 'over';
  const begin = async (): Promise<void> => {
    const extension = find();
    if (state !== 'waiting' || extension === undefined) {
      return;
    }
    state = 'watching';
    const git = (await extension.activate()) as GitExtension;
    if (isOver() || !git.enabled) {
      return;
    }
    const api = git.getAPI(1);
    listeners.push(
      api.onDidOpenRepository(({ rootUri }) => onFile(rootUri, opened)),
      api.onDidCloseRepository(({ rootUri }) => onFile(rootUri, closed)),
    );
    api.repositories.forEach(({ rootUri }) => onFile(rootUri, opened));
  };
  const start = (): void => void begin().catch(() => undefined);
  // There is no Git extension before the workspace is trusted.
  listeners.push(vscode.extensions.onDidChange(start));
  start();
  return new vscode.Disposable(() => {
    state = 'over';
    listeners.forEach((listener) => void listener.dispose());
  });
}

function onFile({ scheme, fsPath }: vscode.Uri, listener: (root: string) => void): void {
  if (scheme === 'file') {
    listener(fsPath);
  }
}
