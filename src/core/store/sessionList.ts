import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { asCloudSessionsError, type CloudSessionsError } from '../errors/cloudSessionsError';
import { mergeEntries, readListEntry, withoutSession, type ListEntry } from './listEntries';
import type { RetryTask } from '../errors/retry';
import type { RuntimeClient } from '../client/runtimeClient';
import { RunOnceScheduler } from '../common/runOnceScheduler';
import type { Timers } from '../common/timers';

export type ListState =
  { readonly kind: 'unknown' | 'loading' | 'loaded' } | { readonly kind: 'failed'; readonly error: CloudSessionsError };

/** How long hints of the runtime are collected before the list is read again, in milliseconds. */
const RELIST_MS = 500;

/** The sessions that the runtime lists: the last read, its outcome, and the next read. */
export class SessionList implements Disposable {
  private client: RuntimeClient | undefined;
  /** As the runtime lists them; `current` has one entry for each session. */
  private listed: readonly ListEntry[] = [];
  private current: readonly ListEntry[] = [];
  /** `current` by each of their ids. */
  private index = new Map<string, ListEntry>();
  private currentState: ListState = { kind: 'unknown' };
  private readAt: Date | undefined;
  private waiting: Promise<void> | undefined;
  private readonly relisting: RunOnceScheduler;
  /** Reads the list of the current client, with retries. */
  private task: RetryTask | undefined;
  private readonly changes = new Emitter<void>();

  /** The entries or the state have changed. */
  readonly onDidChange: Event<void> = this.changes.event;

  constructor(
    timers: Timers,
    private readonly now: () => Date,
  ) {
    const relist = (): void => {
      if (this.task?.isFailing !== true) {
        // The task reports a failure, and retries.
        this.refresh().catch(() => undefined);
      }
    };
    this.relisting = new RunOnceScheduler(relist, RELIST_MS, timers);
  }

  get entries(): readonly ListEntry[] {
    return this.current;
  }

  get state(): ListState {
    return this.currentState;
  }

  /** When the service's list was last read; `undefined` for never. */
  get listedAt(): Date | undefined {
    return this.readAt;
  }

  /** By any of its ids. */
  find(id: string): ListEntry | undefined {
    return this.index.get(id);
  }

  /** Sets the client to ask. The entries stay. */
  setClient(client: RuntimeClient | undefined): void {
    this.client = client;
    this.relisting.cancel();
    this.task?.dispose();
    this.task = client?.retries.task({
      // eslint-disable-next-line texts/localized -- words of the log
      name: 'read the list of sessions',
      run: () => this.read(client),
      isWanted: () => client === this.client,
    });
    if (client === undefined) {
      this.setState({ kind: 'unknown' });
    }
  }

  /**
   * Reads the list again. Calls during a read share the next one, so that the list is never older than the call.
   * @throws the error of the lookup; the entries stay as they were, `state` has the error, and the read is retried
   */
  refresh(): Promise<void> {
    const running = this.task?.running;
    if (running === undefined) {
      return this.task?.run() ?? Promise.resolve();
    }
    this.waiting ??= running
      .catch(() => undefined)
      .then(() => {
        this.waiting = undefined;
        return this.refresh();
      });
    return this.waiting;
  }

  /** Reads the list again after `RELIST_MS`, once for many calls. While it fails, only the retries read it. */
  refreshSoon(): void {
    this.relisting.schedule();
  }

  /** Removes a session that is known to be gone. */
  remove(id: string): void {
    this.setEntries(withoutSession(this.listed, id));
  }

  /** Another account is signed in: removes what the service listed for the previous one. */
  forgetRemote(): void {
    this.readAt = undefined;
    // The local copy of a session in the cloud stays.
    this.setEntries(this.listed.filter(({ isRemote }) => !isRemote));
  }

  dispose(): void {
    this.relisting.dispose();
    this.task?.dispose();
    this.changes.dispose();
  }

  private async read(client: RuntimeClient): Promise<void> {
    if (this.currentState.kind !== 'loaded') {
      this.setState({ kind: 'loading' });
    }
    // Two calls: without a network or a sign-in there are still the sessions on this machine.
    const [local, remote] = await Promise.allSettled([client.listSessions('local'), client.listSessions('remote')]);
    // The answer of a runtime that was replaced meanwhile is stale.
    if (client !== this.client) {
      return;
    }
    const newest = (answer: typeof local, isRemote: boolean): readonly ListEntry[] =>
      answer.status === 'fulfilled'
        ? answer.value.map(readListEntry).filter((entry) => entry.isRemote === isRemote)
        : this.listed.filter((entry) => entry.isRemote === isRemote);
    this.readAt = remote.status === 'fulfilled' ? this.now() : this.readAt;
    this.setEntries([...newest(local, false), ...newest(remote, true)]);
    const failed = [local, remote].find((answer) => answer.status === 'rejected');
    if (failed !== undefined) {
      const error = asCloudSessionsError(failed.reason);
      this.setState({ kind: 'failed', error });
      throw error;
    }
    this.setState({ kind: 'loaded' });
  }

  private setEntries(entries: readonly ListEntry[]): void {
    this.listed = entries;
    this.current = mergeEntries(entries);
    this.index = new Map(this.current.flatMap((entry) => entry.ids.map((id) => [id, entry] as const)));
    this.changes.fire();
  }

  private setState(state: ListState): void {
    this.currentState = state;
    this.changes.fire();
  }
}
