import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { RunOnceScheduler } from '../../core/common/runOnceScheduler';
import { asCloudSessionsError } from '../../core/errors/cloudSessionsError';
import { DocumentRenderer } from '../../core/rendering/markdown/documentRenderer';
import { unescapeText } from '../../core/rendering/markdown/sanitizeMarkdown';
import { sanitizeLine } from '../../core/common/sanitize';
import type { LogChange } from '../../core/session/sessionHistory';
import { describeError } from '../common/errors';
import { formatDate, formatTime } from '../../core/common/localTime';
import { forEachRecord, type TranscriptSource, type TranscriptSources } from './transcriptSources';
import { toVSCodeDisposable } from '../common/vscodeEvents';

export const TRANSCRIPT_SCHEME = 'cloud-session-transcript';
/** Debounce of changes to a document, in milliseconds. */
const REFRESH_MS = 500;
/** Longest document, in UTF-16 units: the preview lays it out as a whole. Longer transcripts can be exported. */
const MAX_LENGTH = 4_000_000;
const MAX_TEXT_LENGTH = 20_000;
/** How many lines after its event's line a text is searched for. */
const NEAR_LINES = 2_000;

/** A place in a transcript. */
export interface TranscriptPlace {
  readonly eventId: string | undefined;
  /** The text to select, as it was searched for. */
  readonly query: string;
}

/** Transcripts as read-only Markdown documents, updated while their sessions go on. */
export class TranscriptDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly live = new Map<string, LiveTranscript>();
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  private readonly disposables: vscode.Disposable[];
  readonly onDidChange = this.changes.event;

  constructor(private readonly sources: TranscriptSources) {
    const { store } = sources.services;
    this.disposables = [
      this.changes,
      vscode.workspace.registerTextDocumentContentProvider(TRANSCRIPT_SCHEME, this),
      vscode.workspace.onDidCloseTextDocument(() => this.prune()),
      vscode.window.tabGroups.onDidChangeTabs(() => this.prune()),
      // A transcript that was read from disk follows its session once that is opened.
      toVSCodeDisposable(store.onDidOpen(({ sessionId }) => this.reread(sessionId))),
    ];
  }

  /** Opens the preview; with a place, opens the document's text and selects the text there. */
  async open(source: TranscriptSource, place?: TranscriptPlace): Promise<vscode.Uri> {
    const transcript = this.of(source.sessionId, source.title);
    await transcript.ready();
    const { uri } = transcript;
    const document = await vscode.workspace.openTextDocument(uri);
    if (place !== undefined) {
      const selection = transcript.find(document, place);
      await vscode.window.showTextDocument(document, { preview: true, selection });
      return uri;
    }
    try {
      await vscode.commands.executeCommand('markdown.showPreview', uri);
    } catch {
      // Without the built-in Markdown extension there is no preview: open the text.
      await vscode.window.showTextDocument(document, { preview: true });
    }
    return uri;
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const transcript = this.of(uri.query, '', uri);
    await transcript.ready();
    return transcript.text();
  }

  dispose(): void {
    for (const transcript of this.live.values()) {
      transcript.dispose();
    }
    this.live.clear();
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private of(sessionId: string, title: string, uri = uriOf(sessionId, title)): LiveTranscript {
    let transcript = this.live.get(sessionId);
    if (transcript === undefined) {
      transcript = new LiveTranscript(uri, sessionId, this.sources, (changed) => this.update(changed));
      this.live.set(sessionId, transcript);
    }
    return transcript;
  }

  private update(transcript: LiveTranscript): void {
    const { uri } = transcript;
    this.changes.fire(uri);
    if (!isOpen(uri) && hasTab(uri)) {
      // VS Code closes a document that only a preview shows after some minutes; the preview is refreshed explicitly then.
      void vscode.workspace
        .openTextDocument(uri)
        .then(() => vscode.commands.executeCommand('markdown.preview.refresh'))
        .then(undefined, () => undefined);
    }
  }

  private reread(sessionId: string): void {
    this.live.get(sessionId)?.reread();
  }

  private prune(): void {
    for (const [sessionId, transcript] of this.live) {
      if (transcript.isSettled && !isOpen(transcript.uri) && !hasTab(transcript.uri)) {
        transcript.dispose();
        this.live.delete(sessionId);
      }
    }
  }
}

/** The content of one open transcript document. */
class LiveTranscript implements vscode.Disposable {
  private markdown = new DocumentRenderer(OPTIONS);
  private source: TranscriptSource | undefined;
  private problem: string | undefined;
  private building: Promise<void>;
  private settled = false;
  /** Changes that arrived while the document was being built; `undefined` otherwise. */
  private waiting: LogChange[] | undefined;
  private subscriptions: vscode.Disposable[] = [];
  private readonly announcement = new RunOnceScheduler(() => this.onDidChange(this), REFRESH_MS);
  private length = 0;
  private shown: { text: string; places: ReadonlyMap<string, number> } | undefined;
  private readonly cancellation = new vscode.CancellationTokenSource();

