/** Handles messages one at a time, in the order of arrival. Handling one may deliver another (in-memory runtimes). */
export class Inbox<Message> {
  private readonly waiting: Message[] = [];
  private isTaking = false;

  constructor(private readonly take: (message: Message) => void) {}

  deliver(message: Message): void {
    if (this.isTaking) {
      this.waiting.push(message);
      return;
    }
    this.isTaking = true;
    try {
      for (let next: Message | undefined = message; next !== undefined; next = this.waiting.shift()) {
        this.take(next);
      }
    } finally {
      this.isTaking = false;
    }
  }
}
