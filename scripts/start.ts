import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { ensureServedVSCode } from '../test/support/vscode/provision';
import { VSCodeServer } from '../test/support/vscode/server';
import { buildExtension } from './lib/bundles';
import { emulatedDemo, liveDemo, type Demo } from './lib/demo';
import { desktopVSCode, hasDisplay, onPath, openDesktop } from './lib/desktop';
import { start } from './lib/main';
import { packQuietly, VSIX } from './lib/vsix';

const HELP = `npm start [-- OPTION...]
  opens a VS Code with the extension and a small workspace, and with emulated cloud sessions to try it on:
  the desktop VS Code where there is one (code on the PATH, and a display), else one in the browser
  --live       your own Copilot sign-in and the real service
  --server     the VS Code in the browser, whatever else there is
  --port N     its port; default: the first free one from 8890 on
  --no-open    do not open the browser`;

const PORTS = '8890-8989';

interface Options {
  readonly server: boolean;
  readonly port: string;
  readonly open: boolean;
}

const say = (line: string): void => console.log(line);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      live: { type: 'boolean' },
      server: { type: 'boolean' },
      port: { type: 'string' },
      'no-open': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    say(HELP);
    return 0;
  }
  if (values.port !== undefined && !/^\d{1,5}$/.test(values.port)) {
    throw new Error(`--port takes a number; this is "${values.port}".`);
  }
  if (process.platform === 'win32') {
    throw new Error('npm start is for Linux, macOS and WSL. On Windows, open this folder in VS Code and press F5.');
  }
  const demo = await (values.live ? liveDemo() : emulatedDemo());
  try {
    const options = { server: values.server === true, port: values.port ?? PORTS, open: !values['no-open'] };
    await untilEnd(demo, options);
  } finally {
    await demo.dispose();
  }
  return 0;
}

/** Resolves when VS Code ends or a signal ends it. */
async function untilEnd(demo: Demo, options: Options): Promise<void> {
  const signalled = new Promise<'signal'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => resolve('signal'));
    }
  });
  const code = options.server ? undefined : desktopVSCode();
  const starting = code === undefined ? serve(demo, options) : desktop(code, demo);
  const running = await Promise.race([starting, signalled]);
  if (running === 'signal') {
    // Ends anything that is still starting or installing.
    process.exit(130);
  }
  const end = await Promise.race([running.exited, signalled]);
  say(end === 'signal' ? '\nEnding VS Code.' : 'VS Code has ended.');
  await running.stop();
}

interface Running {
  readonly exited: Promise<unknown>;
  stop(): Promise<unknown>;
}

async function desktop(code: string, demo: Demo): Promise<Running> {
  await buildExtension(false);
  const running = await openDesktop(code, demo, () => undefined);
  say(`VS Code opens in a window of its own (${code}); your own settings and extensions are not touched.`);
  say(NEXT);
  say(`${demo.about} Ctrl+C ends it.`);
  return running;
}

const NEXT = 'In it: click the cloud in the activity bar, or press F1 and run "Cloud Sessions: New Cloud Session".';

async function serve(demo: Demo, options: Options): Promise<Running> {
  say('Building the extension, and getting VS Code ready (the first time takes about a minute).');
  const [vscode] = await Promise.all([ensureServedVSCode('newest', say), packQuietly()]);
  const server = await VSCodeServer.start({
    vscode,
    dataDir: demo.dataDir,
    port: options.port,
    baseEnv: demo.env,
    machineSettings: demo.settings,
    vsix: VSIX,
  });
  const url = server.url(demo.workspace);
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const opens = options.open && hasDisplay() && onPath(opener) !== undefined;
  say(`\nVS Code ${vscode.version} with the extension ${opens ? 'opens in your browser' : 'is ready; open'}: ${url}`);
  say(NEXT);
  say(`${demo.about} Ctrl+C ends it.`);
  if (opens) {
    spawn(opener, [url], { stdio: 'ignore', detached: true })
      .on('error', () => say('The browser could not be opened.'))
      .unref();
  }
  return server;
}

start(main);
