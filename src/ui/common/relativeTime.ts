const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** One for each language: creating a format takes far longer than using it, and a tree has a thousand rows. */
const relativeFormats = new Map<string, Intl.RelativeTimeFormat>();
const unitFormats = new Map<string, Intl.NumberFormat>();
const dateFormats = new Map<string, Intl.DateTimeFormat>();

/** "5 min. ago", "yesterday", in the given language; "now" within the last minute, and for dates in the future. */
export function relativeTime(date: Date, now: Date, locale: string): string {
  const elapsed = now.getTime() - date.getTime();
  const format = cached(
    relativeFormats,
    locale,
    () => new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' }),
  );
  for (const [unit, length] of UNITS) {
    if (elapsed >= length) {
      return format.format(-Math.trunc(elapsed / length), unit);
    }
  }
  return format.format(0, 'second');
}

/**
 * "3 min", "2 hr", "4 days": the time since a date. `undefined` for less than a minute, and for a date in the future (the
 * other clock is ahead, or ours was set back).
 */
export function elapsedTime(since: Date, now: Date, locale: string): string | undefined {
  const elapsed = now.getTime() - since.getTime();
  for (const [unit, length] of UNITS) {
    if (elapsed >= length) {
      return cached(
        unitFormats,
        `${locale} ${unit}`,
        () => new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' }),
      ).format(Math.trunc(elapsed / length));
    }
  }
  return undefined;
}

/** "3/4/26, 10:00 AM", in the given language. */
export function shortDate(date: Date, locale: string): string {
  return cached(
    dateFormats,
    locale,
    () => new Intl.DateTimeFormat(locale, { dateStyle: 'short', timeStyle: 'short' }),
  ).format(date);
}

function cached<Value>(cache: Map<string, Value>, key: string, make: () => Value): Value {
  const known = cache.get(key);
  if (known !== undefined) {
    return known;
  }
  const value = make();
  cache.set(key, value);
  return value;
}
