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

/** Keeps sessions, prompts and transcripts in the extension's own folder, and opens those again that were open. */
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
   * Opens again what was open before, and keeps what is open from now on. It reads files at once: not within
   * `activate()`.
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
            `Cloud sessions cannot be written to disk: ${reasonOf(error)}. They go on, but what they show now, and prompts that are not delivered, would be lost with this window. It is tried again until it works.`,
            { title: 'Show Log', run: () => vscode.commands.executeCommand(Command.showRuntimeLog) },
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
            title: 'Show File',
            run: () => vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(damaged.file)),
          },
          { title: 'Show Log', run: () => vscode.commands.executeCommand(Command.showRuntimeLog) },
        );
      },
    });
    this.persistence = persistence;
    setImmediate(() => void persistence.restore());
  }

  /** To be awaited before the sessions are closed: after it, nothing is kept any more. */
  async close(): Promise<void> {
    await this.persistence?.close();
  }
}

/** Windows of the same workspace come back to the same sessions. */
function workspaceKey(): string {
  const { workspaceFile, workspaceFolders } = vscode.workspace;
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
      return 'the disk is full';
    case 'EROFS':
      return 'the disk is read-only';
    case 'EACCES':
    case 'EPERM':
      return 'the folder may not be written to';
    default:
      return textOf(error);
  }
}
