import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { start } from './lib/main';

const ROOT = path.resolve(import.meta.dirname, '..');

/** The kill test, with all its rounds: minutes, so that `npm test` has a short form of it. */
start(() => {
  const mocha = path.join(ROOT, 'node_modules/mocha/bin/mocha.js');
  const { status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', mocha, '--no-config', '--grep', 'coming back', 'test/e2e/comeBack.test.ts'],
    { cwd: ROOT, stdio: 'inherit', env: { ROUNDS: '50', ...process.env } },
  );
  return Promise.resolve(status ?? 1);
});
