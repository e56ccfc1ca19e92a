import type { SessionEvent } from '@github/copilot-sdk';
import { readString } from '../common/json';

/** The `source` of the service's record of a prompt names the command that it came by; the runtime's copy has none. */
const SERVICE_SOURCE = 'command-';

/** Whether it is the runtime's own copy of a prompt, shown when it was sent: no proof that the service has it. */
export function isOwnCopy(event: SessionEvent): boolean {
  return event.type === 'user.message' && readString(event.data, 'source')?.startsWith(SERVICE_SOURCE) !== true;
}
