/*
 * Collections that drop their oldest entries: a session, and a window, may last for days.
 *
 * They are not `LRUCache` of vscode-jsonrpc: that counts a `get` as a use, and drops several entries at once when it is
 * full. Here the content depends on the order of the writes alone.
 */

/** A map of at most `limit` entries (1 or more). Setting a key makes it the newest; over the limit, the oldest is dropped. */
export class BoundedMap<K, V> extends Map<K, V> {
  private readonly limit: number;

  constructor(limit: number, entries: Iterable<readonly [K, V]> = []) {
    super();
    this.limit = limit;
    for (const [key, value] of entries) {
      this.set(key, value);
    }
  }

  override set(key: K, value: V): this {
    this.delete(key);
    super.set(key, value);
    if (this.size > this.limit) {
      // Always a new iterator: a lasting one would keep alive everything that the map ever had, in V8's earlier tables.
      this.delete(this.keys().next().value as K);
    }
    return this;
  }
}

/** A set of at most `limit` values (1 or more). Adding a known value changes nothing; over the limit, the oldest is dropped. */
export class BoundedSet<T> extends Set<T> {
  private readonly limit: number;

  constructor(limit: number) {
    super();
    this.limit = limit;
  }

  override add(value: T): this {
    super.add(value);
    if (this.size > this.limit) {
      this.delete(this.values().next().value as T);
    }
    return this;
  }
}

/**
 * The values that were added last: at least `least` of them, and at most twice as many. The older half is dropped in one
 * step, so that adding costs no more than in a plain set: for values that are looked up at each event.
 */
export class RecentSet<T> {
  private recent = new Set<T>();
  private older = new Set<T>();

  constructor(private readonly least: number) {}

  has(value: T): boolean {
    return this.recent.has(value) || this.older.has(value);
  }

  add(value: T): void {
    this.recent.add(value);
    if (this.recent.size >= this.least) {
      this.older = this.recent;
      this.recent = new Set();
    }
  }
}
