import type { SessionEvent } from '@github/copilot-sdk';
import { isRecord, readRecord, readText } from '../common/json';
import type { OpenQuestion } from './activity';

/** A cache by event: a question is compared with others many times while it is open. */
const keys = new WeakMap<SessionEvent, string | null>();

/**
 * The same for two questions that are one: about the same tool call and with the same words, under another request id.
 * `undefined` for a question that names no tool call: it equals no other.
 */
export function keyOfToolCall(event: SessionEvent): string | undefined {
  let key = keys.get(event);
  if (key === undefined) {
    key = computeKey(event) ?? null;
    keys.set(event, key);
  }
  return key ?? undefined;
}

export function toolCallOf(data: unknown): string | undefined {
  return readText(data, 'toolCallId') ?? readText(readRecord(data, 'permissionRequest'), 'toolCallId');
}

function computeKey({ type, data }: SessionEvent): string | undefined {
  if (toolCallOf(data) === undefined || !isRecord(data)) {
    return undefined;
  }
  try {
    return `${type} ${JSON.stringify({ ...data, requestId: null }, sorted)}`;
  } catch {
    // Nested too deeply for the stack.
    return undefined;
  }
}

/** A service may write the members of an object in another order when it asks again. */
function sorted(_key: string, value: unknown): unknown {
  return isRecord(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
}

/** The words of a question, to find the event of a request and the reverse: neither names the other. */
export function signatureOf(kind: OpenQuestion['kind'], data: unknown): string {
  const fields = isRecord(data) ? data : {};
  const said = [fields['question'], fields['choices'], fields['summary'], fields['planContent'], fields['errorCode']];
  return JSON.stringify([kind, ...said.map((part) => part ?? null)]);
}

/** The number of questions for a person: repeated ones count once, and so do a request and its event. */
export function countQuestions(
  questions: ReadonlyMap<string, OpenQuestion>,
  requests: readonly { readonly kind: OpenQuestion['kind']; readonly params: unknown }[],
): number {
  const distinct = new Set<unknown>();
  for (const question of questions.values()) {
    distinct.add(keyOfToolCall(question.event) ?? question);
  }
  return distinct.size + withoutEvent(questions, requests);
}

function withoutEvent(
  questions: ReadonlyMap<string, OpenQuestion>,
  requests: readonly { readonly kind: OpenQuestion['kind']; readonly params: unknown }[],
): number {
  if (requests.length === 0) {
    return 0;
  }
  const events = new Map<string, number>();
  const kinds = new Set(requests.map(({ kind }) => kind));
  for (const { kind, event } of questions.values()) {
    if (kinds.has(kind)) {
      const signature = signatureOf(kind, event.data);
      events.set(signature, (events.get(signature) ?? 0) + 1);
    }
  }
  let count = 0;
  for (const { kind, params } of requests) {
    const signature = signatureOf(kind, params);
    const left = events.get(signature) ?? 0;
    if (left > 0) {
      events.set(signature, left - 1);
    } else {
      count++;
    }
  }
  return count;
}
