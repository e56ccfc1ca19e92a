import { SessionStore } from '../../src/core/store/sessionStore';
import { SessionPersistence } from '../../src/storage/sessionPersistence';

/**
 * A window in a process of its own. Run as
 * `node --require tsx/cjs windowOwner.ts PLATFORM FOLDER`, it pretends to be on that platform, opens the session `s1`
 * with a queued prompt, and prints `ready` when both are on disk. A line on its stdin makes it close what it has and
 * print `closed`. It runs until it is killed.
 */
const [, , platform = process.platform, folder = ''] = process.argv;
Object.defineProperty(process, 'platform', { value: platform });

const store = new SessionStore({ get: () => undefined, set: () => undefined }, () => undefined);
const persistence = new SessionPersistence(store, {
  folder,
  workspace: 'harbor',
  bounds: () => ({ maxAgeDays: 30, maxSizeMB: 200 }),
  disk: { failed: (error) => console.error(error), recovered: () => undefined },
  warn: (text) => console.error(text),
});

async function run(): Promise<void> {
  await persistence.restore();
  const openedAt = new Date();
  const details = { isRemote: true, taskId: 'task-s1' };
  store.restore({
    sessions: [{ sessionId: 's1', details, openedAt, open: true, prompts: [] }],
    creations: [],
    reviews: [],
  });
  store
    .getSession('s1')
    ?.send('Paint the ship')
    .catch(() => undefined);
  await store.beforeSend();
  console.log('ready');
}

process.stdin.once('data', () => void persistence.close().then(() => console.log('closed')));
setInterval(() => undefined, 1_000);
void run();
