import { sanitizeLine } from '../../common/sanitize';
import { isKnownEventType } from './eventFormatters';

/** At most this many types are named. */
const MAX_TYPES = 50;

/** Logs each event type that this version does not know, once: its events are in the transcript only. */
export class UnknownEventTypes {
  private readonly types = new Set<string>();

  constructor(private readonly log: (message: string) => void) {}

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
    this.log(
      /* eslint-disable texts/localized -- the runtime's log is English */
      this.types.size === MAX_TYPES
        ? 'The runtime sends events of many types that this version does not know. No more of them are named here.'
        : `The runtime sends events of the type "${name}", which this version does not know. They are kept in the transcript and not shown.`,
      /* eslint-enable texts/localized */
    );
  }
}
