import type * as vscode from 'vscode';
import { BoundedMap } from '../../core/common/bounded';
import { isRecord } from '../../core/common/json';
import { parseSessionUrl } from '../../core/events/sessionUrl';
import type { SessionUrlMemory } from '../../core/store/sessionUrlMemory';

const KEY = 'remoteUrls';
/** Maximum number of links; the oldest are removed first. */
const MAX_URLS = 500;

/** Persists the links of sessions that were once open, across reloads and restarts of the editor. */
export class RememberedUrls implements SessionUrlMemory {
  private readonly urls: BoundedMap<string, string>;

  constructor(private readonly memento: vscode.Memento) {
    const saved: unknown = memento.get(KEY);
    const pairs = isRecord(saved) ? Object.entries(saved) : [];
    // Checked again: a file on disk is trusted no more than the runtime.
    this.urls = new BoundedMap(
      MAX_URLS,
      pairs.flatMap(([id, value]) => {
        const url = parseSessionUrl(value);
        return url === undefined ? [] : [[id, url] as const];
      }),
    );
  }

  get(sessionId: string): string | undefined {
    return this.urls.get(sessionId);
  }

  set(sessionId: string, url: string): void {
    if (this.urls.get(sessionId) === url) {
      return;
    }
    this.urls.set(sessionId, url);
    // Nothing depends on the write: if it fails, the session provides the link again.
    void this.memento.update(KEY, Object.fromEntries(this.urls));
  }
}
