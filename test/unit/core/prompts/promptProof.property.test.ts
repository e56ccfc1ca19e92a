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
  /** As `accepted`, by a runtime that makes no copies (1.0.55). */
  | 'echoed'
  /** The service refuses it, and the runtime says nothing of that. */
  | 'swallowed'
  /** The runtime ends before its answer; the service has the prompt. */
  | 'arrived'
  /** The runtime ends before the service has the prompt. */
  | 'lost'
  /** As `lost`, but the runtime has shown it. */
  | 'shown and lost';

/** A reload after which the transcript is read when the session is attached already. */
type Late = 'reload, transcript before the history' | 'reload, transcript after the history';

type Step =
  | { readonly kind: 'send'; readonly text: string; readonly fate: Fate }
  | { readonly kind: 'poll' | 'read' | 'connect again' | 'reload' | Late };

const FATES: readonly Fate[] = ['accepted', 'unseen', 'echoed', 'swallowed', 'arrived', 'lost', 'shown and lost'];

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
  fc.constantFrom<Step>({ kind: 'connect again' }, { kind: 'reload' }),
  fc.constantFrom<Step>(
    { kind: 'reload, transcript before the history' },
    { kind: 'reload, transcript after the history' },
  ),
);

/** One session: what the service has, what the runtime shows over this connection, and what the log has of it. */
class Stage {
  private readonly timers = new ManualTimers();
  private calls: { answer(id: string): void; fail(error: Error): void }[] = [];
  private readonly service: string[] = [];
  private readonly asked: string[] = [];
  /** The runtime's history: the service's as it was when this connection began, and its own copies since. */
  private history: SessionEvent[] = [];
  private readonly logged: SessionEvent[] = [];
  /** Ids of this connection that the log knows. */
  private readonly merged = new Set<string>();
  /** Since the last history, the window was reloaded: how often the service has a text is taken from the transcript. */
  private isFromTranscript = false;
  /** A prompt was sent meanwhile: it may be thought undelivered. */
  private isGuessed = false;
  /** The texts of what came over earlier connections, and that no event of the history has been matched with. */
  private earlier: string[] = [];
  /** Echoes that the runtime has not shown yet. */
  private echoes: string[] = [];
  private ids = 0;
  private box = this.outbox();

  constructor() {
    this.connect();
  }

  async run(next: Step): Promise<void> {
    switch (next.kind) {
      case 'send':
        await this.send(next.text, next.fate);
        break;
      case 'poll':
        for (const text of this.echoes.splice(0)) {
          this.show(this.echo(text));
        }
        break;
      case 'read':
        this.read();
        break;
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
      const known = countOf(this.service, text) + countOf(this.known(), text);
      assert.ok(known >= countOf(this.asked, text), `of "${text}", ${known} of ${countOf(this.asked, text)} are known`);
    }
  }

  /** After a whole history, what is not delivered is in the outbox. */
  checkAll(): void {
    this.connect();
    this.read();
    for (const text of new Set(this.asked)) {
      const undelivered = countOf(this.asked, text) - countOf(this.service, text);
      const known = countOf(this.known(), text);
      assert.ok(
        this.isGuessed ? known >= undelivered : known === undelivered,
        `"${text}": ${known}, not ${undelivered}`,
      );
    }
  }

  dispose(): void {
    this.box.dispose();
  }

  private known(): readonly string[] {
    return this.box.stored.map(({ text }) => text);
  }

  private async send(text: string, fate: Fate): Promise<void> {
    this.asked.push(text);
    this.isGuessed ||= this.isFromTranscript;
    this.box.send(text, 'enqueue').catch(() => undefined);
    await turn();
    const call = this.calls.pop();
    assert.ok(call, 'the runtime is given the prompt');
    if (['accepted', 'unseen', 'echoed', 'arrived'].includes(fate)) {
      this.service.push(text);
    }
    if (fate !== 'arrived' && fate !== 'lost') {
      const shown = fate === 'echoed' ? this.echo(text) : userMessage(`copy ${++this.ids}`, text);
      this.history.push(shown);
      if (fate !== 'unseen') {
        this.show(shown);
      }
    }
    if (fate === 'accepted') {
      this.echoes.push(text);
    }
    if (fate !== 'arrived' && fate !== 'lost' && fate !== 'shown and lost') {
      call.answer(`m${++this.ids}`);
    } else {
      call.fail(new CloudSessionsError('connection-closed', 'The connection was closed.'));
      await turn();
      this.connect();
    }
    await turn();
  }

  private reload(): void {
    const stored = JSON.parse(JSON.stringify(this.box.stored)) as typeof this.box.stored;
    this.box.dispose();
    this.box = this.outbox();
    this.isFromTranscript = true;
    this.box.restore(stored);
  }

  private readTranscript(): void {
    this.box.expectKept(this.logged);
    this.logged.forEach((one) => this.box.onEvent(one));
  }

  private connect(): void {
    this.box.setOpen(false);
    this.box.newConnection();
    this.echoes = [];
    this.history = this.service.map((text) => this.echo(text));
    this.earlier = this.logged.map(textOf);
    this.box.setOpen(true);
  }

  /** Merges the history into the log, and proves the prompts by it. */
  private read(): void {
    const { history } = this;
    this.box.expect(history);
    for (const one of history.filter(({ id }) => !this.merged.has(id))) {
      this.merged.add(one.id);
      // What the log has of an earlier connection is not added again.
      const place = this.earlier.indexOf(textOf(one));
      if (place < 0) {
        this.show(one);
      } else {
        this.earlier.splice(place, 1);
      }
    }
    this.box.prove(history);
    this.isFromTranscript = false;
    this.box.announceRestored();
  }

  private show(one: SessionEvent): void {
    this.merged.add(one.id);
    this.logged.push(one);
    this.box.onEvent(one);
  }

  private echo(text: string): SessionEvent {
    const id = `echo ${++this.ids}`;
    return event(id, 'user.message', { content: text, source: `command-${id}` });
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
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const stage = new Stage();
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
