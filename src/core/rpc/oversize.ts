import { isRecord } from '../common/json';

/** A message that is larger than what is read. */
export interface Oversize {
  readonly bytes: number;
  readonly limitBytes: number;
}

const KIND = 'response-too-large';

/** The data of the error that takes the place of an answer that was left out for its size. */
export function oversizeData(oversize: Oversize): Readonly<Record<string, unknown>> {
  return { kind: KIND, ...oversize };
}

export function readOversize(data: unknown): Oversize | undefined {
  if (!isRecord(data) || data['kind'] !== KIND) {
    return undefined;
  }
  const { bytes, limitBytes } = data;
  return typeof bytes === 'number' && typeof limitBytes === 'number' ? { bytes, limitBytes } : undefined;
}
