import type { SessionEvent } from '@github/copilot-sdk';
import { isRecord } from '../../src/core/common/json';
import { whatItSays } from '../../src/core/events/eventIdentity';

/** The text that `identityHash` hashes, which a failed comparison can show. */
export function eventIdentity(event: SessionEvent): string {
  const { type, told, data, added } = whatItSays(event);
  return `${type} ${told ?? (data === undefined ? '' : JSON.stringify(withoutAdded(data, added)))}`;
}

function withoutAdded(data: unknown, added: string | undefined): unknown {
  if (added === undefined || !isRecord(data)) {
    return data;
  }
  return Object.fromEntries(Object.entries(data).filter(([key]) => key !== added));
}
