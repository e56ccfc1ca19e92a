import type { HttpAnswer } from './httpExchange';

const MAX_ENTRIES = 300;
/** Larger answers are blobs, which nobody asks for twice. */
const MAX_ENTRY_BYTES = 1024 * 1024;
const MAX_BYTES = 8 * 1024 * 1024;

/** Answers that GitHub may confirm by their ETag: a 304 costs nothing of the hourly limit. The least used ones go first. */
export class AnswerCache {
  private readonly answers = new Map<string, HttpAnswer>();
  private bytes = 0;

  get(key: string): HttpAnswer | undefined {
    const answer = this.answers.get(key);
    if (answer !== undefined) {
      this.answers.delete(key);
      this.answers.set(key, answer);
    }
    return answer;
  }

  /** Keeps a successful answer that has an ETag; any other one replaces what was kept. */
  put(key: string, answer: HttpAnswer): void {
    this.drop(key);
    if (answer.status !== 200 || !answer.headers.has('etag') || answer.bytes.byteLength > MAX_ENTRY_BYTES) {
      return;
    }
    this.answers.set(key, answer);
    this.bytes += answer.bytes.byteLength;
    for (const oldest of this.answers.keys()) {
      if (this.answers.size <= MAX_ENTRIES && this.bytes <= MAX_BYTES) {
        break;
      }
      this.drop(oldest);
    }
  }

  private drop(key: string): void {
    const answer = this.answers.get(key);
    if (answer !== undefined) {
      this.answers.delete(key);
      this.bytes -= answer.bytes.byteLength;
    }
  }
}
