import type { SessionEvent } from '@github/copilot-sdk';
import { isRecord, readAmount, readRecord, readText } from '../common/json';

/** One figure of a session's usage. */
export interface UsageFigure {
  /** Above 0. */
  readonly value: number;
  /** The session's total so far; otherwise a part of it, because events are missing. */
  readonly isTotal: boolean;
}

/** What a session has used. A figure that no event says is `undefined`, never 0. */
export interface SessionUsage {
  readonly inputTokens: UsageFigure | undefined;
  readonly outputTokens: UsageFigure | undefined;
  /** AI credits; may be fractional. */
  readonly credits: UsageFigure | undefined;
  /** Premium requests; fractional for models with such a multiplier. */
  readonly premiumRequests: UsageFigure | undefined;
}

const NANO = 1e9;
/** Calls that are made beside the turns, and so stand for none of them (`interactionType`, schema of 1.0.85). */
const BESIDE_TURNS = /(compaction|background|sampling)$/;
/** After these no turn goes on, even if its end is not in the log. */
const TURNS_END: ReadonlySet<string> = new Set(['session.idle', 'abort', 'session.error', 'session.shutdown']);

/** The turns of one agent. */
interface Turns {
  started: number;
  ended: number;
  /** Calls of its model whose usage is known. */
  calls: number;
}

/** Sums that another machine has made, in the units of the events. */
interface Sums {
  input: number;
  output: number;
  nanoAiu: number;
  premiumRequests: number;
}

const NOTHING: Sums = { input: 0, output: 0, nanoAiu: 0, premiumRequests: 0 };

/**
 * Adds up what a session has used, from its own events: each call of a model once.
 *
 * `session.usage.getMetrics` is not asked. Measured on 1.0.55, 1.0.85 and 1.0.102: after a new attachment the runtime counts
 * an event twice that the service has twice, though live it does not; a `session.shutdown` replaces its sums, on two of
 * them; what it has not seen is 0 there, as is what costs nothing. The events are in the history, on all three.
 *
 * Sources, the first that says something: `assistant.usage`, of each call; `session.usage_checkpoint`, the agent's own
 * sums so far; `session.shutdown`, which a runtime on this machine also makes, of what it has seen. A sum is the total if
 * each turn that has ended has a usage, or if nothing was done since the agent has made it.
 */
export class UsageTotals {
  private readonly known = new Set<string>();
  private readonly agents = new Map<string, Turns>();
  private calls: Sums = { ...NOTHING };
  private checkpoint: Sums = { ...NOTHING };
  private shutdown: Sums = { ...NOTHING };
  private shutdowns = 0;
  /** Calls whose price in AI credits is not known. */
  private unpriced = 0;
  private hasBeginning = false;
  /** Turns or calls since the agent has last made a sum. */
  private isPastCheckpoint = false;
  private isPastShutdown = false;

  add(event: SessionEvent): void {
    const { type } = event;
    const data: unknown = event.data;
    if (type === 'assistant.usage') {
      this.addCall(event, data);
    } else if (type === 'assistant.turn_start') {
      const turns = this.turnsOf(event);
      // A turn begins after the end of the one before, also where that end is missing.
      turns.ended = turns.started++;
      this.worked();
    } else if (type === 'assistant.turn_end') {
      const turns = this.turnsOf(event);
      turns.ended = turns.started;
    } else if (type === 'session.start') {
      this.hasBeginning = true;
    } else if (type === 'session.usage_checkpoint') {
      this.checkpoint = largest(this.checkpoint, sumsOf(data));
      this.isPastCheckpoint = false;
    } else if (TURNS_END.has(type)) {
      this.agents.forEach((turns) => (turns.ended = turns.started));
      if (type === 'session.shutdown') {
        this.addShutdown(data);
      }
    }
  }

