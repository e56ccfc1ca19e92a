import type { SessionEvent } from '@github/copilot-sdk';
import { isRecord, readString } from '../common/json';

/** The member of `data` that identifies an event of its type, for types that have one. */
const KEYS = new Map<string, string>([
  // The runtime's own copy of a prompt and the service's echo of it differ in all but the text.
  ['user.message', 'content'],
  ['assistant.message', 'messageId'],
  ['tool.execution_start', 'toolCallId'],
  ['tool.execution_complete', 'toolCallId'],
  ['permission.requested', 'requestId'],
  ['permission.completed', 'requestId'],
  ['session.start', 'sessionId'],
]);

/** The member of `data` that only live events have, and the history lacks (measured on 1.0.102). */
const ADDED = new Map<string, string>([['assistant.usage', 'accounting']]);

/** How deep `data` is hashed: deeper nesting, which no runtime makes, would overflow the stack. */
const MAX_DEPTH = 200;

/**
 * A hash of 53 bits of an event's content, without its id. The runtime gives live events ids of its own, and uses those of
 * the service after a new connection (measured on 1.0.85 and 1.0.102): the same event then has another id and another
 * time. A log keeps one hash for each event, in 8 bytes, instead of a text. Among 100,000 events, two different ones have
 * the same hash with a probability of 6e-7.
 */
export function identityHash(event: SessionEvent): number {
  const { type, told, data, added } = whatItSays(event);
  const hash = new Hash();
  hash.text(type);
  if (told === undefined) {
    hash.value(data, added, 0);
  } else {
    hash.text(told);
  }
  return hash.number;
}

/** The parts of an event that identify it, without its id. Where `told` is defined, it stands for all of the data. */
export function whatItSays(event: SessionEvent) {
  const given: unknown = event.type;
  const type = typeof given === 'string' ? given : '';
  const data: unknown = event.data;
  const key = KEYS.get(type);
  return { type, data, told: key === undefined ? undefined : readString(data, key), added: ADDED.get(type) };
}

/** Two 32-bit FNV-1a hashes, of which 53 bits are used: as many as a number holds exactly. */
class Hash {
  private first = 0x811c9dc5;
  private second = 0x9747b28c;

  get number(): number {
    return (this.first >>> 0) * 0x200000 + (this.second >>> 11);
  }

  text(text: string): void {
    let { first, second } = this;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      first = Math.imul(first ^ unit, 0x01000193);
      second = Math.imul(second ^ unit, 0x5bd1e995);
      second ^= second >>> 15;
    }
    this.first = first;
    this.second = second;
    // The end is part of the hash: ["ab", "c"] is not ["a", "bc"].
    this.mark(0x10000 + text.length);
  }

  value(value: unknown, without: string | undefined, depth: number): void {
    if (typeof value === 'string') {
      this.mark(0x20001);
      this.text(value);
    } else if (typeof value !== 'object' || value === null) {
      this.mark(0x20002);
      const scalar = value as boolean | number | null | undefined;
      this.text(String(scalar));
    } else if (depth > MAX_DEPTH) {
      this.mark(0x20003);
    } else if (Array.isArray(value)) {
      this.mark(0x20004);
      for (const item of value) {
        this.value(item, undefined, depth + 1);
      }
      this.mark(0x20005);
    } else if (isRecord(value)) {
      this.mark(0x20006);
      for (const key of Object.keys(value)) {
        const member = value[key];
        if (member !== undefined && key !== without) {
          this.text(key);
          this.value(member, undefined, depth + 1);
        }
      }
      this.mark(0x20007);
    }
  }

  private mark(unit: number): void {
    this.first = Math.imul(this.first ^ unit, 0x01000193);
    this.second = Math.imul(this.second ^ unit, 0x5bd1e995);
    this.second ^= this.second >>> 13;
  }
}
