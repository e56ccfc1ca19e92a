import path from 'node:path';
import type { DamagedState } from '../../storage/windowTakeover';

/** What is lost, what is not, and where the rest is. */
export function damagedText({ file, reason, outcome }: DamagedState): string {
  const what = 'Which cloud sessions were open here before, and prompts that were not delivered,';
  const name = path.basename(file);
  switch (outcome) {
    case 'restored':
      return `${what} could not be read: ${reason}. They are shown as they were before the last change; prompts that were waiting are not sent by themselves, for they may have been. What could not be read is ${name}.`;
    case 'partly':
      return `${what} could only be read in part: ${reason}. The rest is shown. The file is kept as ${name}.`;
    case 'left':
      return `${what} cannot be read now: ${reason}. Nothing of it is deleted, and it is read again when this window is reloaded: ${name}.`;
    case 'lost':
      return `${what} could not be read: ${reason}. The sessions go on in the cloud: open them from the list. Prompts that were not delivered are to be sent again. The file is kept as ${name}.`;
  }
}
