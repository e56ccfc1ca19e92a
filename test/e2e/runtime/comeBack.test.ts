import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SessionEvent } from '@github/copilot-sdk';
import { build } from 'esbuild';
import { eventIdentity } from '../../support/eventIdentity';
import { Transcripts } from '../../../src/storage/transcripts';
import { PATIENCE_MS } from '../../support/eventually';
import type { HostCommand, HostReceipt, HostReport } from '../../support/comeBackHost';
import { MissionControl } from '../../support/missionControl/missionControl';
import type { Task } from '../../support/missionControl/task';
import { differenceFromService } from '../../support/completeness';
import { ensureOldestRuntime, oldestRuntime } from '../../support/oldestRuntime';
import { installedRuntimes, type InstalledRuntime } from '../../support/runtimes';
import { seeded } from '../../support/seeded';

/*
 * Runs a process like the extension host, with a real runtime and the emulated service. The process or the runtime is
 * killed while the agent talks, at a time that a seed determines, and started again. After each round, the transcript
 * on disk is compared with the service's list: each event once, in order, none missing. `ROUNDS` is the total number of
 * rounds.
 */

const REPOSITORY = path.resolve(import.meta.dirname, '../../..');
const ROUNDS = Number(process.env['ROUNDS'] ?? 6);
const SEED = Number(process.env['SEED'] ?? 20_260);
const RUNTIMES = [...installedRuntimes(REPOSITORY), oldestRuntime];

interface Outcome {
  readonly round: number;
  readonly killed: string;
  readonly afterMs: number;
  readonly events: number;
  readonly backMs: number;
  readonly result: string;
}

describe('coming back', () => {
  const outcomes: Outcome[] = [];

  before(async () => {
    await ensureOldestRuntime(console.log);
  });

  after(() => {
    console.table(outcomes);
  });

  RUNTIMES.forEach((runtime, index) => {
    const rounds = Math.floor((ROUNDS + index) / RUNTIMES.length);
    it(`finds all events, each once, in order, after ${rounds} kills, with runtime ${runtime.version}`, async function () {
      this.timeout(60_000 + rounds * 40_000);
      const stage = await Stage.open(runtime, seeded(SEED + index));
      try {
        for (let round = 1; round <= rounds; round++) {
          const outcome = await stage.round(round, round % 2 === 1 ? 'host' : 'runtime');
          outcomes.push(outcome);
          assert.equal(outcome.result, 'complete', `round ${round}, seed ${SEED}`);
        }
      } finally {
        await stage.close();
      }
    });
  });
});

class Stage {
  private host!: ChildProcess;
  private report: HostReport | undefined;
  private talking = true;
  private readonly talk: Promise<void>;
  /** Prompts that were sent to the host; `promised` has those of them that the host confirmed as stored. */
  private readonly prompts: string[] = [];
  private readonly promised: string[] = [];
  private echoed = 0;

  private constructor(
    private readonly runtime: InstalledRuntime,
    private readonly service: MissionControl,
    private readonly task: Task,
    private readonly folder: string,
    private readonly next: () => number,
  ) {
    this.startHost();
    this.talk = this.chatter();
  }

  static async open(runtime: InstalledRuntime, next: () => number): Promise<Stage> {
    const folder = await mkdtemp(path.join(tmpdir(), 'come-back-'));
    // A single bundled JavaScript file starts in a tenth of the time.
    await build({
      entryPoints: [path.join(REPOSITORY, 'test/support/comeBackHost.ts')],
      outfile: path.join(folder, 'host.cjs'),
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'error',
    });
    const service = await MissionControl.start({ autoplay: false });
    const task = service.createTask({ repository: { owner: 'octo-org', name: 'harbor' } });
    task.appendStart();
    const stage = new Stage(runtime, service, task, folder, next);
    stage.tell({ kind: 'connect', taskId: task.id });
    await stage.until('the first connection', ({ sessions }) => sessions[0]?.attached === true);
    return stage;
  }

  async round(round: number, victim: 'host' | 'runtime'): Promise<Outcome> {
    const afterMs = Math.round(this.next() * 1_500);
    await delay(afterMs * this.next());
    const text = this.next() < 0.5 ? 'Continue' : `Continue with step ${round}`;
    this.prompts.push(text);
    this.tell({ kind: 'send', sessionId: this.task.sessionId, text });
    await delay(afterMs * this.next());
    const began = performance.now();
    if (victim === 'host') {
      const exited = once(this.host, 'exit');
      this.host.kill('SIGKILL');
      await exited;
      this.startHost();
    } else {
      const pid = this.report?.pid;
      assert.ok(pid, 'no runtime is running');
      process.kill(pid, 'SIGKILL');
      await this.until('the end of the runtime', (report) => report.pid !== pid);
    }
    await this.until('the session to be attached again', ({ sessions }) => sessions[0]?.attached === true);
    const backMs = Math.round(performance.now() - began);
    // The agent goes on for a moment, so that live events follow the ones from the history.
    await delay(this.next() * 500);
    this.talking = false;
    await this.talk.catch(() => undefined);
    const result = await this.compare();
    this.talking = true;
    void this.chatter();
    return {
      round,
      killed: `${victim} (${this.runtime.version})`,
      afterMs,
      events: this.task.events.length,
      backMs,
      result,
    };
  }

