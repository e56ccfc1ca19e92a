import * as vscode from 'vscode';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { DocumentRenderer } from '../../core/rendering/markdown/documentRenderer';
import { sanitizeLine } from '../../core/common/sanitize';
import { formatDate, formatTime } from '../../core/common/localTime';
import { fileNameOf } from './transcriptDocuments';
import { forEachRecord, type TranscriptSource } from './transcriptSources';
import { textOf } from '../../core/redaction/secrets';

export type ExportFormat = 'markdown' | 'jsonl';

/** A file is read by other programs than a preview, too: more of each text than a preview can take. */
const MAX_TEXT_LENGTH = 1_000_000;

/** By the file's name; Markdown, unless it says JSON. */
export function formatOf(uri: vscode.Uri): ExportFormat {
  return /\.jsonl?$/i.test(uri.path) ? 'jsonl' : 'markdown';
}

/** @returns where it was written to; `undefined` if nobody chose */
export async function askAndExport(source: TranscriptSource): Promise<vscode.Uri | undefined> {
  const name = `${fileNameOf(source.title)}.md`;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const uri = await vscode.window.showSaveDialog({
    title: `Export Transcript: ${sanitizeLine(source.title)}`,
    filters: { Markdown: ['md'], 'JSON lines, the events as they came': ['jsonl'] },
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
    title: `Exporting “${sanitizeLine(source.title, 60)}”`,
    cancellable: true,
  };
  return vscode.window.withProgress(progress, (_, token) => exportTranscript(source, uri, format, token));
}

/** @throws if it cannot be read or written; nothing is written then, or when it is cancelled */
export async function exportTranscript(
  source: TranscriptSource,
  uri: vscode.Uri,
  format: ExportFormat,
  token?: vscode.CancellationToken,
): Promise<vscode.Uri | undefined> {
  const lines: Uint8Array[] = [];
  const encoder = new TextEncoder();
  const markdown = new DocumentRenderer({ formatTime, formatDate, maxTextLength: MAX_TEXT_LENGTH });
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
    throw new CloudSessionsError('request-failed', `The transcript could not be written: ${sanitizeLine(reason)}.`, {
      nextStep: 'Choose another place.',
      cause: error,
    });
  }
  return uri;
}
