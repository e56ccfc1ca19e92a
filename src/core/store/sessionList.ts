import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { asCloudSessionsError, type CloudSessionsError } from '../errors/cloudSessionsError';
import { mergeEntries, readListEntry, withoutSession, type ListEntry } from './listEntries';
import type { RetryTask } from '../errors/retry';
import type { RuntimeClient } from '../client/runtimeClient';
import { RunOnceScheduler } from '../common/runOnceScheduler';
import type { Timers } from '../common/timers';

export type ListState =
  { readonly kind: 'unknown' | 'loading' | 'loaded' } | { readonly kind: 'failed'; readonly error: CloudSessionsError };

/** How long the runtime's hints are collected before the list is read again, in milliseconds. */
const RELIST_MS = 500;

/** The sessions that the runtime lists: what was read last, how that went, and when it is to be read again. */
export class SessionList implements Disposable {
  private client: RuntimeClient | undefined;
  /** As the runtime lists them; `current` has one for each session. */
  private listed: readonly ListEntry[] = [];
  private current: readonly ListEntry[] = [];
  /** `current` by each of their ids. */
  private index = new Map<string, ListEntry>();
  private currentState: ListState = { kind: 'unknown' };
  private readAt: Date | undefined;
  private waiting: Promise<void> | undefined;
  private readonly relisting: RunOnceScheduler;
  /** Reads the list of the present client, again after a failure. */
  private task: RetryTask | undefined;
  private readonly changes = new Emitter<void>();

  /** The entries, or the state. */
  readonly onDidChange: Event<void> = this.changes.event;

  constructor(
    timers: Timers,
    private readonly now: () => Date,
  ) {
    const relist = (): void => {
      if (this.task?.isFailing !== true) {
        // The task says why it failed, and tries again.
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

  /** When the service's list was read; `undefined` if it never was. */
  get listedAt(): Date | undefined {
    return this.readAt;
  }

  /** By any of its ids. */
  find(id: string): ListEntry | undefined {
    return this.index.get(id);
  }

  /** What was listed stays: it is what is known. */
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
   * Reads the list again. Calls during a reading share the next one: it is never older than the call.
   * @throws what the lookup failed with; the entries stay as they were, `state` says why, and it is tried again.
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

  /** Reads the list again in a moment, once for many calls; while it fails, when its next try is due. */
  refreshSoon(): void {
    this.relisting.schedule();
  }

  /** Takes a session out that is known to be gone. */
  remove(id: string): void {
    this.setEntries(withoutSession(this.listed, id));
  }

  /** Another account is signed in: what the service listed for the one before is not its own. */
  forgetRemote(): void {
    this.readAt = undefined;
    // Of a session that is here and in the cloud, its copy here stays.
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
    // Asked separately: without a network, or a sign-in, there are still the sessions on this machine.
    const [local, remote] = await Promise.allSettled([client.listSessions('local'), client.listSessions('remote')]);
    // The answer of a runtime that has been replaced in the meantime says nothing about the new one.
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
