import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { start } from './lib/main';

const ROOT = path.resolve(import.meta.dirname, '..');

/**
 * The long form of the fault tests in `npm test`: twenty times as many runs, all rounds of the kill test, and the soak
 * test.
 */
start(() => {
  const failures = [
    run({ FAULTS_SCALE: '20' }, '--config', '.mocharc.faults.json'),
    run({ ROUNDS: '50' }, '--no-config', '--grep', 'coming back', 'test/e2e/runtime/comeBack.test.ts'),
  ];
  const { status } = spawnSync(process.execPath, ['--expose-gc', '--import', 'tsx', 'test/faults/soak.ts'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  failures.push(status ?? 1);
  return Promise.resolve(failures.some((status) => status !== 0) ? 1 : 0);
});

function run(scale: Readonly<Record<string, string>>, ...args: readonly string[]): number {
  const mocha = path.join(ROOT, 'node_modules/mocha/bin/mocha.js');
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', mocha, ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...scale, ...process.env },
  });
  return status ?? 1;
}
