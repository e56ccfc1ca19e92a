import type { SessionEvent } from '@github/copilot-sdk';
import { isRecord, readString } from '../common/json';
import { isLoopback } from '../common/loopback';

/**
 * A session's link, if it may be opened: `https:`, or `http:` on this machine. The text comes from the runtime, and a click
 * must not open `javascript:`, `file:`, `command:`, or a page that imitates GitHub's.
 *
 * @returns the normalised URL; `undefined` for everything else
 */
export function parseSessionUrl(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 2048) {
    return undefined;
  }
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    return undefined;
  }
  if (url.username !== '' || url.password !== '') {
    return undefined;
  }
  const allowed = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
  return allowed ? url.href : undefined;
}

/** The session's link in an event, unchecked; `undefined` for other events. */
export function sessionUrlCandidate(event: SessionEvent): unknown {
  if (event.type !== 'session.info') {
    return undefined;
  }
  const data: unknown = event.data;
  return isRecord(data) && readString(data, 'infoType') === 'remote' ? data['url'] : undefined;
}
