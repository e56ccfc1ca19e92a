import { defined } from '../common/defined';
import { isRecord, readArray, readString } from '../common/json';
import type { PromptState, SendMode } from './prompt';

/** A prompt as it is persisted. */
export interface StoredPrompt {
  readonly text: string;
  readonly mode: SendMode;
  /** shown: the session showed it, and whether the service has it is still to be proven. */
  readonly state: Exclude<PromptState, 'delivered'> | 'shown';
  /** It was given to a runtime at least once. */
  readonly transmitted: boolean;
  /** See `PromptEntry`. */
  readonly recordsBefore?: readonly string[];
  readonly copiesBefore?: number;
  readonly otherRecords?: readonly string[];
  /** It may have arrived, though it failed. */
  readonly uncertain: boolean;
  /** Why it failed. */
  readonly error?: string;
}

const STATES: ReadonlySet<string> = new Set<StoredPrompt['state']>([
  'queued',
  'sending',
  'sent',
  'undelivered',
  'failed',
  'shown',
]);

/** `undefined` for a value without a text. What cannot be read becomes a state in which nothing is sent by itself. */
export function readStoredPrompt(value: unknown): StoredPrompt | undefined {
  const text = readString(value, 'text');
  if (!isRecord(value) || text === undefined || text.trim() === '') {
    return undefined;
  }
  const state = readString(value, 'state') ?? '';
  const error = readString(value, 'error');
  const copiesBefore = value['copiesBefore'];
  return {
    text,
    mode: value['mode'] === 'immediate' ? 'immediate' : 'enqueue',
    state: STATES.has(state) ? (state as StoredPrompt['state']) : 'undelivered',
    transmitted: value['transmitted'] !== false,
    uncertain: value['uncertain'] === true,
    copiesBefore: typeof copiesBefore === 'number' ? copiesBefore : 0,
    recordsBefore: texts(value, 'recordsBefore'),
    otherRecords: texts(value, 'otherRecords'),
    ...defined({ error }),
  };
}

function texts(value: unknown, member: string): readonly string[] {
  return readArray(value, member).filter((one) => typeof one === 'string');
}
