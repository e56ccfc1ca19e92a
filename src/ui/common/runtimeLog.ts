import * as vscode from 'vscode';
import { secrets } from '../../core/redaction/secrets';

/** The output channel “Cloud Sessions Runtime”: what the runtime writes, and what happens to it. Secrets are redacted. */
export class RuntimeLog implements vscode.Disposable {
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
