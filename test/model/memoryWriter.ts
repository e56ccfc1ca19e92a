import { AbstractMessageWriter, type Message } from 'vscode-jsonrpc/node';

/** Delivers each message as JSON, in a turn of its own. */
export class MemoryWriter extends AbstractMessageWriter {
  constructor(private readonly deliver: (message: Message) => void) {
    super();
  }

  write(message: Message): Promise<void> {
    const text = JSON.stringify(message);
    queueMicrotask(() => this.deliver(JSON.parse(text) as Message));
    return Promise.resolve();
  }

  end(): void {}
}
