import * as l10n from '@vscode/l10n';
import { isRecord } from '../common/json';
import { previewJson } from './previewJson';

/**
 * Reads an event's data, whose type in the SDK is not checked at run time.
 *
 * A member that is missing or of another type is noted in `problems`. A value of another type is shown as JSON, so that
 * a malformed event is rendered as far as possible, and marked.
 */
export class EventReader {
  private constructor(
    private readonly source: Readonly<Record<string, unknown>>,
    readonly problems: string[],
    private readonly path: string,
  ) {}

  /** @param name what a problem calls `value` if that is no object */
  static of(value: unknown, name: string, problems: string[]): EventReader {
    if (isRecord(value)) {
      return new EventReader(value, problems, '');
    }
    problems.push(value === undefined ? missingMember(name) : notAnObject(name, value));
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

  /** A text that must be there; '' if it is not. */
  text(key: string): string {
    const value = this.get(key);
    if (value === undefined || value === null) {
      this.problems.push(missingMember(this.path + key));
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
    this.problems.push(l10n.t('{0} is {1}, not text', this.path + key, typeName(value)));
    return previewJson(value, 1000);
  }

  /** A number that may be absent. */
  number(key: string): number | undefined {
    return this.optional(
      key,
      (value) => typeof value === 'number',
      (name, value) => l10n.t('{0} is {1}, not a number', name, typeName(value)),
    );
  }

  /** A truth value that may be absent. */
  flag(key: string): boolean | undefined {
    return this.optional(
      key,
      (value) => typeof value === 'boolean',
      (name, value) => l10n.t('{0} is {1}, not true or false', name, typeName(value)),
    );
  }

  /** An object within that may be absent; its problems are noted with this object's. */
  optionalFields(key: string): EventReader | undefined {
    const value = this.optional(key, isRecord, notAnObject);
    return value && new EventReader(value, this.problems, `${this.path}${key}.`);
  }

  /** An object within that must be there; one without members if it is not. */
  fields(key: string): EventReader {
    const value = this.get(key);
    if (value === undefined || value === null) {
      this.problems.push(missingMember(this.path + key));
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
      this.problems.push(l10n.t('{0} is {1}, not a list', this.path + key, typeName(value)));
    }
    return [];
  }

  /** The first `max` texts of a list that may be absent; other elements as JSON. */
  texts(key: string, max = 50): readonly string[] {
    return this.list(key)
      .slice(0, max)
      .map((element) => (typeof element === 'string' ? element : previewJson(element, 200)));
  }

  private optional<T>(
    key: string,
    is: (value: unknown) => value is T,
    problem: (name: string, value: unknown) => string,
  ): T | undefined {
    const value = this.get(key);
    if (is(value)) {
      return value;
    }
    if (value !== undefined && value !== null) {
      this.problems.push(problem(this.path + key, value));
    }
    return undefined;
  }
}

/** A problem. @param name of the member */
export function missingMember(name: string): string {
  return l10n.t({ message: 'no {0}', args: [name], comment: ['{0}: a member that an event lacks'] });
}

function notAnObject(name: string, value: unknown): string {
  return l10n.t('{0} is {1}, not an object', name, typeName(value));
}

/** As JavaScript calls it, in every language. */
function typeName(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}
