import type { CloudSession } from '../session/session';
import type { ListEntry } from './sessionRow';
import { isFinal, statusOfListed } from '../activity/taskStatus';
import { isBusy } from '../activity/activity';

/**
 * Finds watched sessions that rest by their events, and are at work by the service's list: their events no longer come.
 * The runtime lets go of idle sessions without a word, and the work may go on from elsewhere (the web, a phone).
 */
export class MovedOnDetector {
  /** What the list said when it was looked at last: the same is no reason to look again. */
  private readonly seen = new WeakMap<CloudSession, number>();

  /** Whether the session's history is to be read. True once for what the list says. */
  isNews(session: CloudSession, entry: ListEntry | undefined, listedAt: Date | undefined): boolean {
    const modified = entry?.modifiedTime;
    if (entry === undefined || modified === undefined || listedAt === undefined || !session.isCaughtUp) {
      return false;
    }
    const { status, activity } = session;
    const rests = status === 'idle' || isFinal(status);
    const isNewer = activity.lastEventTime === undefined || activity.lastEventTime < modified;
    if (!rests || !isNewer || !isBusy(statusOfListed(entry, listedAt).status)) {
      return false;
    }
    const isNew = this.seen.get(session) !== modified.getTime();
    this.seen.set(session, modified.getTime());
    return isNew;
  }
}
