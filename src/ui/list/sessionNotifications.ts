import * as vscode from 'vscode';
import { CompletionDetector, type Completion } from '../../core/store/completionDetector';
import type { CloudSession } from '../../core/session/session';
import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import type { StopState } from '../../core/session/stopRequest';
import { sanitizeLine } from '../../core/common/sanitize';
import { Command, LOG_LANGUAGE, Setting } from '../../manifest';
import { showError, showMessage, type Action } from '../common/errors';
import { realTimers } from '../../core/common/timers';
import { isBusy } from '../../core/activity/activity';

interface Watch {
  readonly ending: CompletionDetector;
  stop: StopState;
}

/**
 * Tells of sessions that finish or fail while nobody looks at them, and of agents that were asked to stop and of which
 * nothing confirms it.
 */
export class SessionNotifications implements vscode.Disposable {
  private readonly watches = new Map<CloudSession, Watch>();
  private readonly disposables: readonly { dispose(): unknown }[];

  constructor(private readonly store: SessionStore) {
    this.disposables = [
      store.onDidOpen((session) => this.watch(session)),
      store.onDidClose((session) => this.unwatch(session)),
      // Changes are collected there: a burst of events is looked at once.
      store.onDidChange(() => this.look()),
    ];
    store.openSessions.forEach((session) => this.watch(session));
  }

  dispose(): void {
    for (const disposable of this.disposables) {
      disposable.dispose();
    }
    for (const { ending } of this.watches.values()) {
      ending.dispose();
    }
    this.watches.clear();
  }

  private watch(session: CloudSession): void {
    if (!this.watches.has(session)) {
      const ending = new CompletionDetector(
        () => this.rowOf(session),
        (how) => this.tellEnding(session, how),
        realTimers,
      );
      this.watches.set(session, { ending, stop: 'none' });
      ending.look();
    }
  }

  private unwatch(session: CloudSession): void {
    this.watches.get(session)?.ending.dispose();
    this.watches.delete(session);
  }

  private look(): void {
    for (const [session, watch] of this.watches) {
      watch.ending.look();
      if (watch.stop !== session.stopState) {
        watch.stop = session.stopState;
        if (watch.stop === 'unconfirmed') {
          this.tellUnconfirmed(session);
        }
      }
    }
  }

  private rowOf(session: CloudSession): SessionRow | undefined {
    const row = this.store.find(session.sessionId);
    return row?.session === session ? row : undefined;
  }

  private tellEnding(session: CloudSession, ending: Completion): void {
    const row = this.rowOf(session);
    if (row === undefined || !isWanted() || isInView(session)) {
      return;
    }
    const title = sanitizeLine(row.title, 100);
    if (ending === 'finished') {
      void showMessage('info', `The agent has finished: “${title}”.`, ...actions(session));
      return;
    }
    const reason = row.detail === undefined ? '' : ` ${sanitizeLine(row.detail, 300)}`;
    void showMessage('error', `The session “${title}” has failed.${reason}`, ...actions(session));
  }

  /** The outcome of what somebody did here: told whatever the setting is, and whatever is in view. */
  private tellUnconfirmed(session: CloudSession): void {
    const title = sanitizeLine(this.rowOf(session)?.title ?? session.sessionId, 100);
    void showMessage(
      'warning',
      `The service has not confirmed that the agent of “${title}” has stopped: it may go on. Look at it on the web, or try again.`,
      ...actions(session),
      { title: 'Stop Again', run: () => this.stopAgain(session, title) },
    );
  }

  /** The message may have been on the screen for long: what it says is looked at again before anything is done. */
  private async stopAgain(session: CloudSession, title: string): Promise<void> {
    // The runtime may name it by another id by now, and then there is another object for it.
    const current = this.watches.has(session) ? session : this.store.getSession(session.sessionId);
    if (current === undefined) {
      const text = `“${title}” is no longer watched here. Its agent may still work; it can be stopped on the web.`;
      await showMessage('info', text, ...actions(session));
      return;
    }
    const reason = whyNotToStop(current, title);
    if (reason !== undefined) {
      await showMessage('info', reason, ...actions(current));
      return;
    }
    await current.abort().catch((error: unknown) => showError(error));
  }
}

function whyNotToStop(session: CloudSession, title: string): string | undefined {
  if (session.stopState === 'stopping') {
    return `The agent of “${title}” was asked to stop again already.`;
  }
  // Of a session that is not attached nothing is known: the call says what is wrong.
  const mayWork = isBusy(session.status) || session.activity.status === 'queued' || !session.isAttached;
  return mayWork ? undefined : `The agent of “${title}” has stopped meanwhile.`;
}

function actions(session: CloudSession): readonly Action[] {
  const command = (title: string, id: string): Action => ({
    title,
    run: () => vscode.commands.executeCommand(id, session.sessionId),
  });
  return [
    ...(session.remoteUrl === undefined ? [] : [command('Open on the Web', Command.openRemote)]),
    command('Show Log', Command.showLog),
  ];
}

function isWanted(): boolean {
  return vscode.workspace.getConfiguration().get(Setting.notifications) !== false;
}

/** Does anybody who sits at this window see the session’s log? */
export function isInView(session: Pick<CloudSession, 'sessionId'>, isFocused = vscode.window.state.focused): boolean {
  return (
    isFocused &&
    vscode.window.visibleTextEditors.some(
      // The log names the session in its first line.
      ({ document }) => document.languageId === LOG_LANGUAGE && document.lineAt(0).text.includes(session.sessionId),
    )
  );
}
