import * as vscode from 'vscode';
import type { CloudSessionsError } from '../core/errors';
import type { ListState } from '../core/sessionStore';
import { ContextKey } from '../manifest';
import type { RuntimeState } from '../api';
import type { RuntimeHost } from './runtimeHost';
import type { StatusBar } from './statusBar';
import { toVSCodeDisposable } from './vscodeEvents';

/** What an empty list is about: each has its welcome view in `package.json`, with the button that helps. */
export type EmptyReason = 'starting' | 'stopped' | 'noRuntime' | 'failed' | 'notSignedIn' | 'listFailed' | 'noSessions';

export interface Situation {
  readonly state: RuntimeState;
  readonly error: CloudSessionsError | undefined;
  /** `undefined` while nobody has been able to ask. */
  readonly signedIn: boolean | undefined;
  readonly list: ListState;
}

export function emptyReason({ state, error, signedIn, list }: Situation): EmptyReason {
  switch (state) {
    case 'stopped':
      return 'stopped';
    case 'starting':
    case 'restarting':
      return 'starting';
    case 'failed':
      return error?.code === 'runtime-not-found' ? 'noRuntime' : 'failed';
    case 'running':
      if (signedIn === false) {
        return 'notSignedIn';
      }
      if (list.kind === 'failed') {
        return list.error.code === 'not-signed-in' ? 'notSignedIn' : 'listFailed';
      }
      return list.kind === 'loaded' ? 'noSessions' : 'starting';
  }
}

/** The line above the list when it has rows but is not all there is to say. */
export function listMessage(situation: Situation): string | undefined {
  switch (emptyReason(situation)) {
    case 'noRuntime':
    case 'failed':
      return `The Copilot runtime is not running, so this may be out of date. ${situation.error?.message ?? ''}`.trim();
    case 'stopped':
      return 'The Copilot runtime is stopped, so this may be out of date.';
    case 'notSignedIn':
      return 'You are not signed in to GitHub Copilot: cloud sessions cannot be read.';
    case 'listFailed':
      return situation.list.kind === 'failed' ? `This may be out of date. ${situation.list.error.message}` : undefined;
    case 'starting':
    case 'noSessions':
      return undefined;
  }
}

/** Keeps the welcome views, the line above the list and the status bar in step with what is the case. */
export class SituationView implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[];
  private shown: EmptyReason | undefined;

  constructor(
    private readonly host: RuntimeHost,
    private readonly view: vscode.TreeView<unknown>,
    private readonly statusBar: StatusBar,
  ) {
    this.disposables = [
      host.onDidChangeSituation(() => this.update()),
      toVSCodeDisposable(host.store.onDidChange(() => this.update())),
    ];
    this.update();
  }

  dispose(): void {
    for (const disposable of this.disposables) {
      disposable.dispose();
    }
  }

  private update(): void {
    const { situation, store } = this.host;
    const reason = emptyReason(situation);
    if (reason !== this.shown) {
      this.shown = reason;
      void vscode.commands.executeCommand('setContext', ContextKey.empty, reason);
    }
    const { rows } = store;
    const message = rows.length === 0 ? undefined : listMessage(situation);
    this.view.message = message ?? '';
    this.statusBar.update(
      situation,
      rows.filter(({ status }) => status === 'working').length,
      rows.filter(({ openQuestions }) => openQuestions > 0).length,
    );
  }
}
