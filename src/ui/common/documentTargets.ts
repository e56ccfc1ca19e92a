import type * as vscode from 'vscode';
import { BoundedMap } from '../../core/common/bounded';
import { isRecord, readString } from '../../core/common/json';

/** More than anybody has open: older entries belong to documents that are gone. */
const MAX_TARGETS = 100;

/** The session of each editor of prompts, or of descriptions (by the key), stored in the workspace as VS Code stores the text. */
export class DocumentTargets {
  private readonly targets: BoundedMap<string, string>;

  constructor(
    private readonly memento: Pick<vscode.Memento, 'get' | 'update'>,
    private readonly key: string,
  ) {
    const stored: unknown = memento.get(key);
    this.targets = new BoundedMap(
      MAX_TARGETS,
      isRecord(stored)
        ? Object.keys(stored).flatMap((uri) => {
            const sessionId = readString(stored, uri);
            return sessionId === undefined ? [] : [[uri, sessionId] as const];
          })
        : [],
    );
  }

  get(uri: string): string | undefined {
    return this.targets.get(uri);
  }

  /** The addresses of the documents. */
  get uris(): readonly string[] {
    return [...this.targets.keys()];
  }

  async set(uri: string, sessionId: string): Promise<void> {
    this.targets.set(uri, sessionId);
    await this.save();
  }

  /** Call it when a document is closed: VS Code may reuse its Uri. */
  async delete(uri: string): Promise<void> {
    if (this.targets.delete(uri)) {
      await this.save();
    }
  }

  private async save(): Promise<void> {
    await this.memento.update(this.key, Object.fromEntries(this.targets));
  }
}
