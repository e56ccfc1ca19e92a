import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createVSIX } from '@vscode/vsce';
import type { Browser } from 'playwright-core';
import { createDemoWorkspace } from '../demoWorkspace';
import { scriptedRuntime } from '../processes';
import { launchChromium } from '../vscode/chromium';
import { run } from '../vscode/command';
import { REPOSITORY } from '../vscode/paths';
import { ensureServedVSCode } from '../vscode/provision';
import { VSCodeServer } from '../vscode/server';
import { Workbench } from '../vscode/workbench';
import { HostTraffic } from './hostTraffic';
import type { Script } from './leakyScripts';
import type { Plants } from './plants';

/** A real VS Code whose runtime leaks the secrets that it received. All outputs are recorded. */
export class LeakyStage {
  /** The content of the screen at each call of {@link look}. */
  readonly screens: string[] = [];

  private constructor(
    /** Has `data`, `home` and `tmp`, to which VS Code and the extension write, and `own`, the test's own files. */
    readonly folder: string,
    readonly server: VSCodeServer,
    readonly workbench: Workbench,
    readonly traffic: HostTraffic,
    private readonly browser: Browser,
    private readonly plants: Plants,
  ) {}

  static async open(plants: Plants, script: Script, remote: string): Promise<LeakyStage> {
    const say = (line: string): void => console.log(`    ${line}`);
    const folder = await mkdtemp(path.join(tmpdir(), 'cs-planted-'));
    const at = (...names: string[]): string => path.join(folder, ...names);
    for (const name of ['harbor', 'home', 'tmp', 'own']) {
      await mkdir(at(name));
    }
    await createDemoWorkspace(at('harbor'));
    await run('git', ['remote', 'set-url', 'origin', remote], { cwd: at('harbor') });
    const probe = at('own', 'probe.vsix');
    await createVSIX({
      cwd: path.join(REPOSITORY, 'test/support/planted/probe'),
      packagePath: probe,
      dependencies: false,
      allowMissingRepository: true,
      skipLicense: true,
    });
    await writeFile(at('own', 'script.json'), JSON.stringify(script));
    const server = await VSCodeServer.start({
      vscode: await ensureServedVSCode('newest', say),
      dataDir: at('data'),
      vsix: [path.join(REPOSITORY, 'dist/cloud-sessions.vsix'), probe],
      env: {
        ...plants.inherited,
        HOME: at('home'),
        TMPDIR: at('tmp'),
        PROBE_ANSWERS: at('own', 'answers.jsonl'),
        PROBE_FOLDER: at('tmp'),
      },
      machineSettings: {
        'cloudSessions.runtime.path': scriptedRuntime('leaks'),
        'cloudSessions.runtime.args': plants.args,
        'cloudSessions.runtime.env': LeakyStage.environment(plants, at('own'), 'script.json'),
      },
    });
    const browser = await launchChromium(say);
    const traffic = new HostTraffic();
    const workbench = await Workbench.open({
      browser,
      server,
      folder: at('harbor'),
      size: { width: 1500, height: 1000 },
      onPage: (page) => traffic.watch(page),
    });
    return new LeakyStage(folder, server, workbench, traffic, browser, plants);
  }

  private static environment(plants: Plants, own: string, script: string): Record<string, string> {
    return {
      ...plants.env,
      SCRIPTED_RUNTIME: path.join(own, script),
      SCRIPTED_RUNTIME_LOG: path.join(own, 'log.jsonl'),
      LEAKS_GIVEN: path.join(own, 'given.json'),
    };
  }

  private get own(): string {
    return path.join(this.folder, 'own');
  }

  /** Gives the runtime another script, which restarts it. */
  async follow(name: string, script: Script): Promise<void> {
    await writeFile(path.join(this.own, name), JSON.stringify(script));
    await this.server.updateMachineSettings({
      'cloudSessions.runtime.env': LeakyStage.environment(this.plants, this.own, name),
    });
  }

  /**
   * Serves a runtime over TCP that refuses every client without a token. Nobody could redact a token that was leaked
   * before it was entered. `close` of the result ends it.
   */
  async serve(script: Script): Promise<{ readonly address: string; close(): Promise<void> }> {
    const refuses: Script = { onRequest: { connect: [{ error: { code: -32603, message: 'AUTHENTICATION_FAILED' } }] } };
    await writeFile(path.join(this.own, 'served.json'), JSON.stringify(script));
    await writeFile(path.join(this.own, 'refuses.json'), JSON.stringify(refuses));
    const children = new Set<ChildProcess>();
    const sockets = new Set<net.Socket>();
    const listener = net.createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      const received: Buffer[] = [];
      const onData = (chunk: Buffer): void => {
        received.push(chunk);
        const first = Buffer.concat(received);
        // The head of a frame and its body may arrive separately.
        if (!isWholeFrame(first)) {
          return;
        }
        socket.off('data', onData);
        const child = this.startServed(first.includes('"token"') ? 'served' : 'refuses');
        children.add(child);
        child.stdin?.on('error', () => socket.destroy());
        child.stdin?.write(first);
        socket.pipe(child.stdin!);
        child.stdout?.pipe(socket);
        child.once('exit', () => socket.end());
        socket.once('close', () => child.kill());
      };
      socket.on('data', onData);
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    return {
      address: `127.0.0.1:${(listener.address() as net.AddressInfo).port}`,
      close: async () => {
        sockets.forEach((socket) => socket.destroy());
        children.forEach((child) => child.kill('SIGKILL'));
        await new Promise((resolve) => listener.close(resolve));
      },
    };
  }

  private startServed(name: string): ChildProcess {
    return spawn(process.execPath, [scriptedRuntime('leaks')], {
      env: {
        ...process.env,
        SCRIPTED_RUNTIME: path.join(this.own, `${name}.json`),
        SCRIPTED_RUNTIME_LOG: path.join(this.own, `${name}.jsonl`),
        LEAKS_GIVEN: path.join(this.own, `${name}-given.json`),
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
  }

  /** A file of the test's own, such as `given.json`; empty if it does not exist. */
  async read(name: string): Promise<string> {
    return readFile(path.join(this.own, name), 'utf8').catch(() => '');
  }

  /** The answers that the probe extension got. */
  async answers(): Promise<readonly { readonly what: string; readonly line: string }[]> {
    const lines = (await this.read('answers.jsonl')).split('\n').filter((line) => line !== '');
    return lines.map((line) => ({ what: (JSON.parse(line) as { what: string }).what, line }));
  }

  /** Records what is on the screen now, with attributes such as labels and titles, and with the web pages inside it. */
  async look(): Promise<void> {
    for (const frame of this.workbench.page.frames()) {
      this.screens.push(await frame.content().catch(() => ''));
    }
  }

  /** Ends VS Code, so that it writes all of its files. */
  async end(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
  }

  async close(): Promise<void> {
    await this.end();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function isWholeFrame(bytes: Buffer): boolean {
  const head = /Content-Length: (\d+)\r\n\r\n/.exec(bytes.toString('latin1'));
  return head !== null && bytes.length >= head.index + head[0].length + Number(head[1]);
}
