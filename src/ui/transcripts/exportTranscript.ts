import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { DocumentRenderer } from '../../core/rendering/markdown/documentRenderer';
import { sanitizeLine } from '../../core/common/sanitize';
import { formatDate, formatTime } from '../../core/common/localTime';
import { plainMessage } from '../common/plainMessage';
import { fileNameOf } from './transcriptDocuments';
import { forEachRecord, type TranscriptSource } from './transcriptSources';
import { textOf } from '../../core/redaction/secrets';

export type ExportFormat = 'markdown' | 'jsonl';

/** Longest text of an entry in a file, in UTF-16 units: more than a preview can show. */
const MAX_TEXT_LENGTH = 1_000_000;

/** The format by the file's extension; Markdown by default. */
export function formatOf(uri: vscode.Uri): ExportFormat {
  return /\.jsonl?$/i.test(uri.path) ? 'jsonl' : 'markdown';
}

/** @returns the file; `undefined` if the user cancelled */
export async function askAndExport(source: TranscriptSource): Promise<vscode.Uri | undefined> {
  const name = `${fileNameOf(source.title)}.md`;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const uri = await vscode.window.showSaveDialog({
    title: l10n.t('Export Transcript: {0}', sanitizeLine(source.title)),
    filters: { Markdown: ['md'], [l10n.t('JSON lines with the original events')]: ['jsonl'] },
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, name) }),
  });
  return uri && (await exportWithProgress(source, uri, formatOf(uri)));
}

async function exportWithProgress(
  source: TranscriptSource,
  uri: vscode.Uri,
  format: ExportFormat,
): Promise<vscode.Uri | undefined> {
  const progress = {
    location: vscode.ProgressLocation.Notification,
    title: plainMessage(l10n.t('Exporting “{0}”', sanitizeLine(source.title, 60))),
    cancellable: true,
  };
  return vscode.window.withProgress(progress, (_, token) => exportTranscript(source, uri, format, token));
}

/**
 * @returns `undefined` if it was cancelled: nothing is written then
 * @throws if the transcript cannot be read or the file cannot be written
 */
export async function exportTranscript(
  source: TranscriptSource,
  uri: vscode.Uri,
  format: ExportFormat,
  token?: vscode.CancellationToken,
): Promise<vscode.Uri | undefined> {
  const lines: Uint8Array[] = [];
  const encoder = new TextEncoder();
  const markdown = new DocumentRenderer({
    formatTime,
    formatDate,
    locale: vscode.env.language,
    maxTextLength: MAX_TEXT_LENGTH,
  });
  const whole = await forEachRecord(
    source,
    (record) => {
      if (format === 'markdown') {
        markdown.record(record);
      } else if (record.kind === 'event') {
        lines.push(encoder.encode(`${JSON.stringify(record.event)}\n`));
      }
      return true;
    },
    token,
  );
  if (!whole) {
    return undefined;
  }
  const bytes = format === 'markdown' ? encoder.encode(markdown.text(source.head())) : Buffer.concat(lines);
  try {
    await vscode.workspace.fs.writeFile(uri, bytes);
  } catch (error) {
    const reason = textOf(error);
    throw new CloudSessionsError(
      'request-failed',
      l10n.t('The transcript could not be written: {0}.', sanitizeLine(reason)),
      {
        nextStep: l10n.t('Choose another location.'),
        cause: error,
      },
    );
  }
  return uri;
}