  async close(): Promise<void> {
    this.talking = false;
    const exited = once(this.host, 'exit');
    this.tell({ kind: 'close' });
    await exited;
    await this.service.dispose();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private startHost(): void {
    this.report = undefined;
    const configuration = {
      executable: this.runtime.executable,
      env: this.service.environment(path.join(this.folder, 'copilot')),
      folder: path.join(this.folder, 'storage'),
    };
    this.host = fork(path.join(this.folder, 'host.cjs'), [JSON.stringify(configuration)], { execArgv: [] });
    this.host.on('message', (report: HostReport | HostReceipt) => {
      if ('kept' in report) {
        this.promised.push(report.kept);
        return;
      }
      this.report = report;
      for (const warning of process.env['VERBOSE'] === undefined ? [] : report.warnings) {
        console.log(`      ${warning}`);
      }
    });
  }

  private tell(command: HostCommand): void {
    this.host.send(command);
  }

  private async until(what: string, test: (report: HostReport) => boolean): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (performance.now() < end) {
      await delay(20);
      if (this.report !== undefined && test(this.report)) {
        return;
      }
    }
    assert.fail(`It never came: ${what}. Last report: ${JSON.stringify(this.report)}`);
  }

  /** Plays the agent: streams messages in pieces, many of them identical, and echoes prompts as the service does. */
  private async chatter(): Promise<void> {
    while (this.talking) {
      const messageId = `m${this.task.events.length}`;
      this.task.append('assistant.turn_start', { turnId: '0' });
      for (let piece = 0; piece < 1 + this.next() * 6; piece++) {
        this.task.append('assistant.message_delta', { messageId, deltaContent: piece % 2 === 0 ? 'the ' : 'sea ' });
        await delay(this.next() * 30);
        this.echo();
      }
      this.task.append('assistant.message', { messageId, content: 'the sea' });
      this.task.append('assistant.usage', { model: 'claude' });
      this.task.append('assistant.turn_end', { turnId: '0' });
      if (this.next() < 0.3) {
        this.task.append('session.idle', {});
      }
      await delay(this.next() * 60);
    }
  }

  private echo(): void {
    for (const steer of this.task.steers.slice(this.echoed)) {
      this.echoed++;
      if (steer.type === 'user_message') {
        this.task.append('user.message', {
          content: steer.content ?? '',
          source: `command-${steer.externalId ?? ''}`,
        });
      }
    }
  }

  private async compare(): Promise<string> {
    this.echo();
    let result = '';
    // The runtime polls every second, and the host writes within 50 ms.
    const end = performance.now() + PATIENCE_MS;
    while (result !== 'complete' && performance.now() < end) {
      await delay(100);
      const { events, gaps } = await this.kept();
      result = differenceFromService(this.task, events) ?? this.promptTrouble(events);
      if (result === 'complete' && gaps.length > 0) {
        return `nothing is missing, and ${gaps.length} gaps are claimed: ${gaps.join('; ')}`;
      }
    }
    return result;
  }

  private async kept(): Promise<{ readonly events: readonly SessionEvent[]; readonly gaps: readonly string[] }> {
    const events: SessionEvent[] = [];
    const gaps: string[] = [];
    for await (const record of new Transcripts(path.join(this.folder, 'storage/transcripts')).read(
      this.task.sessionId,
    )) {
      if (record.kind === 'event') {
        events.push(record.event);
      } else if (record.note.code?.startsWith('gap-') === true) {
        gaps.push(`${record.note.code} behind ${events.at(-1)?.type} ${events.at(-1)?.id}`);
      }
    }
    return { events, gaps };
  }

  /** Each prompt has to be shown as often as the service received it, sent at most once, or still pending. */
  private promptTrouble(kept: readonly SessionEvent[]): string {
    const pending = this.report?.sessions[0]?.prompts ?? [];
    for (const text of new Set(this.prompts)) {
      const asked = count(this.prompts, (prompt) => prompt === text);
      const promised = count(this.promised, (prompt) => prompt === text);
      const told = count(this.task.steers, ({ content }) => content === text);
      const shown = count(kept, (event) => eventIdentity(event) === `user.message ${text}`);
      const waiting = count(pending, (prompt) => prompt.text === text);
      if (told > asked) {
        return `“${text}” was asked for ${asked} times and sent ${told} times`;
      }
      if (shown < told) {
        return `“${text}” was sent ${told} times and is shown ${shown} times`;
      }
      if (shown + waiting < promised) {
        return `“${text}” was kept ${promised} times, is shown ${shown} times and waits ${waiting} times`;
      }
    }
    return 'complete';
  }
}

function count<T>(values: readonly T[], test: (value: T) => boolean): number {
  return values.filter(test).length;
}
