import { setTimeout as delay } from 'node:timers/promises';

/** How long tests wait by default, in milliseconds. Long, because a slow machine is not a failure. */
export const PATIENCE_MS = 40_000;

const PERIOD_MS = 50;

/**
 * Reads repeatedly until `accept` returns true for the value, and resolves with it.
 *
 * @throws after `patience` milliseconds (default {@link PATIENCE_MS}), with what was waited for and the last value
 */
export async function eventually<T>(
  what: string,
  read: () => T | Promise<T>,
  accept: (value: T) => boolean,
  patience = PATIENCE_MS,
): Promise<T> {
  const deadline = Date.now() + patience;
  for (;;) {
    const value = await read();
    if (accept(value)) {
      return value;
    }
    if (Date.now() > deadline) {
      throw new Error(`Waited ${patience / 1000} s for ${what}; it was ${JSON.stringify(value, undefined, 1)}`);
    }
    await delay(PERIOD_MS);
  }
}
