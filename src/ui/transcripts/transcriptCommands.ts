import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { defined } from '../../core/common/defined';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { sanitizeLine } from '../../core/common/sanitize';
import type { SessionRow } from '../../core/store/sessionRow';
import { Command } from '../../manifest';
import {
  byHand,
  namesSession,
  readExportArgument,
  readSearchArgument,
  readSessionArgument,
} from '../commands/commandArguments';
import { showError, showMessage } from '../common/errors';
import { askAndExport, exportTranscript, formatOf } from './exportTranscript';
import { plainLabel } from '../common/plainMessage';
import { registerCommand } from '../commands/registerCommand';
import { askAndSearch, MAX_HITS, searchTranscripts, type TranscriptHit } from './searchTranscripts';
import { rowOfArgument } from '../commands/sessionArgument';
import { TranscriptDocuments } from './transcriptDocuments';
import type { TranscriptSource, TranscriptSources } from './transcriptSources';

/** A result of `cloudSessions.searchTranscripts` called by code. */
export interface FoundText {
  readonly sessionId: string;
  readonly title: string;
  readonly eventId?: string;
  readonly time?: Date;
  readonly excerpt: string;
}

/** The commands that open, export and search transcripts. */
export class TranscriptCommands {
  private readonly documents: TranscriptDocuments;

  constructor(private readonly sources: TranscriptSources) {
    this.documents = new TranscriptDocuments(sources);
  }

  register(): vscode.Disposable {
    return vscode.Disposable.from(
      this.documents,
      registerCommand(Command.openTranscript, (argument: unknown) => this.open(argument)),
      registerCommand(Command.exportTranscript, (argument: unknown) => this.export(argument)),
      registerCommand(Command.searchTranscripts, (argument: unknown) => this.search(argument)),
    );
  }

  private async open(argument: unknown): Promise<vscode.Uri | undefined> {
    const given = readSessionArgument(argument, Command.openTranscript);
    if (given.kind === 'id') {
      return this.documents.open(await this.sources.open(given.id));
    }
    return this.byHand(l10n.t('Open Transcript'), argument, (source) => this.documents.open(source));
  }

  private async export(argument: unknown): Promise<vscode.Uri | undefined> {
    if (typeof argument === 'string' || !namesSession(argument, Command.exportTranscript)) {
      const { sessionId, uri, format } = readExportArgument(argument, (value) => value instanceof vscode.Uri);
      return exportTranscript(await this.sources.open(sessionId), uri, format ?? formatOf(uri));
    }
    return this.byHand(l10n.t('Export Transcript'), argument, async (source) => {
      const uri = await askAndExport(source);
      if (uri !== undefined) {
        void showMessage('info', l10n.t('The transcript of “{0}” was exported.', sanitizeLine(source.title, 60)), {
          title: l10n.t({ message: 'Open', comment: ['A button: opens the file'] }),
          run: () => vscode.commands.executeCommand('vscode.open', uri),
        });
      }
      return uri;
    });
  }

  private async search(argument: unknown): Promise<readonly FoundText[] | undefined> {
    if (byHand(argument)) {
      askAndSearch(
        this.sources,
        (source, place) => this.documents.open(source, place),
        (error) => void showError(error),
      );
      return undefined;
    }
    const { query } = readSearchArgument(argument);
    const hits: TranscriptHit[] = [];
    const { unreadable } = await searchTranscripts(this.sources, query, (hit) => hits.push(hit));
    if (unreadable.length > 0 && hits.length === 0) {
      throw new CloudSessionsError(
        'request-failed',
        l10n.t('Transcripts could not be read: {0}', unreadable.join(', ')),
      );
    }
    return hits.slice(0, MAX_HITS).map(({ source, eventId, at, excerpt }) => ({
      sessionId: source.sessionId,
      title: source.title,
      ...defined({ eventId, time: at }),
      excerpt,
    }));
  }

  private async byHand(
    title: string,
    argument: unknown,
    run: (source: TranscriptSource) => Promise<vscode.Uri | undefined>,
  ): Promise<vscode.Uri | undefined> {
    const row = rowOfArgument(this.sources.services.store, argument);
    const source = row === undefined ? await this.pick(title) : await this.connect(row);
    return source && (await run(source));
  }

  private connect(row: SessionRow): Promise<TranscriptSource> {
    const place = {
      location: vscode.ProgressLocation.Window,
      title: l10n.t('Reading {0}', sanitizeLine(row.title, 60)),
    };
    return Promise.resolve(vscode.window.withProgress(place, () => this.sources.open(row.sessionId ?? row.key)));
  }

  /** Lets the user choose among the cloud sessions in the list and those that only have a stored transcript. */
  private async pick(title: string): Promise<TranscriptSource | undefined> {
    const { rows } = this.sources.services.store;
    const listed = rows.filter(({ isRemote, creation }) => isRemote && creation === undefined);
    const known = new Set(listed.flatMap(({ sessionId, taskId }) => [sessionId, taskId]));
    const stored = (await this.sources.all()).filter(({ sessionId }) => !known.has(sessionId));
    const items = [
      ...listed.map((row) => ({
        label: plainLabel(sanitizeLine(row.title)),
        description: plainLabel(sanitizeLine(row.repository ?? '')),
        get: () => this.connect(row),
      })),
      ...stored.map((source) => ({
        label: plainLabel(sanitizeLine(source.title)),
        description: l10n.t('stored on this machine'),
        get: () => Promise.resolve(source),
      })),
    ];
    if (items.length === 0) {
      void showMessage('info', l10n.t('No session has a transcript.'));
      return undefined;
    }
    const chosen = await vscode.window.showQuickPick(items, { title, placeHolder: l10n.t('Choose a session') });
    return chosen?.get();
  }
}
