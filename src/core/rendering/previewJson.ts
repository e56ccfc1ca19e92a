const MAX_DEPTH = 8;

/**
 * JSON of a value on one line, at most about `maxLength` UTF-16 units of it and eight levels deep. The rest is not
 * visited; "…" stands for it.
 */
export function previewJson(value: unknown, maxLength: number): string {
  const writer = new JsonWriter(maxLength);
  writer.write(value, 0);
  return writer.text;
}

class JsonWriter {
  text = '';

  constructor(private readonly maxLength: number) {}

  write(value: unknown, depth: number): void {
    if (Array.isArray(value)) {
      this.writeMembers('[', ']', value as readonly unknown[], depth, (element) => this.write(element, depth + 1));
    } else if (typeof value === 'object' && value !== null) {
      const record = value as Readonly<Record<string, unknown>>;
      this.writeMembers('{', '}', keysOf(record), depth, (key) => {
        this.writeText(key);
        this.text += ':';
        this.write(record[key], depth + 1);
      });
    } else if (typeof value === 'string') {
      this.writeText(value);
    } else {
      const scalar = value as boolean | number | null | undefined;
      this.text += String(scalar);
    }
  }

  private writeMembers<T>(
    open: string,
    close: string,
    members: Iterable<T>,
    depth: number,
    writeMember: (member: T) => void,
  ): void {
    this.text += open;
    let first = true;
    for (const member of members) {
      this.text += first ? '' : ',';
      first = false;
      if (depth >= MAX_DEPTH || this.text.length >= this.maxLength) {
        this.text += '…';
        break;
      }
      writeMember(member);
    }
    this.text += close;
  }

  private writeText(value: string): void {
    const room = Math.max(0, this.maxLength - this.text.length);
    if (value.length <= room) {
      this.text += JSON.stringify(value);
    } else {
      this.text += `${JSON.stringify(value.slice(0, room)).slice(0, -1)}…"`;
    }
  }
}

function* keysOf(record: Readonly<Record<string, unknown>>): Iterable<string> {
  for (const key in record) {
    if (Object.hasOwn(record, key)) {
      yield key;
    }
  }
}
