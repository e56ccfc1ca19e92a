import * as vscode from 'vscode';
import { readArrangement, type Arrangement } from '../rows/arrangement';

const KEY = 'arrangement';

/** The filter, grouping and sorting of the list, stored in the workspace. */
export class ArrangementMemory implements vscode.Disposable {
  private arrangement: Arrangement;
  private readonly changes = new vscode.EventEmitter<Arrangement>();
  readonly onDidChange = this.changes.event;

  constructor(private readonly memento: vscode.Memento) {
    this.arrangement = readArrangement(memento.get(KEY));
  }

  get current(): Arrangement {
    return this.arrangement;
  }

  change(change: Partial<Arrangement>): void {
    this.arrangement = readArrangement({ ...this.arrangement, ...change });
    // If the write fails, the next window shows the previous arrangement: no error is needed.
    void this.memento.update(KEY, this.arrangement);
    this.changes.fire(this.arrangement);
  }

  dispose(): void {
    this.changes.dispose();
  }
}
