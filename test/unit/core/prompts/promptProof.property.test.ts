import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SessionEvent } from '@github/copilot-sdk';
import { CloudSessionsError } from '../../../../src/core/errors/cloudSessionsError';
import { Outbox } from '../../../../src/core/prompts/outbox';
import { ManualTimers } from '../../../support/manualTimers';
import { turn } from '../../../support/memoryRuntime';
import { event, userMessage } from '../../../support/sessionEvents';

/** What becomes of the prompt that the runtime was given. */
type Fate =
  | 'accepted'
  /** As `accepted`, but the notification of it is lost (1.0.102). */
  | 'unseen'
  /** The service refuses it, and the runtime says nothing of that. */
  | 'swallowed'
  /** The runtime ends before its answer; the service has the prompt. */
  | 'arrived'
  /** As `arrived`, but the service records it later, while the next runtime is attached. */
  | 'late'
  /** The runtime ends before the service has the prompt. */
  | 'lost'
  /** As `lost`, but the runtime has shown it. */
  | 'shown and lost';

/** A reload after which the transcript is read when the session is attached already. */
type Late = 'reload, transcript before the history' | 'reload, transcript after the history';

type Step =
  | { readonly kind: 'send'; readonly text: string; readonly fate: Fate }
  | {
      readonly kind: 'poll' | 'read' | 'watch again' | 'connect again' | 'reload' | Late;
    };

const FATES: readonly Fate[] = ['accepted', 'unseen', 'late', 'swallowed', 'arrived', 'lost', 'shown and lost'];

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      // Few texts: what one prompt proves must not be taken for another.
      text: fc.constantFrom('go', 'stop'),
      fate: fc.constantFrom(...FATES),
    }),
  },
  fc.constantFrom<Step>({ kind: 'poll' }, { kind: 'read' }),
  fc.constant<Step>({ kind: 'watch again' }),
  fc.constantFrom<Step>({ kind: 'connect again' }, { kind: 'reload' }),
  fc.constantFrom<Step>(
    { kind: 'reload, transcript before the history' },
    { kind: 'reload, transcript after the history' },
  ),
);

interface ServiceRecord {
  readonly text: string;
  readonly source: string;
}

/** One session: what the service has, what the runtime shows over this connection, and what the log has of it. */
class Stage {
  private readonly timers = new ManualTimers();
  private calls: { answer(id: string): void; fail(error: Error): void }[] = [];
  private readonly service: ServiceRecord[] = [];
  private readonly asked: string[] = [];
  /** The runtime's history: the service's as it was when this connection began, and its own copies since. */
  private history: SessionEvent[] = [];
  private readonly logged: SessionEvent[] = [];
  /** Ids of this connection that the log knows. */
  private readonly merged = new Set<string>();
  /** The texts of what came over earlier connections, and that no event of the history has been matched with. */
  private earlier: string[] = [];
  /** Prompts that the service has not recorded yet. */
  private late: string[] = [];
  private ids = 0;
  private box = this.outbox();

  /** @param makesCopies as 1.0.85 and 1.0.102; 1.0.55 shows records instead, and replays the history on a connect */
  constructor(private readonly makesCopies: boolean) {
    this.connect();
  }

  async run(next: Step): Promise<void> {
    switch (next.kind) {
      case 'send':
        await this.send(next.text, next.fate);
        break;
      case 'poll':
        this.poll();
        break;
      case 'read':
        this.read();
        break;
      case 'watch again': {
        const parked = new Outbox(undefined, this.timers.create);
        parked.takeFrom(this.box);
        this.box.dispose();
        this.box = this.outbox();
        this.readTranscript();
        this.connect();
        this.poll();
        this.read();
        this.box.takeFrom(parked);
        parked.dispose();
        break;
      }
      case 'connect again':
        this.connect();
        break;
      case 'reload':
        this.reload();
        this.readTranscript();
        this.connect();
        break;
      case 'reload, transcript before the history':
      case 'reload, transcript after the history':
        this.reload();
        this.connect();
        if (next.kind === 'reload, transcript after the history') {
          this.read();
        }
        this.readTranscript();
        break;
    }
    await turn();
  }

  /** None is lost: each is in the outbox, or the service has it. */
  check(): void {
    for (const text of new Set(this.asked)) {
      const known = countOf(this.arrived(), text) + countOf(this.known(), text);
      assert.ok(known >= countOf(this.asked, text), `of "${text}", ${known} of ${countOf(this.asked, text)} are known`);
    }
  }

