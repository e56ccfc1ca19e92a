import { sanitizeLine } from '../../common/sanitize';
import { isKnownEventType } from './eventFormatters';

/** At most this many types are named: a runtime that sends more is broken, and the log is not. */
const MAX_TYPES = 50;

/**
 * Says once for each type of event that this version does not know that there is such a type. Nothing of its events is
 * shown, so nobody would learn otherwise that there are more in the transcript.
 */
export class UnknownEventTypes {
  private readonly types = new Set<string>();

  constructor(private readonly say: (message: string) => void) {}

  /** @param type as it came */
  observe(type: unknown): void {
    if (typeof type !== 'string' || type === '' || isKnownEventType(type)) {
      return;
    }
    const name = sanitizeLine(type, 100);
    if (this.types.size >= MAX_TYPES || this.types.has(name)) {
      return;
    }
    this.types.add(name);
    this.say(
      this.types.size === MAX_TYPES
        ? 'The runtime sends events of many types that this version does not know. No more of them are named here.'
        : `The runtime sends events of the type "${name}", which this version does not know. They are kept in the transcript and not shown.`,
    );
  }
}
