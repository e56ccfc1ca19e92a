import { isRecord } from '../common/json';
import { previewJson } from './previewJson';

/**
 * Reads an event's data, whose type is a promise of the SDK that nothing has checked at run time.
 *
 * What is missing or of another type is noted in `problems`; what has a value all the same is shown as JSON, so that a
 * malformed event is rendered as far as it can be, and marked.
 */
export class EventReader {
  private constructor(
    private readonly source: Readonly<Record<string, unknown>>,
    readonly problems: string[],
    private readonly path: string,
  ) {}

  /** `value` is to be an object; what else it is becomes a problem of the name `name`. */
  static of(value: unknown, name: string, problems: string[]): EventReader {
    if (isRecord(value)) {
      return new EventReader(value, problems, '');
    }
    problems.push(value === undefined ? `no ${name}` : `${name} is ${typeName(value)}, not an object`);
    return new EventReader({}, problems, '');
  }

  /** The object itself. */
  get all(): unknown {
    return this.source;
  }

  keys(max: number): readonly string[] {
    return Object.keys(this.source).slice(0, max);
  }

  get(key: string): unknown {
    return this.source[key];
  }

  /** A text that has to be there; '' if it is not. */
  text(key: string): string {
    const value = this.get(key);
    if (value === undefined || value === null) {
      this.problems.push(`no ${this.path}${key}`);
      return '';
    }
    return this.optionalText(key) ?? '';
  }

  /** A text that may be absent (`null` counts as absent). */
  optionalText(key: string): string | undefined {
    const value = this.get(key);
    if (value === undefined || value === null || typeof value === 'string') {
      return value ?? undefined;
    }
    this.wrong(key, value, 'text');
    return previewJson(value, 1000);
  }

  /** A number that may be absent. */
  number(key: string): number | undefined {
    return this.optional(key, (value) => typeof value === 'number', 'a number');
  }

  /** A truth value that may be absent. */
  flag(key: string): boolean | undefined {
    return this.optional(key, (value) => typeof value === 'boolean', 'true or false');
  }

  /** An object within that may be absent; its problems are noted with this object's. */
  optionalFields(key: string): EventReader | undefined {
    const value = this.optional(key, isRecord, 'an object');
    return value && new EventReader(value, this.problems, `${this.path}${key}.`);
  }

  /** An object within that has to be there; one without members if it is not. */
  fields(key: string): EventReader {
    const value = this.get(key);
    if (value === undefined || value === null) {
      this.problems.push(`no ${this.path}${key}`);
    }
    return this.optionalFields(key) ?? new EventReader({}, this.problems, `${this.path}${key}.`);
  }

  /** A list that may be absent. */
  list(key: string): readonly unknown[] {
    const value = this.get(key);
    if (Array.isArray(value)) {
      return value as readonly unknown[];
    }
    if (value !== undefined && value !== null) {
      this.wrong(key, value, 'a list');
    }
    return [];
  }

  /** The texts of a list that may be absent; other elements as JSON. At most `max` are looked at. */
  texts(key: string, max = 50): readonly string[] {
    return this.list(key)
      .slice(0, max)
      .map((element) => (typeof element === 'string' ? element : previewJson(element, 200)));
  }

  private optional<T>(key: string, is: (value: unknown) => value is T, what: string): T | undefined {
    const value = this.get(key);
    if (is(value)) {
      return value;
    }
    if (value !== undefined && value !== null) {
      this.wrong(key, value, what);
    }
    return undefined;
  }

  private wrong(key: string, value: unknown, wanted: string): void {
    this.problems.push(`${this.path}${key} is ${typeName(value)}, not ${wanted}`);
  }
}

function typeName(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value;
}
