import * as vscode from 'vscode';
import { endLeftOverRuns } from '../../runtime/processes/leftOverRuns';
import type { RunRecords } from '../../runtime/processes/runtimeRun';
import type { RuntimeLog } from '../common/runtimeLog';

/** Records of the runtimes that windows have started, in a folder that all windows share. */
export class WindowRuns {
  readonly records: RunRecords;

  constructor(
    context: Pick<vscode.ExtensionContext, 'globalStorageUri' | 'asAbsolutePath'>,
    private readonly log: Pick<RuntimeLog, 'info'>,
  ) {
    this.records = {
      folder: vscode.Uri.joinPath(context.globalStorageUri, 'runs').fsPath,
      watcher: {
        command: process.execPath,
        args: [context.asAbsolutePath('dist/endRun.js')],
        env: { ELECTRON_RUN_AS_NODE: '1' },
      },
    };
  }

  /** Ends the remaining processes of runtimes whose window's extension host was killed. */
  async endLeftOver(): Promise<void> {
    for (const { left } of await endLeftOverRuns(this.records.folder)) {
      this.log.info(
        left.length === 0
          ? 'A window had ended without stopping its runtime; its processes have ended.'
          : `A window had ended without stopping its runtime, and these processes could not be ended: ${left.join(', ')}.`,
      );
    }
  }
}
