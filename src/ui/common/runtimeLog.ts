import * as vscode from 'vscode';
import { secrets } from '../../core/redaction/secrets';

/** The log channel “Cloud Sessions Runtime”: the runtime's output and its state changes, in English. Secrets are redacted. */
export class RuntimeLog implements vscode.Disposable {
  // eslint-disable-next-line texts/localized -- a name, the same in every language
  private readonly channel = vscode.window.createOutputChannel('Cloud Sessions Runtime', { log: true });

  info(message: string): void {
    this.channel.info(secrets.redact(message));
  }

  warn(message: string): void {
    this.channel.warn(secrets.redact(message));
  }

  error(message: string): void {
    this.channel.error(secrets.redact(message));
  }

  /** Opens the channel in the panel. */
  show(): void {
    this.channel.show();
  }

  dispose(): void {
    this.channel.dispose();
  }
}
