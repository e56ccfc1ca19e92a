import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { Command, Setting } from '../../src/manifest';
import { CertificateAuthority } from '../support/network/certificates';
import { Proxy } from '../support/network/proxy';
import { TlsFront } from '../support/network/tlsFront';
import { until, useRealRuntime } from '../support/realRuntimeSuite';

/** Only the proxy resolves this name. */
const HOST = 'api.cloud.test';

/**
 * In a real VS Code, with its own handling of proxies and certificates: the settings reach the runtime and Diagnose.
 */
describe('VS Code’s settings of the network', () => {
  const suite = useRealRuntime({ story: 'short' });
  const ca = new CertificateAuthority('Inspecting Authority');
  let front: TlsFront;
  let proxy: Proxy;
  let variables: Record<string, string>;

  const set = async (setting: string, value: unknown): Promise<void> => {
    await vscode.workspace.getConfiguration().update(setting, value, vscode.ConfigurationTarget.Global);
  };
  const diagnose = (): Thenable<string> => vscode.commands.executeCommand<string>(Command.diagnose, 'silently');

  before(async () => {
    const { service, folder } = suite;
    front = await TlsFront.start(ca.issue({ names: [HOST] }), Number(new URL(service.url).port));
    proxy = await Proxy.start({ hosts: { [HOST]: front.port } });
    const authority = path.join(folder, 'authority.pem');
    await writeFile(authority, ca.cert);
    variables = Object.fromEntries(
      Object.entries(service.environment(path.join(folder, 'copilot')))
        .filter(([name]) => !/proxy/i.test(name))
        .map(([name, value]) => [name, value.replace(service.url, `https://${HOST}`)]),
    );
    await set('http.proxy', proxy.url);
    await set(Setting.runtimeEnv, { ...variables, NODE_EXTRA_CA_CERTS: authority });
    await vscode.commands.executeCommand(Command.restartRuntime);
  });

  after(async () => {
    await set('http.proxy', undefined);
    await set('http.proxyStrictSSL', undefined);
    await proxy.dispose();
    await front.dispose();
  });

  it('reach the runtime: a session is created through http.proxy, and Diagnose says so', async () => {
    await suite.api.createCloudSession({ cloud: {} });
    assert.ok(proxy.requests.some(({ what, status }) => what === `CONNECT ${HOST}:443` && status === 200));
    const page = await diagnose();
    assert.match(
      page,
      /✓ Network: GitHub \(`api\.cloud\.test`\): It can be reached through the proxy `127\.0\.0\.1:\d+`/,
    );
    assert.doesNotMatch(page, /✗ Network/);
  });

  it('are said not to where they cannot, without a restart', async () => {
    const { requests } = proxy;
    assert.notEqual(requests.length, 0);
    let restarted = false;
    const listener = suite.api.onDidChangeRuntimeState(() => (restarted = true));
    await set('http.proxyStrictSSL', false);
    assert.match(await diagnose(), /\? http\.proxyStrictSSL: .*checks certificates anyway\n.*NODE_EXTRA_CA_CERTS/);
    listener.dispose();
    assert.equal(restarted, false);
  });

  it('start the runtime again when they change, and a dead proxy is told', async () => {
    let restarted = false;
    const listener = suite.api.onDidChangeRuntimeState(() => (restarted = true));
    await proxy.dispose();
    await set('http.proxy', 'http://127.0.0.1:9');
    await until('it starts again', () => restarted);
    listener.dispose();
    await until('it runs', () => suite.api.runtimeState === 'running');
    const page = await diagnose();
    assert.match(page, /✗ Network: GitHub .*The proxy `127\.0\.0\.1:9` is not reachable.*\n.*http\.proxy/);
    assert.doesNotMatch(page, /No problems were found/);
  });

  it('do not hide an authority that the runtime does not trust, nor a file that is missing', async () => {
    proxy = await Proxy.start({ hosts: { [HOST]: front.port } });
    await set('http.proxy', proxy.url);
    const missing = path.join(suite.folder, 'none.pem');
    await set(Setting.runtimeEnv, { ...variables, NODE_EXTRA_CA_CERTS: missing });
    const page = await diagnose();
    assert.match(page, /✗ Certificates in `NODE_EXTRA_CA_CERTS`: .*none\.pem` does not exist/);
    assert.match(
      page,
      /✗ Network: GitHub .*authority that is not trusted here: Inspecting Authority\n.*NODE_EXTRA_CA_CERTS/,
    );
  });
});
