import { validDate } from './localTime';

/** Readers for values from a wire: a value of another form is `undefined`, never an exception. */

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Values may come from other code, too: a getter or the trap of a Proxy may throw. */
function memberOf(value: unknown, key: string): unknown {
  try {
    return isRecord(value) ? value[key] : undefined;
  } catch {
    return undefined;
  }
}

export function readString(value: unknown, key: string): string | undefined {
  const member = memberOf(value, key);
  return typeof member === 'string' ? member : undefined;
}

/** As `readString`, and an empty or blank string counts as absent. */
export function readText(value: unknown, key: string): string | undefined {
  const text = readString(value, key);
  return text !== undefined && text.trim() !== '' ? text : undefined;
}

export function readRecord(value: unknown, key: string): Readonly<Record<string, unknown>> | undefined {
  const member = memberOf(value, key);
  try {
    return isRecord(member) ? member : undefined;
  } catch {
    return undefined;
  }
}

export function readArray(value: unknown, key: string): readonly unknown[] {
  const member = memberOf(value, key);
  return Array.isArray(member) ? (member as readonly unknown[]) : [];
}

/** A finite number of at least 0. */
export function readAmount(value: unknown, key: string): number | undefined {
  const amount = memberOf(value, key);
  return typeof amount === 'number' && Number.isFinite(amount) && amount >= 0 ? amount : undefined;
}

/** A point in time from an ISO string; `undefined` for anything else. */
export function readDate(value: unknown, key: string): Date | undefined {
  const text = readString(value, key);
  if (text === undefined) {
    return undefined;
  }
  return validDate(new Date(text));
}