  constructor(
    readonly uri: vscode.Uri,
    private readonly sessionId: string,
    private readonly sources: TranscriptSources,
    private readonly onDidChange: (transcript: LiveTranscript) => void,
  ) {
    this.building = this.build();
  }

  /** Whether the first build has ended. */
  get isSettled(): boolean {
    return this.settled;
  }

  async ready(): Promise<void> {
    for (let building; building !== this.building;) {
      building = this.building;
      await building;
    }
  }

  text(): string {
    return this.content().text;
  }

  /** The range of a text: the first match from its event's line on; else the start of that line. */
  find(document: vscode.TextDocument, { eventId, query }: TranscriptPlace): vscode.Range {
    const line = (eventId === undefined ? undefined : this.content().places.get(eventId)) ?? 0;
    const words = query.trim().toLowerCase();
    const last = Math.min(document.lineCount, line + (eventId === undefined ? Infinity : NEAR_LINES));
    for (let at = line; at < last; at++) {
      const { text } = document.lineAt(at);
      const start = text.toLowerCase().indexOf(words);
      if (start >= 0) {
        return new vscode.Range(at, start, at, start + words.length);
      }
      if (unescapeText(text).toLowerCase().includes(words)) {
        return new vscode.Range(at, 0, at, text.length);
      }
    }
    return new vscode.Range(line, 0, line, 0);
  }

  reread(): void {
    this.building = this.building.then(() => this.build());
    void this.building.then(() => this.changed(0));
  }

  dispose(): void {
    this.announcement.dispose();
    this.cancellation.cancel();
    this.cancellation.dispose();
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  private content(): { text: string; places: ReadonlyMap<string, number> } {
    if (this.shown === undefined) {
      const places = new Map<string, number>();
      const head = this.source?.head() ?? { sessionId: this.sessionId };
      const text = this.problem ?? this.markdown.text(head, places);
      this.shown = { text, places };
      this.length = text.length;
    }
    return this.shown;
  }

  private async build(): Promise<void> {
    vscode.Disposable.from(...this.subscriptions.splice(0)).dispose();
    const markdown = new DocumentRenderer(OPTIONS);
    this.problem = undefined;
    try {
      const source = await this.sources.find(this.sessionId);
      if (source === undefined) {
        this.problem = markdownOf(
          l10n.t('No transcript'),
          l10n.t(
            'Nothing of this session is stored any more. Choose it in the list of sessions, and run **Open Transcript** there.',
          ),
        );
        return;
      }
      this.source = source;
      this.waiting = [];
      if (source.session !== undefined) {
        this.subscriptions.push(
          toVSCodeDisposable(source.session.onDidChangeLog((change) => this.onDidChangeLog(change))),
          toVSCodeDisposable(source.session.onDidChangeRemoteUrl(() => this.changed())),
        );
      }
      await forEachRecord(
        source,
        (record) => {
          markdown.record(record);
          return true;
        },
        this.cancellation.token,
      );
      this.markdown = markdown;
    } catch (error) {
      const reason = asCloudSessionsError(error);
      this.problem = markdownOf(
        l10n.t('The transcript could not be read'),
        `    ${sanitizeLine(describeError(reason), 1_000)}`,
      );
    } finally {
      this.settled = true;
      this.shown = undefined;
      const waiting = this.waiting ?? [];
      this.waiting = undefined;
      waiting.forEach((change) => this.onDidChangeLog(change));
    }
  }

  private onDidChangeLog(change: LogChange): void {
    if (this.waiting !== undefined) {
      this.waiting.push(change);
    } else if (change.kind === 'rewritten') {
      this.reread();
    } else {
      this.markdown.record(change);
      this.changed();
    }
  }

  /** A long document is updated less often, because the preview lays out all of it again. */
  private changed(delay = Math.max(REFRESH_MS, this.length / 1_000)): void {
    this.shown = undefined;
    this.announcement.schedule(delay);
  }
}

const OPTIONS = {
  formatTime,
  formatDate,
  locale: vscode.env.language,
  maxTextLength: MAX_TEXT_LENGTH,
  maxLength: MAX_LENGTH,
};

function markdownOf(heading: string, text: string): string {
  return `# ${heading}\n\n${text}\n`;
}

function uriOf(sessionId: string, title: string): vscode.Uri {
  return vscode.Uri.from({ scheme: TRANSCRIPT_SCHEME, path: `/${fileNameOf(title)}.md`, query: sessionId });
}

/** A title as a file name that is valid on every system. */
export function fileNameOf(title: string): string {
  const name = sanitizeLine(title, 60)
    .replace(/[\\/:*?"<>|#%‹›⏎…]+/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[. ]+|[. ]+$/g, '');
  return name === '' ? l10n.t({ message: 'Transcript', comment: ['The name of a file'] }) : name;
}

function isOpen(uri: vscode.Uri): boolean {
  return vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri.toString());
}

/** A preview's tab has no URI, only a label with the name. */
function hasTab(uri: vscode.Uri): boolean {
  const name = uri.path.slice(1);
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .some(({ input, label }) =>
      input instanceof vscode.TabInputText
        ? input.uri.toString() === uri.toString()
        : input instanceof vscode.TabInputWebview && label.includes(name),
    );
}
