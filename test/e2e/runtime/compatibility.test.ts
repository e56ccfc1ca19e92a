import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { Rpc } from '../../../src/core/rpc/methods';
import type { RuntimeClient } from '../../../src/core/client/runtimeClient';
import type { CloudSession } from '../../../src/core/session/session';
import { SessionStore } from '../../../src/core/store/sessionStore';
import type { RuntimeSupervisor } from '../../../src/runtime/supervisor';
import { differenceFromService } from '../../support/completeness';
import { superviseRuntime } from '../../support/headlessExtension';
import { MissionControl } from '../../support/missionControl/missionControl';
import type { Task } from '../../support/missionControl/task';
import { ensureOldestRuntime } from '../../support/oldestRuntime';
import { installedRuntimes, type InstalledRuntime } from '../../support/runtimes';
import { eventually } from '../../support/eventually';
import { REPOSITORY } from '../../support/vscode/paths';

/*
 * Tries each capability of the extension on each runtime. The table in the documentation has to agree with the outcome;
 * `UPDATE_TABLE=1` writes it.
 */

const PAGE = path.join(REPOSITORY, 'docs/compatibility.md');
const TABLE = /(<!-- compatibility -->\n)([\s\S]*?)(<!-- \/compatibility -->)/;
const HARBOR = { owner: 'octo-org', name: 'harbor' } as const;

/** A runtime, supervised as the extension does it, with the emulated service. */
class Trial {
  private constructor(
    readonly service: MissionControl,
    readonly supervisor: RuntimeSupervisor<RuntimeClient>,
    readonly store: SessionStore,
    private readonly folder: string,
  ) {}

  static async open(runtime: InstalledRuntime): Promise<Trial> {
    const folder = await mkdtemp(path.join(tmpdir(), 'compatibility-'));
    const service = await MissionControl.start({ startsAfterMs: 0 });
    const env = service.environment(path.join(folder, 'copilot'));
    const supervisor = superviseRuntime({ executable: runtime.executable, env }, () => undefined);
    const store = new SessionStore({ get: () => undefined, set: () => undefined }, () => undefined);
    supervisor.onDidChangeConnection((client) => store.setClient(client));
    return new Trial(service, supervisor, store, folder);
  }

  async create(): Promise<{ session: CloudSession; task: Task }> {
    const session = await this.store.create({ cloud: { repository: HARBOR } });
    const task = this.service.tasks.at(-1);
    assert.ok(task);
    return { session, task };
  }

  /** Opens a session whose agent waits for a permission. */
  async ask(): Promise<{ session: CloudSession; task: Task }> {
    const created = await this.create();
    await created.session.send('Greet each ship by its name');
    await eventually(
      'the agent to ask',
      () => created.session.status,
      (status) => status === 'needs input',
    );
    return created;
  }

