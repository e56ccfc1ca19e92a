import type { SessionEvent } from '@github/copilot-sdk';
import { readString } from '../common/json';

/** The service's own record of a prompt names the command that it came by; the runtime's copy has no such source. */
const SERVICE_SOURCE = 'command-';

/** A prompt as the runtime shows it when it has sent it: no proof that the service has it. */
export function isOwnCopy(event: SessionEvent): boolean {
  return event.type === 'user.message' && readString(event.data, 'source')?.startsWith(SERVICE_SOURCE) !== true;
}
