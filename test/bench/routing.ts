import { bareLoop, ourClient, sdkClient, type Outcome, type Stream } from './clients';
import { median, type Row } from './statistics';

const ROUNDS = 5;
const EARLY: Stream = { early: 1_000, live: 0 };
const THROUGHPUT: Stream = { early: 0, live: 100_000 };

/** Measures early events kept, and events a second, beside the published SDK's client and the bare loop. */
export async function benchRouting(log: (line: string) => void): Promise<Row[]> {
  log('Early events…');
  const ours = await ourClient(EARLY);
  const theirs = await sdkClient(EARLY);
  const runs = { ours: [] as number[], sdk: [] as number[], bare: [] as number[] };
  // Alternate, so that a slower moment of the machine affects all three alike; the first round is for warming up.
  for (let round = 0; round <= ROUNDS; round++) {
    log(`Throughput, round ${round} of ${ROUNDS}…`);
    for (const [name, run] of [
      ['ours', ourClient],
      ['sdk', sdkClient],
      ['bare', bareLoop],
    ] as const) {
      const outcome = await run(THROUGHPUT);
      if (round > 0) {
        runs[name].push(perSecond(outcome));
      }
    }
  }
  const ratios = (other: readonly number[]): number => median(runs.ours.map((value, index) => value / other[index]!));
  return [
    { what: `early events that arrive, of ${EARLY.early}: this client`, value: String(ours.received) },
    { what: `early events that arrive, of ${EARLY.early}: published SDK`, value: String(theirs.received) },
    { what: 'events a second, from the pipe to a listener: this client', value: thousands(median(runs.ours)) },
    { what: 'events a second: published SDK', value: thousands(median(runs.sdk)) },
    { what: 'events a second: bare loop (frames and parses only)', value: thousands(median(runs.bare)) },
    { what: 'throughput, ratio to the published SDK', value: ratios(runs.sdk).toFixed(2) },
    { what: 'throughput, ratio to the bare loop', value: ratios(runs.bare).toFixed(2) },
  ];
}

function perSecond({ received, elapsed }: Outcome): number {
  return (received / elapsed) * 1_000;
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en');
}
