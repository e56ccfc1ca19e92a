import type { CancellationToken } from 'vscode-jsonrpc/node';
import { isCancelled } from '../common/async';
import { choicesOf, type CreateCloudSessionOptions } from '../arguments/createOptions';
import { mayHaveCreated, sendFirst } from '../client/sessionFactory';
import { asCloudSessionsError, isOwnCancellation } from '../errors/cloudSessionsError';
import type { CloudSession } from '../session/session';
import { creationOf, persistedCreation, type PersistedCreation } from './persistedState';
import { rowOfCreation, type Creation, type SessionRow } from './sessionRow';

/** How much earlier than the click a session may have begun by the service's clock, in milliseconds. */
const CLOCK_TOLERANCE_MS = 120_000;

/** The prefix of the key of a row that was there before its session. */
const CREATION_KEY = 'creating-';

/** Sessions that are being created, and failed creations. Each has a row, with its prompt, until it is resolved. */
export class Creations {
  private readonly creations = new Map<string, Creation>();
  private nextNumber = 1;

  constructor(
    /** Called when rows were added or removed. */
    private readonly changed: () => void,
    private readonly now: () => Date,
  ) {}

  /** Newest first. */
  get rows(): readonly SessionRow[] {
    return [...this.creations.values()].reverse().map(rowOfCreation);
  }

  /** The creations, to be persisted. */
  get persisted(): readonly PersistedCreation[] {
    return [...this.creations.values()].map(persistedCreation);
  }

  get(key: string): Creation | undefined {
    return this.creations.get(key);
  }

  find(key: string): SessionRow | undefined {
    const creation = this.creations.get(key);
    return creation && rowOfCreation(creation);
  }

  restore(creations: readonly PersistedCreation[]): void {
    for (const creation of creations) {
      const key = this.newKey();
      this.creations.set(key, creationOf(key, creation));
    }
  }

  /**
   * Shows a row for a creation while it runs, and if it fails.
   * @param create calls `created` as soon as there is a session, before anything is sent to it; `created` returns the key
   *   of the session's row
   * @throws the error of `create`
   */
  async run(
    options: CreateCloudSessionOptions,
    token: CancellationToken | undefined,
    create: (created: () => string) => Promise<CloudSession>,
  ): Promise<CloudSession> {
    const key = this.newKey();
    const creation: Creation = { key, options, startTime: this.now(), error: undefined };
    this.creations.set(key, creation);
    this.changed();
    try {
      return await create(() => {
        this.creations.delete(key);
        return key;
      });
    } catch (error) {
      const reason = asCloudSessionsError(error);
      // The prompt is kept unless the caller has cancelled, also if the runtime says invalid or cancelled.
      if (isOwnCancellation(reason) && isCancelled(token)) {
        this.creations.delete(key);
      } else {
        // A session that was closed elsewhere exists.
        const mayExist = mayHaveCreated(reason) || isOwnCancellation(reason);
        this.creations.set(key, { ...creation, error: reason, mayExist });
      }
      throw reason;
    } finally {
      this.changed();
    }
  }

  /** Removes the row of a failed creation. */
  dismiss(key: string): void {
    if (this.creations.get(key)?.error !== undefined) {
      this.creations.delete(key);
      this.changed();
    }
  }

  /**
   * The creation has become this session, which gets the creation's choices and prompt. The creation's row goes.
   * @returns false if there is no such creation
   */
  resolve(key: string, session: CloudSession): boolean {
    const creation = this.creations.get(key);
    if (creation === undefined) {
      return false;
    }
    this.creations.delete(key);
    const choices = choicesOf(creation.options);
    session.update(choices.branch === undefined ? {} : { branch: choices.branch });
    // Before the prompt, which waits for the choices.
    session.choices.choose(choices);
    sendFirst(session, creation.options.prompt);
    return true;
  }

  /**
   * Of these rows, the sessions that the creation may have become: those of its repository since then that were not
   * created here. Watched sessions are included, and sessions for which the list has no repository yet.
   */
  candidates(creation: Creation, rows: readonly SessionRow[]): readonly SessionRow[] {
    const { repository } = rowOfCreation(creation);
    const since = creation.startTime.getTime() - CLOCK_TOLERANCE_MS;
    return rows.filter(
      (row) =>
        row.isRemote &&
        !row.key.startsWith(CREATION_KEY) &&
        row.startTime.getTime() >= since &&
        (repository === undefined ||
          row.repository === undefined ||
          row.repository.toLowerCase() === repository.toLowerCase()),
    );
  }

  /** The key of a creation's row, and of the session that it becomes. */
  private newKey(): string {
    return `${CREATION_KEY}${this.nextNumber++}`;
  }
}
