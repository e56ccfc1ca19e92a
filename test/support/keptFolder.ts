import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SessionEvent } from '@github/copilot-sdk';
import type { CloudSession } from '../../src/core/session/session';
import { SessionStore } from '../../src/core/store/sessionStore';
import { realFiles, type Files } from '../../src/storage/files';
import type { Bounds } from '../../src/storage/retention';
import { SessionPersistence } from '../../src/storage/sessionPersistence';
import type { DamagedState } from '../../src/storage/windowTakeover';
import { PATIENCE_MS } from './eventually';

/** The sessions of a window and the folder in which they are stored, without a runtime. */
export interface Window {
  readonly store: SessionStore;
  readonly persistence: SessionPersistence;
  /** Reports about the disk: `failed ENOSPC`, `recovered`. */
  readonly disk: string[];
  readonly warnings: string[];
  readonly damaged: DamagedState[];
}

/** A folder in which windows store their sessions, one after another or at the same time. */
export class KeptFolder {
  private readonly windows: Window[] = [];

  private constructor(readonly path: string) {}

  static async make(): Promise<KeptFolder> {
    return new KeptFolder(await mkdtemp(path.join(tmpdir(), 'kept-')));
  }

  /** A folder that another process left behind. */
  static at(folder: string): KeptFolder {
    return new KeptFolder(folder);
  }

  async open(files: Partial<Files> = {}, bounds?: Bounds): Promise<Window> {
    const window = this.window(files, bounds);
    await window.persistence.restore();
    return window;
  }

  /** A window that has not restored anything yet. */
  window(files: Partial<Files> = {}, bounds: Bounds = { maxAgeDays: 30, maxSizeMB: 1_000 }): Window {
    const disk: string[] = [];
    const warnings: string[] = [];
    const damaged: DamagedState[] = [];
    const store = new SessionStore({ get: () => undefined, set: () => undefined }, (text) => warnings.push(text));
    const persistence = new SessionPersistence(store, {
      folder: this.path,
      workspace: 'harbor',
      bounds: () => bounds,
      disk: {
        failed: (error) => disk.push(`failed ${String((error as { code?: unknown }).code)}`),
        recovered: () => disk.push('recovered'),
      },
      warn: (text) => warnings.push(text),
      onDamaged: (found) => damaged.push(found),
      files: { ...realFiles, ...files },
    });
    const window = { store, persistence, disk, warnings, damaged };
    this.windows.push(window);
    return window;
  }

  /** Closes a window as the editor does when it ends. */
  async close(window: Window): Promise<void> {
    this.windows.splice(this.windows.indexOf(window), 1);
    await window.persistence.close();
    window.store.dispose();
  }

  async dispose(): Promise<void> {
    for (const window of [...this.windows]) {
      await this.close(window);
    }
    await rm(this.path, { recursive: true, force: true });
  }

  async transcripts(): Promise<string[]> {
    return (await readdir(path.join(this.path, 'transcripts'))).sort();
  }

  locate(name: string): string {
    return path.join(this.path, 'transcripts', name);
  }

  read(name: string): Promise<string> {
    return readFile(this.locate(name), 'utf8');
  }
}

/** Opens a session as if it had been open before. */
export function openSession({ store }: Window, sessionId = 's1'): CloudSession {
  store.restore({
    sessions: [
      {
        sessionId,
        details: { isRemote: true, taskId: `task-${sessionId}` },
        openedAt: new Date(),
        open: true,
        prompts: [],
      },
    ],
    creations: [],
    reviews: [],
  });
  const session = store.getSession(sessionId);
  if (session === undefined) {
    throw new Error(`${sessionId} did not open.`);
  }
  return session;
}

export function deliver(session: CloudSession, event: SessionEvent): void {
  const params = { sessionId: session.sessionId, event };
  session.deliver({ kind: 'event', notification: { method: 'session.event', params } });
}

export async function eventually(what: string, test: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end;) {
    if (await test()) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`It never came: ${what}`);
}

export async function keptIds({ persistence }: Window, sessionId = 's1'): Promise<string[]> {
  const found: string[] = [];
  for await (const record of persistence.transcripts.read(sessionId)) {
    found.push(record.kind === 'event' ? record.event.id : record.note.text);
  }
  return found;
}
