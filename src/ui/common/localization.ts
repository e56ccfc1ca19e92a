import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';

/**
 * Gives every layer the texts of VS Code's language: `@vscode/l10n` works without an editor, so core and runtime use it
 * as the UI does. To be imported before everything else, since constants are translated when their file is loaded.
 */
if (vscode.l10n.bundle !== undefined) {
  l10n.config({ contents: vscode.l10n.bundle });
}
