import type * as vscode from 'vscode';
import { BoundedMap } from '../../core/common/bounded';
import { isRecord } from '../../core/common/json';
import { parseSessionUrl } from '../../core/events/sessionUrl';
import type { SessionUrlMemory } from '../../core/store/sessionUrlMemory';

const KEY = 'remoteUrls';
/** Links kept; the oldest go first. */
const LIMIT = 500;

/** The links of sessions that were open once, kept over reloads and restarts of the editor. */
export class RememberedUrls implements SessionUrlMemory {
  private readonly urls: BoundedMap<string, string>;

  constructor(private readonly memento: vscode.Memento) {
    const saved: unknown = memento.get(KEY);
    const pairs = isRecord(saved) ? Object.entries(saved) : [];
    // Checked again: a file on disk is no more to be trusted than the runtime.
    this.urls = new BoundedMap(
      LIMIT,
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
    // Nothing depends on the write: should it fail, the link is learnt again from the session.
    void this.memento.update(KEY, Object.fromEntries(this.urls));
  }
}
