import { isRecord } from '../common/json';
import type { SlicedWork } from '../common/timeSlices';
import { secrets } from './secrets';

/** Redacts a JSON-RPC message. Its error is diagnostic text: see `Redactor.redact`. */
export function cleanMessage(message: unknown): unknown {
  const cleaned = secrets.cleanValue(message);
  return isRecord(cleaned) && cleaned['error'] !== undefined
    ? { ...cleaned, error: secrets.cleanValue(cleaned['error'], true) }
    : cleaned;
}

/**
 * As `cleanMessage`, in steps, for a message that is nearly all one list in an object in it: a history. The list is changed
 * in place.
 */
export function* cleaningMessage(message: unknown): SlicedWork<unknown> {
  const [outer, holder] = Object.entries(isRecord(message) ? message : {}).find(([, member]) => hasList(member)) ?? [];
  const [inner, list] =
    Object.entries(isRecord(holder) ? holder : {}).find(([, member]) => Array.isArray(member)) ?? [];
  if (outer === undefined || inner === undefined || !Array.isArray(list)) {
    return cleanMessage(message);
  }
  for (const [index, item] of list.entries()) {
    list[index] = secrets.cleanValue(item);
    yield;
  }
  // The rest is redacted with an empty list, which is replaced by the list then.
  const rest = cleanMessage({ ...(message as object), [outer]: { ...(holder as object), [inner]: [] } });
  const cleanHolder = isRecord(rest) ? rest[secrets.clean(outer)] : undefined;
  return { ...(rest as object), [secrets.clean(outer)]: { ...(cleanHolder as object), [secrets.clean(inner)]: list } };
}

function hasList(value: unknown): boolean {
  return isRecord(value) && Object.values(value).some((member) => Array.isArray(member));
}