  /** @param isWhole nothing is known to be missing among the events */
  figures(isWhole: boolean): SessionUsage {
    const isComplete = isWhole && this.hasBeginning;
    const isCounted = isComplete && [...this.agents.values()].every(({ calls, ended }) => calls >= ended);
    const isLast = isComplete && !this.isPastCheckpoint;
    // The sum of one process: a session that went on in another one may have more.
    const isOnlyEnd = isComplete && this.shutdowns === 1 && !this.isPastShutdown;
    const figure = (key: keyof Sums, isTotal = isCounted): UsageFigure | undefined => {
      const own = this.calls[key];
      const said = this.checkpoint[key];
      if (own === 0 && said === 0) {
        return figureOf(this.shutdown[key], isOnlyEnd);
      }
      return figureOf(Math.max(own, said), said >= own ? isLast || (isTotal && said === own) : isTotal);
    };
    const credits = figure('nanoAiu', isCounted && this.unpriced === 0);
    return {
      inputTokens: figure('input'),
      outputTokens: figure('output'),
      credits: credits && { ...credits, value: credits.value / NANO },
      premiumRequests: figure('premiumRequests'),
    };
  }

  private addCall(event: SessionEvent, data: unknown): void {
    // The same call has other event ids over another connection; its own id stays.
    const id = readText(data, 'apiCallId') ?? event.id;
    if (this.known.has(id)) {
      return;
    }
    this.known.add(id);
    this.worked();
    if (!BESIDE_TURNS.test(readText(data, 'interactionType') ?? '')) {
      this.turnsOf(event).calls++;
    }
    const nanoAiu = readAmount(readRecord(data, 'copilotUsage'), 'totalNanoAiu');
    this.unpriced += nanoAiu === undefined ? 1 : 0;
    // As all three runtimes count: only with this word, though the schema says that such calls have none.
    const cost = readText(data, 'initiator') === 'user' ? readAmount(data, 'cost') : undefined;
    this.calls = {
      input: this.calls.input + (readAmount(data, 'inputTokens') ?? 0),
      output: this.calls.output + (readAmount(data, 'outputTokens') ?? 0),
      nanoAiu: this.calls.nanoAiu + (nanoAiu ?? 0),
      premiumRequests: this.calls.premiumRequests + (cost ?? 0),
    };
  }

  private addShutdown(data: unknown): void {
    const sums = sumsOf(data, readRecord(data, 'modelMetrics'));
    if (Object.values(sums).some((value) => value > 0)) {
      this.shutdown = largest(this.shutdown, sums);
      this.shutdowns++;
      this.isPastShutdown = false;
    }
  }

  private worked(): void {
    this.isPastCheckpoint = true;
    this.isPastShutdown = true;
  }

  private turnsOf({ agentId = '' }: SessionEvent): Turns {
    let turns = this.agents.get(agentId);
    if (turns === undefined) {
      turns = { started: 0, ended: 0, calls: 0 };
      this.agents.set(agentId, turns);
    }
    return turns;
  }
}

function figureOf(value: number, isTotal: boolean): UsageFigure | undefined {
  return value > 0 ? { value, isTotal } : undefined;
}

/** The sums in a checkpoint, which has none of tokens, or in a shutdown, which has them for each model. */
function sumsOf(data: unknown, models: Readonly<Record<string, unknown>> = {}): Sums {
  const sum = (key: string): number =>
    Object.keys(models).reduce((all, model) => {
      const metric = models[model];
      return all + ((isRecord(metric) ? readAmount(readRecord(metric, 'usage'), key) : undefined) ?? 0);
    }, 0);
  return {
    input: sum('inputTokens'),
    output: sum('outputTokens'),
    nanoAiu: readAmount(data, 'totalNanoAiu') ?? 0,
    premiumRequests: readAmount(data, 'totalPremiumRequests') ?? 0,
  };
}

/** Sums only grow; a process that did not know those of the one before begins anew. */
function largest(a: Sums, b: Sums): Sums {
  return {
    input: Math.max(a.input, b.input),
    output: Math.max(a.output, b.output),
    nanoAiu: Math.max(a.nanoAiu, b.nanoAiu),
    premiumRequests: Math.max(a.premiumRequests, b.premiumRequests),
  };
}
