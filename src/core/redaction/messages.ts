import { isRecord } from '../common/json';
import type { SlicedWork } from '../common/timeSlices';
import { secrets } from './secrets';

/** A JSON-RPC message without secrets. Its error is what a program says of itself. */
export function cleanMessage(message: unknown): unknown {
  const cleaned = secrets.cleanValue(message);
  return isRecord(cleaned) && cleaned['error'] !== undefined
    ? { ...cleaned, error: secrets.cleanValue(cleaned['error'], true) }
    : cleaned;
}

/**
 * The same in steps, for a message that is nearly all one list in an object in it: a history. The list is changed in
 * its place.
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
  // The rest with an empty list in the place of that one, which is put back then.
  const rest = cleanMessage({ ...(message as object), [outer]: { ...(holder as object), [inner]: [] } });
  const cleanHolder = isRecord(rest) ? rest[secrets.clean(outer)] : undefined;
  return { ...(rest as object), [secrets.clean(outer)]: { ...(cleanHolder as object), [secrets.clean(inner)]: list } };
}

function hasList(value: unknown): boolean {
  return isRecord(value) && Object.values(value).some((member) => Array.isArray(member));
}
