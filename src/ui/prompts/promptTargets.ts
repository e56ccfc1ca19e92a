import type * as vscode from 'vscode';
import { BoundedMap } from '../../core/common/bounded';
import { isRecord, readString } from '../../core/common/json';

const KEY = 'promptTargets';
/** More editors than anybody has open; older entries are of documents that are gone. */
const MAX_TARGETS = 100;

/** Which session the text in each prompt editor is for: kept in the workspace, as VS Code keeps the text itself. */
export class PromptTargets {
  private readonly targets: BoundedMap<string, string>;

  constructor(private readonly memento: Pick<vscode.Memento, 'get' | 'update'>) {
    const kept: unknown = memento.get(KEY);
    this.targets = new BoundedMap(
      MAX_TARGETS,
      isRecord(kept)
        ? Object.keys(kept).flatMap((uri) => {
            const sessionId = readString(kept, uri);
            return sessionId === undefined ? [] : [[uri, sessionId] as const];
          })
        : [],
    );
  }

  get(uri: string): string | undefined {
    return this.targets.get(uri);
  }

  async set(uri: string, sessionId: string): Promise<void> {
    this.targets.set(uri, sessionId);
    await this.save();
  }

  /** The name may be given to another document now. */
  async delete(uri: string): Promise<void> {
    if (this.targets.delete(uri)) {
      await this.save();
    }
  }

  private async save(): Promise<void> {
    await this.memento.update(KEY, Object.fromEntries(this.targets));
  }
}
