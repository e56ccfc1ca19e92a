const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

/** "5 min. ago", "yesterday", in the reader's language; "now" within the last minute. */
export function relativeTime(date: Date, now: Date, locale: string): string {
  const elapsed = date.getTime() - now.getTime();
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
  for (const [unit, length] of UNITS) {
    if (Math.abs(elapsed) >= length) {
      return format.format(Math.trunc(elapsed / length), unit);
    }
  }
  return format.format(0, 'second');
}
