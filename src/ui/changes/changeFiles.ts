import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { omitted, type FileContent } from '../../core/changes/changeSet';
import { Deadline } from '../../core/common/async';
import { asCloudSessionsError, CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { BoundedMap } from '../../core/common/bounded';
import { textOf } from '../../core/redaction/secrets';
import type { SessionStore } from '../../core/store/sessionStore';
import { sanitizeLine } from '../../core/common/sanitize';
import type { FoundChanges } from './changeSources';
import { CHANGE_SCHEME, pathIn, readUri, type ChangePlace } from './changeUri';
import type { SessionChangesService } from './sessionChangesService';

/** Most files whose contents are retained: VS Code asks twice for each. */
const MOST_CONTENTS = 64;
/** How long an editor of an earlier window waits for its session, in milliseconds. */
const RESTORE_MS = 30_000;
const UNCHANGED = omitted(l10n.t('The session no longer changes this file.'));
/** Most addresses that are remembered to announce new contents. */
const MOST_SERVED = 4_000;

/** The files that sessions have changed, before and after, as read-only files: also images can be compared. */
export class ChangeFiles implements vscode.FileSystemProvider, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changes.event;
  private readonly served = new BoundedMap<string, vscode.Uri>(MOST_SERVED);
  private readonly contents = new BoundedMap<string, Promise<FileContent>>(MOST_CONTENTS);
  private readonly disposables: vscode.Disposable[];

  constructor(
    private readonly sessions: {
      readonly store: Pick<SessionStore, 'find' | 'onDidChange'>;
      readonly ready: () => Promise<unknown>;
    },
    private readonly service: Pick<SessionChangesService, 'get' | 'read' | 'onDidChange'>,
  ) {
    this.disposables = [
      this.changes,
      vscode.workspace.registerFileSystemProvider(CHANGE_SCHEME, this, { isCaseSensitive: true, isReadonly: true }),
      service.onDidChange((key) => this.announce(key)),
    ];
  }

  /** Changes are announced for every file that was read. */
  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { bytes, time } = await this.read(uri);
    return { type: vscode.FileType.File, ctime: 0, mtime: time.getTime(), size: bytes.length };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return (await this.read(uri)).bytes;
  }

  /**
   * The text of a side. A file that the session no longer changes, or that is not there, has an empty one.
   * @returns `undefined` if it is not known: it cannot be read, or is not shown
   */
  async textOf(uri: vscode.Uri): Promise<string | undefined> {
    const place = readUri(uri);
    const content = place && (await this.contentOf(place, uri).catch(() => undefined))?.content;
    switch (content?.kind) {
      case 'bytes':
        return new TextDecoder().decode(content.bytes);
      case 'absent':
        return '';
      case 'omitted':
        return content === UNCHANGED ? '' : undefined;
      case undefined:
        return undefined;
    }
  }

  readDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.FileNotADirectory(uri);
  }

  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  writeFile(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  dispose(): void {
    for (const disposable of this.disposables) {
      disposable.dispose();
    }
  }

  private async read(uri: vscode.Uri): Promise<{ readonly bytes: Uint8Array; readonly time: Date }> {
    const place = readUri(uri);
    if (place === undefined) {
      throw vscode.FileSystemError.FileNotFound(uri);
    }
    this.served.set(uri.toString(), uri);
    const { content, time } = await this.contentOf(place, uri);
    switch (content.kind) {
      case 'bytes':
        return { bytes: content.bytes, time };
      case 'omitted':
        return { bytes: Buffer.from(`${content.reason}\n`), time };
      case 'absent':
        return { bytes: new Uint8Array(), time };
    }
  }

  private async contentOf(
    place: ChangePlace,
    uri: vscode.Uri,
  ): Promise<{ readonly content: FileContent; readonly time: Date }> {
    const found = this.service.get(place.id) ?? (await this.find(place));
    const time = found.set.changes.readAt;
    // The contents belong to one reading of the changes.
    const id = `${time.getTime()} ${found.set.changes.source} ${uri.toString()}`;
    return { content: await (this.contents.get(id) ?? this.remember(id, contentOf(found, place))), time };
  }

  private remember(id: string, content: Promise<FileContent>): Promise<FileContent> {
    this.contents.set(id, content);
    return content;
  }

  /**
   * Editors outlive a window: their changes are read again. The session may be known, or be watched again, a little
   * later than its editor is shown.
   */
  private async find({ id }: ChangePlace): Promise<FoundChanges> {
    const { store, ready } = this.sessions;
    const deadline = new Deadline(RESTORE_MS);
    try {
      await deadline.race(ready());
      for (;;) {
        const row = store.find(id);
        try {
          if (row !== undefined) {
            return await this.service.read(row, { fetches: false });
          }
        } catch (error) {
          if (asCloudSessionsError(error).code !== 'session-not-ready' || row?.session?.isCaughtUp !== false) {
            throw error;
          }
        }
        if (!(await deadline.next(store.onDidChange))) {
          throw new CloudSessionsError(
            'session-not-found',
            l10n.t('There is no session with the id {0}.', sanitizeLine(id, 100)),
          );
        }
      }
    } catch (error) {
      throw vscode.FileSystemError.Unavailable(textOf(error));
    } finally {
      deadline.dispose();
    }
  }

  private announce(key: string): void {
    const isOf = (uri: vscode.Uri): boolean => this.sessions.store.find(readUri(uri)?.id ?? '')?.key === key;
    const changed = [...this.served.values()].filter(isOf);
    this.changes.fire(changed.map((uri) => ({ type: vscode.FileChangeType.Changed, uri })));
  }
}

async function contentOf({ set }: FoundChanges, { view, path }: ChangePlace): Promise<FileContent> {
  if (view === 'patch') {
    const patches = await Promise.all(set.changes.files.map(async (file) => set.patch?.(file)));
    return { kind: 'bytes', bytes: Buffer.from(patches.filter((patch) => patch !== undefined).join('')) };
  }
  const file = set.changes.files.find((each) => pathIn(each, view) === path);
  // The agent may have undone a change that is still open in an editor.
  return file === undefined ? UNCHANGED : set.content(file, view);
}