  async close(): Promise<void> {
    this.store.dispose();
    await this.supervisor.stop();
    await this.service.dispose();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Each attempt rejects if the capability does not work. */
const CAPABILITIES: readonly (readonly [name: string, attempt: (trial: Trial) => Promise<void>])[] = [
  [
    'Says who is signed in',
    async ({ supervisor }) => {
      assert.equal((await supervisor.connection?.getAuthStatus())?.login, 'octocat');
    },
  ],
  [
    'Lists cloud sessions',
    async ({ service, store }) => {
      const { name } = service.createTask({ repository: HARBOR, name: 'Repair the lamp' });
      await store.refresh();
      assert.ok(store.rows.some(({ title }) => title === name));
    },
  ],
  [
    'Creates a cloud session, with its link',
    async (trial) => {
      const { session, task } = await trial.create();
      await eventually(
        'the link',
        () => session.remoteUrl,
        (url) => url === `https://github.com/copilot/tasks/${task.id}`,
      );
    },
  ],
  [
    'Shows every event of it, once',
    async (trial) => {
      const { session, task } = await trial.ask();
      await isComplete(session, task);
    },
  ],
  [
    'Answers what the agent asks',
    async (trial) => {
      const { session } = await trial.ask();
      const [requestId] = session.activity.questions.keys();
      assert.ok(requestId);
      await session.request(Rpc.answerPermission, {
        sessionId: session.sessionId,
        requestId,
        result: { kind: 'approve-once' },
      });
      await eventually(
        'the answer to be seen',
        () => session.activity.questions.has(requestId),
        (open) => !open,
      );
    },
  ],
  [
    'Stops the agent',
    async (trial) => {
      const { session } = await trial.ask();
      await session.abort();
      await eventually(
        'the agent to stop',
        () => session.status,
        (status) => status === 'idle',
      );
    },
  ],
  [
    'Renames a session',
    async (trial) => {
      const { session } = await trial.create();
      await session.rename('The greeting');
      assert.equal(session.title, 'The greeting');
    },
  ],
  [
    'Watches a session begun elsewhere, its history first',
    async ({ service, store }) => {
      const task = service.createTask({ repository: HARBOR, prompt: 'Paint the pier', beganMsAgo: 60_000 });
      const session = await store.connect(task.id);
      await isComplete(session, task);
    },
  ],
  [
    'Comes back after a crash of the runtime',
    async (trial) => {
      const { session, task } = await trial.ask();
      process.kill(trial.supervisor.pid!, 'SIGKILL');
      await eventually(
        'the session to be attached again',
        () => !session.isAttached,
        (detached) => detached,
      );
      await eventually(
        'the session to be attached again',
        () => trial.store.openSessions.some((one) => one.details.taskId === task.id && one.isAttached),
        (attached) => attached,
      );
      const back = trial.store.openSessions.find((one) => one.details.taskId === task.id);
      assert.ok(back);
      await isComplete(back, task);
    },
  ],
];

/** Waits until the session has every event of the task exactly once. */
async function isComplete(session: CloudSession, task: Task): Promise<void> {
  await eventually(
    'all events',
    () => differenceFromService(task, session.events),
    (difference) => difference === undefined,
  );
}

type Outcomes = ReadonlyMap<string, string>;

/** The outcome by capability: `yes`, or the error. */
async function tryAll(runtime: InstalledRuntime): Promise<Outcomes> {
  const trial = await Trial.open(runtime);
  const outcomes = new Map<string, string>();
  try {
    await trial.supervisor.start();
    for (const [name, attempt] of CAPABILITIES) {
      const outcome = await attempt(trial).then(
        () => 'yes',
        (error: unknown) => String(error),
      );
      outcomes.set(name, outcome);
    }
  } finally {
    await trial.close();
  }
  return outcomes;
}

function tableOf(columns: readonly (readonly [InstalledRuntime, Outcomes])[]): string {
  const title = ({ name, version }: InstalledRuntime): string =>
    `${version} (${{ oldest: 'the oldest', sdk: 'in the SDK', newest: 'the newest' }[name]})`;
  const lines = [
    ['', ...columns.map(([runtime]) => title(runtime))],
    ['---', ...columns.map(() => '---')],
    ...CAPABILITIES.map(([name]) => [name, ...columns.map(([, of]) => (of.get(name) === 'yes' ? 'yes' : '**no**'))]),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

describe('compatibility', function () {
  this.timeout(240_000);

  it('is what the table of the documentation says, with the oldest runtime, the SDK’s and the newest', async () => {
    const runtimes = [await ensureOldestRuntime(console.log), ...installedRuntimes(REPOSITORY).toReversed()];
    const columns: [InstalledRuntime, Outcomes][] = [];
    for (const runtime of runtimes) {
      columns.push([runtime, await tryAll(runtime)]);
    }
    const table = tableOf(columns);
    for (const [{ version }, outcomes] of columns) {
      for (const [name, outcome] of outcomes) {
        if (outcome !== 'yes') {
          console.log(`      ${version}: “${name}” does not work: ${outcome}`);
        }
      }
    }
    const page = await readFile(PAGE, 'utf8');
    if (process.env['UPDATE_TABLE'] === '1') {
      await writeFile(
        PAGE,
        await format(page.replace(TABLE, `$1\n${table}\n$3`), {
          ...(await resolveConfig(PAGE)),
          parser: 'markdown',
        }),
      );
    }
    const cells = (text: string): string => text.replaceAll(/[ -]+/g, ' ').trim();
    assert.equal(cells(TABLE.exec(await readFile(PAGE, 'utf8'))?.[2] ?? ''), cells(table));
  });
});
