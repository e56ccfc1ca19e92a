import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { SessionStore } from '../../core/store/sessionStore';
import { SessionPersistence, transcriptsFolder } from '../../storage/sessionPersistence';
import { Transcripts } from '../../storage/transcripts';
import { damagedText } from './damagedText';
import { Command, Setting } from '../../manifest';
import { showMessage } from '../common/errors';
import type { RuntimeLog } from '../common/runtimeLog';
import { textOf } from '../../core/redaction/secrets';

const DEFAULT_AGE_DAYS = 30;
const DEFAULT_SIZE_MB = 200;

/** Persists sessions, prompts and transcripts in the extension's folder, and opens the previous sessions again. */
export class PersistedSessions {
  readonly transcripts: Transcripts;
  private persistence: SessionPersistence | undefined;

  constructor(
    private readonly storageUri: vscode.Uri,
    private readonly store: SessionStore,
    private readonly log: Pick<RuntimeLog, 'info' | 'warn' | 'error'>,
  ) {
    this.transcripts = new Transcripts(transcriptsFolder(storageUri.fsPath));
  }

  /**
   * Opens the previous sessions again, and persists open sessions from now on. It reads files synchronously, so it must
   * not run within `activate()`.
   */
  restoreInBackground(): void {
    const { store, log } = this;
    const folder = this.storageUri.fsPath;
    const persistence = new SessionPersistence(store, {
      folder,
      transcripts: this.transcripts,
      workspace: workspaceKey(),
      bounds: () => ({
        maxAgeDays: readNumber(Setting.transcriptsMaxAgeDays, DEFAULT_AGE_DAYS),
        maxSizeMB: readNumber(Setting.transcriptsMaxSizeMB, DEFAULT_SIZE_MB),
      }),
      disk: {
        failed: (error) => {
          log.error(`Sessions cannot be kept in ${folder}: ${textOf(error)}`);
          void showMessage(
            'warning',
            l10n.t(
              'Cloud sessions cannot be written to disk: {0}. They go on, but what they show now and undelivered prompts would be lost when this window closes. Writing is retried until it succeeds.',
              reasonOf(error),
            ),
            { title: l10n.t('Show Log'), run: () => vscode.commands.executeCommand(Command.showRuntimeLog) },
          );
        },
        recovered: () => log.info('Sessions are kept on disk again, with all that they show.'),
      },
      warn: (message) => log.warn(message),
      onDamaged: (damaged) => {
        void showMessage(
          'warning',
          damagedText(damaged),
          {
            title: l10n.t('Show File'),
            run: () => vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(damaged.file)),
          },
          { title: l10n.t('Show Log'), run: () => vscode.commands.executeCommand(Command.showRuntimeLog) },
        );
      },
    });
    this.persistence = persistence;
    setImmediate(() => void persistence.restore());
  }

  /** Await it before the sessions are closed: nothing is persisted afterwards. */
  async close(): Promise<void> {
    await this.persistence?.close();
  }
}

/** Identifies the workspace: its windows open the same sessions again. */
function workspaceKey(): string {
  const { workspaceFile, workspaceFolders } = vscode.workspace;
  // eslint-disable-next-line texts/localized -- a key in files
  return (workspaceFile ?? workspaceFolders?.[0]?.uri)?.toString() ?? 'no folder';
}

function readNumber(setting: string, fallback: number): number {
  const value = vscode.workspace.getConfiguration().get<unknown>(setting);
  return typeof value === 'number' && value > 0 ? value : fallback;
}

function reasonOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return l10n.t('the disk is full');
    case 'EROFS':
      return l10n.t('the disk is read-only');
    case 'EACCES':
    case 'EPERM':
      return l10n.t('writing to the folder is not permitted');
    default:
      return textOf(error);
  }
}