  /** After a whole history, what is not delivered is in the outbox. */
  checkAll(): void {
    this.connect();
    this.read();
    for (const text of new Set(this.asked)) {
      const undelivered = countOf(this.asked, text) - countOf(this.arrived(), text);
      const known = countOf(this.known(), text);
      assert.equal(known, undelivered, `"${text}"`);
    }
  }

  dispose(): void {
    this.box.dispose();
  }

  private arrived(): readonly string[] {
    return this.service.map(({ text }) => text);
  }

  private known(): readonly string[] {
    return this.box.stored.map(({ text }) => text);
  }

  private async send(text: string, fate: Fate): Promise<void> {
    this.asked.push(text);
    this.box.send(text, 'enqueue').catch(() => undefined);
    await turn();
    const call = this.calls.pop();
    assert.ok(call, 'the runtime is given the prompt');
    const record = ['accepted', 'unseen', 'arrived'].includes(fate) ? this.record(text) : undefined;
    const isBroken = ['arrived', 'late', 'lost', 'shown and lost'].includes(fate);
    if (!isBroken || fate === 'shown and lost') {
      const copy = this.makesCopies ? userMessage(`copy ${++this.ids}`, text) : undefined;
      const shown = copy ?? (record && this.echo(record));
      if (shown !== undefined) {
        this.history.push(shown);
      }
      if (shown !== undefined && (fate !== 'unseen' || !this.makesCopies)) {
        this.show(shown);
      }
    }
    if (isBroken) {
      call.fail(new CloudSessionsError('connection-closed', 'The connection was closed.'));
      await turn();
      this.connect();
    } else {
      call.answer(`m${++this.ids}`);
    }
    if (fate === 'late') {
      this.late.push(text);
    }
    await turn();
  }

  private reload(): void {
    const stored = JSON.parse(JSON.stringify(this.box.stored)) as typeof this.box.stored;
    this.box.dispose();
    this.box = this.outbox();
    this.box.restore(stored);
  }

  private readTranscript(): void {
    this.box.expectKept(this.logged);
    this.logged.forEach((one) => this.box.onEvent(one));
  }

  private poll(): void {
    for (const text of this.late.splice(0)) {
      const event = this.echo(this.record(text));
      this.history.push(event);
      this.show(event);
    }
  }

  private connect(): void {
    this.box.setOpen(false);
    this.box.newConnection();
    this.history = this.service.map((record) => this.echo(record));
    this.earlier = this.logged.map(textOf);
    this.replay();
    this.box.setOpen(true);
  }

  private replay(): void {
    if (!this.makesCopies) {
      this.merge(this.history);
    }
  }

  private read(): void {
    this.box.expect(this.history);
    this.merge(this.history);
    this.box.prove(this.history);
    this.box.announceRestored();
  }

  /** What the log has of an earlier connection is not added again. */
  private merge(history: readonly SessionEvent[]): void {
    for (const one of history.filter(({ id }) => !this.merged.has(id))) {
      this.merged.add(one.id);
      const place = this.earlier.indexOf(textOf(one));
      if (place < 0) {
        this.show(one);
      } else {
        this.earlier.splice(place, 1);
      }
    }
  }

  private show(one: SessionEvent): void {
    this.merged.add(one.id);
    this.logged.push(one);
    this.box.onEvent(one);
  }

  /** The service records a prompt. */
  private record(text: string): ServiceRecord {
    const record = { text, source: `command-${++this.ids}` };
    this.service.push(record);
    return record;
  }

  /** A record has another id over each connection. */
  private echo({ text, source }: ServiceRecord): SessionEvent {
    return event(`echo ${++this.ids}`, 'user.message', { content: text, source });
  }

  private outbox(): Outbox {
    return new Outbox(() => new Promise((answer, fail) => this.calls.push({ answer, fail })), this.timers.create);
  }
}

function textOf({ data }: SessionEvent): string {
  return (data as { readonly content: string }).content;
}

function countOf(texts: readonly string[], text: string): number {
  return texts.filter((other) => other === text).length;
}

describe('The proof of equal prompts, whatever happens to their runtime', () => {
  it('loses none, and takes none that the service has for one that is undelivered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.boolean(), async (steps, makesCopies) => {
        const stage = new Stage(makesCopies);
        for (const next of steps) {
          await stage.run(next);
          stage.check();
        }
        stage.checkAll();
        stage.dispose();
      }),
      { numRuns: 2000 },
    );
  });
});
