/**
 * Runs scripts/NAME.ts with the remaining arguments, after installing missing packages: `node scripts/run.mjs NAME`.
 * `npm start`, `npm test` and others call it, so that they work in an empty clone. It uses only Node.js.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The minimum of the dev dependencies (mocha, eslint). */
const OLDEST_NODE = [20, 19];

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const [name, ...args] = process.argv.slice(2);

checkNode();
const missing = whatIsMissing();
if (missing !== undefined) {
  install(missing);
}
start();

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    console.error(
      `This needs Node.js ${OLDEST_NODE.join('.')} or newer; this is ${process.version} (${process.execPath}).`,
    );
    process.exit(1);
  }
}

/** Compares package-lock.json with npm's record of what it installed. */
function whatIsMissing() {
  const installedFile = path.join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installedFile)) {
    return 'node_modules is missing or incomplete';
  }
  const read = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const wanted = read(path.join(root, 'package-lock.json'));
  const installed = read(installedFile);
  for (const [location, { version, integrity, optional, peer }] of Object.entries(wanted)) {
    const found = installed[location];
    // Missing optional packages are usually for other platforms.
    if (location === '' || (found === undefined && (optional || peer))) {
      continue;
    }
    if (found?.version !== version || found.integrity !== integrity) {
      return `node_modules is out of date (${location.replace(/^.*node_modules\//, '')})`;
    }
  }
  return undefined;
}

function install(reason) {
  console.log(`${reason[0].toUpperCase()}${reason.slice(1)}: running npm ci, which can take a minute.`);
  const began = Date.now();
  const cli = process.env.npm_execpath;
  const own = cli?.endsWith('npm-cli.js');
  const { status, error } = spawnSync(own ? process.execPath : 'npm', [...(own ? [cli] : []), 'ci'], {
    cwd: root,
    stdio: 'inherit',
    shell: !own && process.platform === 'win32',
  });
  if (status !== 0) {
    console.error(`npm ci failed${error ? `: ${error.message}` : ''}. Its output is above.`);
    process.exit(status ?? 1);
  }
  console.log(`Installed in ${((Date.now() - began) / 1000).toFixed(0)} s.`);
}

function start() {
  const script = path.join(root, 'scripts', `${name}.ts`);
  if (!/^[a-z]+$/.test(name ?? '') || !existsSync(script)) {
    console.error(`There is no scripts/${name}.ts.`);
    process.exit(1);
  }
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), script, ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  // Forward the signal: this process ends when the child does.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  // A signal to npm alone may end the shell between npm and this process without reaching this process.
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || child.kill('SIGTERM'), 1_000).unref();
  child.on('exit', (code, signal) => {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else {
      process.exit(code ?? 1);
    }
  });
}
