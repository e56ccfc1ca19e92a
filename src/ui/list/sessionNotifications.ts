import * as l10n from '@vscode/l10n';
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

/** Notifies of sessions that finish or fail while their log is not in view, and of stop requests without confirmation. */
export class SessionNotifications implements vscode.Disposable {
  private readonly watches = new Map<CloudSession, Watch>();
  private readonly disposables: readonly { dispose(): unknown }[];

  constructor(private readonly store: SessionStore) {
    this.disposables = [
      store.onDidOpen((session) => this.watch(session)),
      store.onDidClose((session) => this.unwatch(session)),
      // Debounced: a burst of events is checked once.
      store.onDidChange(() => this.check()),
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
        (how) => this.notifyEnding(session, how),
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

  private check(): void {
    for (const [session, watch] of this.watches) {
      watch.ending.look();
      if (watch.stop !== session.stopState) {
        watch.stop = session.stopState;
        if (watch.stop === 'unconfirmed') {
          this.notifyUnconfirmed(session);
        }
      }
    }
  }

  private rowOf(session: CloudSession): SessionRow | undefined {
    const row = this.store.find(session.sessionId);
    return row?.session === session ? row : undefined;
  }

  private notifyEnding(session: CloudSession, ending: Completion): void {
    const row = this.rowOf(session);
    if (row === undefined || !isWanted() || isInView(session)) {
      return;
    }
    const title = sanitizeLine(row.title, 100);
    if (ending === 'finished') {
      void showMessage('info', l10n.t('The agent has finished: “{0}”.', title), ...actions(session));
      return;
    }
    const failed = l10n.t('The session “{0}” has failed.', title);
    const text = row.detail === undefined ? failed : `${failed} ${sanitizeLine(row.detail, 300)}`;
    void showMessage('error', text, ...actions(session));
  }

  /** Not subject to the setting, and shown even if the log is in view: it is the outcome of a user's action. */
  private notifyUnconfirmed(session: CloudSession): void {
    const title = sanitizeLine(this.rowOf(session)?.title ?? session.sessionId, 100);
    void showMessage(
      'warning',
      l10n.t(
        'The service has not confirmed that the agent of “{0}” has stopped: it may go on. Check it on the web, or try again.',
        title,
      ),
      ...actions(session),
      { title: l10n.t('Stop Again'), run: () => this.stopAgain(session, title) },
    );
  }

  /** The message may be old: the state is checked again before anything is done. */
  private async stopAgain(session: CloudSession, title: string): Promise<void> {
    // The runtime may use another id for it by now, and then the store has another object.
    const current = this.watches.has(session) ? session : this.store.getSession(session.sessionId);
    if (current === undefined) {
      const text = l10n.t(
        '“{0}” is no longer watched here. Its agent may still work; you can stop it on the web.',
        title,
      );
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
    return l10n.t('The agent of “{0}” was already asked to stop again.', title);
  }
  // The state of a session that is not attached is unknown: the call reports what is wrong.
  const mayWork = isBusy(session.status) || session.activity.status === 'queued' || !session.isAttached;
  return mayWork ? undefined : l10n.t('The agent of “{0}” has stopped meanwhile.', title);
}

function actions(session: CloudSession): readonly Action[] {
  const command = (title: string, id: string): Action => ({
    title,
    run: () => vscode.commands.executeCommand(id, session.sessionId),
  });
  return [
    ...(session.remoteUrl === undefined ? [] : [command(l10n.t('Open on the Web'), Command.openRemote)]),
    command(l10n.t('Show Log'), Command.showLog),
  ];
}

function isWanted(): boolean {
  return vscode.workspace.getConfiguration().get(Setting.notifications) !== false;
}

/** Whether this window is focused and shows the session's log. */
export function isInView(session: Pick<CloudSession, 'sessionId'>, isFocused = vscode.window.state.focused): boolean {
  return (
    isFocused &&
    vscode.window.visibleTextEditors.some(
      // The first line of the log has the session's id.
      ({ document }) => document.languageId === LOG_LANGUAGE && document.lineAt(0).text.includes(session.sessionId),
    )
  );
}
