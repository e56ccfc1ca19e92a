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

/** What `cloudSessions.searchTranscripts` returns to code. */
export interface FoundText {
  readonly sessionId: string;
  readonly title: string;
  readonly eventId?: string;
  readonly time?: Date;
  readonly excerpt: string;
}

/** Transcripts to read, to take away, and to find something in. */
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
    return this.byHand('Open Transcript', argument, (source) => this.documents.open(source));
  }

  private async export(argument: unknown): Promise<vscode.Uri | undefined> {
    if (typeof argument === 'string' || !namesSession(argument, Command.exportTranscript)) {
      const { sessionId, uri, format } = readExportArgument(argument, (value) => value instanceof vscode.Uri);
      return exportTranscript(await this.sources.open(sessionId), uri, format ?? formatOf(uri));
    }
    return this.byHand('Export Transcript', argument, async (source) => {
      const uri = await askAndExport(source);
      if (uri !== undefined) {
        void showMessage('info', `The transcript of “${sanitizeLine(source.title, 60)}” was written.`, {
          title: 'Open',
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
      throw new CloudSessionsError('request-failed', `Transcripts could not be read: ${unreadable.join(', ')}`);
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
    const place = { location: vscode.ProgressLocation.Window, title: `Reading ${sanitizeLine(row.title, 60)}` };
    return Promise.resolve(vscode.window.withProgress(place, () => this.sources.open(row.sessionId ?? row.key)));
  }

  /** Cloud sessions in the list, and those that are only kept. */
  private async pick(title: string): Promise<TranscriptSource | undefined> {
    const { rows } = this.sources.services.store;
    const listed = rows.filter(({ isRemote, creation }) => isRemote && creation === undefined);
    const known = new Set(listed.flatMap(({ sessionId, taskId }) => [sessionId, taskId]));
    const kept = (await this.sources.all()).filter(({ sessionId }) => !known.has(sessionId));
    const items = [
      ...listed.map((row) => ({
        label: plainLabel(sanitizeLine(row.title)),
        description: plainLabel(sanitizeLine(row.repository ?? '')),
        get: () => this.connect(row),
      })),
      ...kept.map((source) => ({
        label: plainLabel(sanitizeLine(source.title)),
        description: 'kept on this machine',
        get: () => Promise.resolve(source),
      })),
    ];
    if (items.length === 0) {
      void showMessage('info', `${title}: there is no session that has a transcript.`);
      return undefined;
    }
    const chosen = await vscode.window.showQuickPick(items, { title, placeHolder: 'Choose a session' });
    return chosen?.get();
  }
}
