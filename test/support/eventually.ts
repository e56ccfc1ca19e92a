import { setTimeout as delay } from 'node:timers/promises';

/** How long tests wait for what is to come, in milliseconds: long, as a slow machine is no failure. */
export const PATIENCE_MS = 40_000;

const PERIOD_MS = 50;

/**
 * Reads again and again until what is read is as `accept` wants it, and resolves with it. Rejects after
 * {@link PATIENCE_MS}, or `patience`, with what was waited for and what was read last.
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
